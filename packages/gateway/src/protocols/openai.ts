import { type Answer, type Caller, EvenkeelError, estimateTokens, type Usage } from '@evenkeel/core';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A request of the OpenAI API, as far as the gateway looks into it; everything else passes through. */
export interface OpenAiRequest {
  readonly service: string;
  readonly body: Fields;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Tokens asked for: those of the prompt, estimated, and the most that may come back. */
  readonly tokens: number;
  /** `user` of the body: a name the caller gives, for cohorts only. */
  readonly user: string | undefined;
}

/** What an answer may cost when the caller does not bound it. */
const DEFAULT_OUTPUT_TOKENS = 256;
const MAX_TOKENS = 1_000_000;

function textLength(value: unknown, depth = 0): number {
  if (typeof value === 'string') return estimateTokens(value);
  // Embeddings take tokens, too, as numbers.
  if (typeof value === 'number') return 1;
  if (depth > 6) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item, depth + 1), 0);
  return isFields(value) ? textLength(value.content ?? value.text ?? '', depth + 1) : 0;
}

/** A mistake in one field, which clients of the API find as `error.param`. */
function wrong(field: string, expected: string): EvenkeelError {
  return new EvenkeelError('bad_request', `${field}: ${expected}`, { field });
}

function atMost(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return Math.min(value, MAX_TOKENS);
  throw wrong(field, `expected a whole number from 1, got ${JSON.stringify(value)}`);
}

function userOf(user: unknown): string | undefined {
  return typeof user === 'string' && user !== '' ? user.slice(0, 128) : undefined;
}

/** @throws EvenkeelError bad_request naming the field */
export function decodeOpenAi(body: unknown, task: 'chat' | 'embeddings'): OpenAiRequest {
  if (!isFields(body)) throw new EvenkeelError('bad_request', 'the body must be an object');
  const { model, stream, user } = body;
  if (typeof model !== 'string' || model === '') {
    throw wrong('model', 'expected the name of a service, as GET /v1/models lists them');
  }
  if (task === 'embeddings') {
    if (body.input === undefined) throw wrong('input', 'expected a text or a list');
    return {
      service: model,
      body,
      stream: false,
      includeUsage: false,
      tokens: Math.max(1, textLength(body.input)),
      user: userOf(user),
    };
  }
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw wrong('messages', 'expected a list with at least one message');
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw wrong('stream', 'expected true or false');
  }
  const options = body.stream_options;
  const output =
    atMost(body.max_completion_tokens, 'max_completion_tokens') ??
    atMost(body.max_tokens, 'max_tokens') ??
    DEFAULT_OUTPUT_TOKENS;
  return {
    service: model,
    body,
    stream: stream === true,
    includeUsage: isFields(options) && options.include_usage === true,
    tokens: Math.max(1, textLength(body.messages)) + output,
    user: userOf(user),
  };
}

/** The cohort of a caller who names its own users in the body. */
export function callerOf(caller: Caller, request: OpenAiRequest): Caller {
  return request.user === undefined ? caller : { ...caller, user: `${caller.tenant}/${request.user}` };
}

/**
 * A whole answer in the API's form, with what is said of it in a field of its own, which clients pass over.
 * @param task chat answers that are no completions (a template's text, a label) become one
 */
export function encodeOpenAi(
  requestId: string,
  answer: Extract<Answer, { outcome: 'served' }>,
  task: 'chat' | 'embeddings',
  createdS: number,
): Fields {
  const { prediction } = answer;
  if (prediction.kind === 'stream') throw new EvenkeelError('internal', 'a stream has no whole form');
  const evenkeel = { level: answer.level, rung: answer.rung, reason: answer.reason, request_id: requestId };
  if (
    isFields(prediction.output) &&
    (Array.isArray(prediction.output.choices) || Array.isArray(prediction.output.data))
  ) {
    return { ...prediction.output, evenkeel };
  }
  if (task === 'embeddings') throw new EvenkeelError('upstream_malformed', 'the answer holds no embeddings');
  return {
    ...completion(requestId, prediction.model, contentOf(prediction.output), prediction.usage, createdS),
    evenkeel,
  };
}

function contentOf(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}

function completion(
  requestId: string,
  model: string,
  content: string,
  usage: Usage | undefined,
  createdS: number,
): Fields {
  return {
    id: `chatcmpl-${requestId}`,
    object: 'chat.completion',
    created: createdS,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usageFields(usage),
  };
}

function usageFields(usage: Usage | undefined): Fields {
  const { inputTokens = 0, outputTokens = 0 } = usage ?? {};
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

/** A whole answer as the events of a stream, for a caller who asked for one when a lower rung answered at once. */
export function eventsOfCompletion(whole: Fields, includeUsage: boolean): Fields[] {
  const { choices, usage, object: _object, ...base } = whole;
  const chunk = (choice: readonly Fields[], extra: Fields = {}): Fields => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: choice,
    ...extra,
  });
  const events: Fields[] = [];
  for (const choice of Array.isArray(choices) ? choices : []) {
    if (!isFields(choice)) continue;
    const message = isFields(choice.message) ? choice.message : {};
    const { index } = choice;
    events.push(chunk([{ index, delta: { role: 'assistant', content: '' }, finish_reason: null }]));
    // What else a message says (a refusal, reasoning, annotations) has the same name in a delta.
    const { role: _role, ...said } = message;
    const delta: Record<string, unknown> = { ...said, content: message.content ?? '' };
    if (Array.isArray(message.tool_calls)) {
      delta.tool_calls = message.tool_calls.map((call: unknown, i) => ({
        ...(isFields(call) ? call : {}),
        index: i,
      }));
    }
    events.push(chunk([{ index, delta, finish_reason: null }]));
    events.push(chunk([{ index, delta: {}, finish_reason: choice.finish_reason ?? 'stop' }]));
  }
  if (includeUsage) events.push(chunk([], { usage: usage ?? usageFields(undefined) }));
  return events;
}

/** The text that a chunk of a chat stream adds. */
export function textOfChunk(data: unknown): string {
  if (!isFields(data) || !Array.isArray(data.choices)) return '';
  let text = '';
  for (const choice of data.choices) {
    if (isFields(choice) && isFields(choice.delta) && typeof choice.delta.content === 'string')
      text += choice.delta.content;
  }
  return text;
}
