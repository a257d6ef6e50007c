import { statSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { EvenkeelError, seededRandom } from '@evenkeel/core';
import { type Command, InvalidArgumentError } from 'commander';
import { type CliContext, cliContext } from '../cli-context.ts';
import { percent, table } from '../output.ts';
import { type Progress, play, type Result } from '../replay/play.ts';
import { recordingReader } from '../replay/recording.ts';
import { sender } from '../replay/sender.ts';
import { count, durationMs } from './moment.ts';
import { levelStyle } from './services.ts';

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`expected a number over 0, not "${text}"`);
}

const SPARSE_MS = 100;
const CELLS = 30;

/** A bar that is drawn over itself, for a person only. */
function progressBar(on: boolean): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return ({ share, sent, answered, seconds }) => {
    const now = performance.now();
    if (!on || (share < 1 && now - last < SPARSE_MS)) return;
    last = now;
    const full = Math.floor(share * CELLS);
    const bar = `${'█'.repeat(full)}${'░'.repeat(CELLS - full)}`;
    const text = `${bar} ${percent(share, 0).padStart(5)}  ${sent} sent, ${answered} back, ${seconds.toFixed(0)} s`;
    process.stderr.write(`\r${text}\u001B[K`);
  };
}

function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}

function target(options: { url?: string; service: string; remote?: boolean }, trace: boolean): URL {
  const port = process.env.EVENKEEL_GATEWAY_PORT ?? '4100';
  const path = trace ? '/v1/chat/completions' : `/v1/predict/${encodeURIComponent(options.service)}`;
  const said = options.url ?? `http://127.0.0.1:${port}${path}`;
  const url = URL.canParse(said) ? new URL(said) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new EvenkeelError('bad_request', `--url: "${said}" is no http address`);
  }
  if (!isLoopback(url) && options.remote !== true) {
    throw new EvenkeelError(
      'bad_request',
      `${url.hostname} is not this machine: say --remote if load may be sent there`,
    );
  }
  return url;
}

const ms = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} ms`);

function words(result: Result, { paint, columns }: CliContext): string {
  const { requests, answered, refused, failed, latency, seconds, unsent } = result;
  const share = (some: number): string => percent(requests === 0 ? undefined : some / requests);
  const rate = (requests / Math.max(seconds, 0.001)).toFixed(1);
  return [
    `${requests} requests in ${seconds.toFixed(1)} s (${rate} a second)`,
    `${answered} answered (${share(answered)}), ${refused} refused (${share(refused)}), ${failed} failed (${share(failed)})`,
    ...(unsent === 0 ? [] : [`${unsent} were not sent: too many were waiting for an answer`]),
    `p50 ${ms(latency.p50)}, p90 ${ms(latency.p90)}, p99 ${ms(latency.p99)}, longest ${ms(latency.max)}`,
    '',
    table(
      ['level', 'requests', 'share'],
      Object.entries(result.levels)
        .sort((a, b) => b[1] - a[1])
        .map(([level, some]) => [paint(levelStyle(level), level), String(some), share(some)]),
      columns,
    ),
    '',
    table(
      ['status', 'requests'],
      Object.entries(result.statuses).map(([status, some]) => [status, String(some)]),
      columns,
    ),
  ].join('\n');
}

/** Header of a request, as `name: value`. */
function header(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, value] = /^([\w-]+)\s*:\s*(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError(`expected "name: value", not "${text}"`);
  return { ...before, [name.toLowerCase()]: value };
}

export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description(
      'play recorded traffic: NDJSON of bodies, or an Azure LLM trace (TIMESTAMP,ContextTokens,GeneratedTokens)',
    )
    .argument('<file>')
    .requiredOption('--service <name>', 'whom to ask')
    .option('--url <url>', 'where, instead of the gateway of this machine')
    .option('--speed <n>', 'times of the recording are divided by this', positive, 1)
    .option('--rate <n>', 'requests a second, where the recording has no times', positive, 10)
    .option('--body-field <name>', 'field of a line that holds the body; the whole line without it')
    .option('--time-field <name>', 'field of a line that holds its time')
    .option('--limit <n>', 'requests at most', count)
    .option('--for <duration>', 'send for this long at most', durationMs)
    .option('--header <"name: value">', 'sent with every request; again for another', header, {})
    .option('--timeout <duration>', 'an answer that takes longer is none', durationMs, 60_000)
    .option('--remote', 'allow a target that is not this machine')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  evenkeel replay sample-mails.ndjson --service moderation --body-field input --rate 20 --for 30s',
        '  evenkeel replay AzureLLMInferenceTrace_conv.csv --service chat --speed 10 --limit 1000',
        '',
        'Exit code 1 when nothing was answered.',
      ].join('\n'),
    )
    .action(async (file: string, options, command: Command) => {
      const context = cliContext(command);
      const size = statSync(file, { throwIfNoEntry: false })?.size;
      if (size === undefined) throw new EvenkeelError('not_found', `there is no ${file}`);
      const stop = new AbortController();
      // The first Ctrl-C ends the sending, and prints what came of it.
      process.once('SIGINT', () => stop.abort());
      const read = recordingReader({
        bodyField: options.bodyField,
        timeField: options.timeField,
        model: options.service,
      });
      // A wrong target must be said before anything is read; a trace is known by then only by its URL's path.
      target(options, false);
      const result = await play(
        {
          file,
          read,
          speed: options.speed,
          rate: options.rate,
          limit: options.limit ?? Number.POSITIVE_INFINITY,
          lastsMs: options.for ?? Number.POSITIVE_INFINITY,
          random: seededRandom(1),
          sender: () => sender(target(options, read.trace()), options.header, options.timeout),
          signal: stop.signal,
          onProgress: progressBar(process.stderr.isTTY === true && !context.json),
        },
        size,
      );
      if (process.stderr.isTTY === true && !context.json) process.stderr.write('\n');
      context.show(result, () => words(result, context));
      if (result.answered === 0) process.exitCode = 1;
    });
}
