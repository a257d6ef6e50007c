import { EvenkeelError } from '@evenkeel/core';

/** One request to play: when it came, relative to nothing in particular, and what is sent. */
export interface Played {
  /** Milliseconds; undefined where the recording has no times. */
  readonly at: number | undefined;
  readonly body: string;
}

export interface RecordingOptions {
  /** Field of a line that holds the body; the whole line without one. */
  readonly bodyField: string | undefined;
  /** Field of a line that holds its time: milliseconds, or a date and time. */
  readonly timeField: string | undefined;
  /** Model that made-up bodies ask for: the service. */
  readonly model: string;
}

/** Columns of the Azure LLM inference traces (https://github.com/Azure/AzurePublicDataset). */
const TRACE_HEADER = /^\uFEFF?TIMESTAMP,ContextTokens,GeneratedTokens\s*$/i;

export type LineReader = (line: string, number: number) => Played | undefined;

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'string') return undefined;
  // Sub-millisecond digits are no date to JavaScript; without a zone, UTC: only differences count.
  const [, day, time, fraction = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(value.trim()) ?? [];
  if (day === undefined) return undefined;
  const whole = Date.parse(`${day}T${time}${zone}`);
  return Number.isFinite(whole) ? whole + Number(`0${fraction}`) * 1_000 : undefined;
}

const WORDS = ['the', 'boat', 'holds', 'its', 'keel', 'even', 'when', 'a', 'wave', 'comes', 'from', 'aside'];
/** English text has about four characters a token, and so have these words with their spaces. */
const CHARACTERS_A_TOKEN = 4;
const MOST_TOKENS = 200_000;

/** Text of about so many tokens; the same every time. */
export function textOf(tokens: number): string {
  const length = Math.min(MOST_TOKENS, tokens) * CHARACTERS_A_TOKEN;
  const round = `${WORDS.join(' ')} `;
  return round.repeat(Math.ceil(length / round.length)).slice(0, length);
}

function traceLine(line: string, number: number, model: string): Played {
  const [stamp = '', context = '', generated = ''] = line.split(',');
  const at = timeOf(stamp);
  const [input, output] = [Number(context), Number(generated)];
  const good = [context, generated].every((text) => /^\s*\d+\s*$/.test(text));
  if (at === undefined || !good) {
    throw new EvenkeelError(
      'bad_request',
      `line ${number}: expected TIMESTAMP,ContextTokens,GeneratedTokens, found "${line.slice(0, 100)}"`,
    );
  }
  const messages = [{ role: 'user', content: textOf(Math.max(1, input)) }];
  return { at, body: JSON.stringify({ model, messages, max_tokens: Math.max(1, output) }) };
}

function jsonLine(line: string, number: number, { bodyField, timeField }: RecordingOptions): Played {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new EvenkeelError('bad_request', `line ${number}: not JSON: ${why}`);
  }
  const field = (name: string): unknown => {
    const found =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? Reflect.get(value, name)
        : undefined;
    if (found === undefined) throw new EvenkeelError('bad_request', `line ${number}: has no field "${name}"`);
    return found;
  };
  const at = timeField === undefined ? undefined : timeOf(field(timeField));
  if (timeField !== undefined && at === undefined) {
    throw new EvenkeelError('bad_request', `line ${number}: ${timeField} is no time`);
  }
  const body = bodyField === undefined ? value : field(bodyField);
  return { at, body: JSON.stringify(body) };
}

/**
 * Reads a recording line by line: NDJSON of bodies, or an Azure LLM trace, told by its first line. Lines of a trace become chat
 * requests with made-up text of that length. @throws EvenkeelError bad_request that names the line
 */
export function recordingReader(options: RecordingOptions): LineReader & { readonly trace: () => boolean } {
  let trace = false;
  const read = (line: string, number: number): Played | undefined => {
    if (number === 1 && TRACE_HEADER.test(line)) {
      trace = true;
      return undefined;
    }
    if (line.trim() === '') return undefined;
    return trace ? traceLine(line, number, options.model) : jsonLine(line, number, options);
  };
  return Object.assign(read, { trace: () => trace });
}
