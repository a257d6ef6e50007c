import { EvenkeelError, type Prediction, type ValuePrediction } from '@evenkeel/core';
import { recordOf } from './answer.ts';
import { createAttempts } from './attempts.ts';
import type { WholeAnswer } from './body-reader.ts';
import { malformed } from './failure.ts';
import { createHttpClient, type HttpOptions, type UpstreamHost } from './http-client.ts';
import { healthyAt } from './json.ts';
import type { Model, ModelCall } from './model.ts';
import { openAiStream } from './openai-stream.ts';
import { usageOf } from './openai-usage.ts';
import { isRecord } from './record.ts';
import type { AttemptLimits } from './retry.ts';
import { traceHeaders } from './trace-headers.ts';

/** `baseUrl` includes the version, as OpenAI's own clients have it: `http://127.0.0.1:8000/v1`. */
export interface OpenAiModelOptions extends HttpOptions {
  readonly name: string;
  /** Default: what the answer calls its model, which is often more exact than what was asked for. */
  readonly version?: string | undefined;
  /** The upstream's name for the model: takes the place of the caller's, which names the service. */
  readonly upstreamModel: string;
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** Characters of one event of a stream at most. Default 1 Mi. */
  readonly maxEventChars?: number | undefined;
}

type Task = '/chat/completions' | '/embeddings';

interface Question {
  readonly path: Task;
  readonly stream: boolean;
  /** Answers the caller asked for side by side. */
  readonly choices: number;
  readonly body: string;
  readonly headers: readonly string[] | undefined;
}

/** Unknown fields pass; only the model's name and whether to stream are ours to say. */
function questionOf(call: ModelCall, model: string): Question {
  const { input, stream: wanted } = call.request;
  if (!isRecord(input)) throw new EvenkeelError('bad_request', 'the body must be an object');
  const path: Task | undefined = Array.isArray(input.messages)
    ? '/chat/completions'
    : input.input !== undefined
      ? '/embeddings'
      : undefined;
  if (path === undefined)
    throw new EvenkeelError('bad_request', '"messages" (chat) or "input" (embeddings) is missing');
  const stream = wanted && path === '/chat/completions';
  const { stream: _, stream_options: streamOptions, ...rest } = input;
  const choices = typeof input.n === 'number' && input.n > 1 ? input.n : 1;
  const body = JSON.stringify({
    ...rest,
    model,
    ...(stream ? { stream: true } : undefined),
    ...(stream && streamOptions !== undefined ? { stream_options: streamOptions } : undefined),
  });
  return { path, stream, choices, body, headers: traceHeaders(call) };
}

function isAnswer(path: Task, body: Readonly<Record<string, unknown>>): boolean {
  const list = path === '/embeddings' ? body.data : body.choices;
  if (!Array.isArray(list) || list.length === 0) return false;
  const first: unknown = list[0];
  if (!isRecord(first)) return false;
  return path === '/embeddings' ? first.embedding !== undefined : isRecord(first.message);
}

/**
 * A model behind an OpenAI-compatible API: chat completions, whole or streamed, and embeddings. Answers pass through
 * with all that the upstream put into them.
 * @throws EvenkeelError `config_invalid`
 */
export function createOpenAiModel(options: OpenAiModelOptions, host: UpstreamHost): Model {
  const { name, apiKey, upstreamModel } = options;
  const headers =
    apiKey === undefined ? options.headers : { ...options.headers, authorization: `Bearer ${apiKey}` };
  const client = createHttpClient({ ...options, headers }, host);
  const attempts = createAttempts(options, host);
  const version = options.version ?? upstreamModel;

  function whole({ path, body, headers }: Question, limits: AttemptLimits): Promise<ValuePrediction> {
    const { signal, budgetMs } = limits;
    const read = path === '/embeddings' ? readEmbeddings : readCompletion;
    return client.ask({ method: 'POST', path, body, headers, signal, budgetMs }, read);
  }

  const readCompletion = (answer: WholeAnswer): ValuePrediction => predictionOf('/chat/completions', answer);
  const readEmbeddings = (answer: WholeAnswer): ValuePrediction => predictionOf('/embeddings', answer);

  function predictionOf(path: Task, answer: WholeAnswer): ValuePrediction {
    const output = recordOf(answer, host.clock);
    if (!isAnswer(path, output))
      throw malformed(`the answer has no ${path === '/embeddings' ? 'data' : 'choices'}`);
    const usage = usageOf(output);
    return {
      kind: 'value',
      model: name,
      version: options.version ?? (typeof output.model === 'string' ? output.model : upstreamModel),
      output,
      ...(usage === undefined ? undefined : { usage }),
    };
  }

  function attempt(question: Question, limits: AttemptLimits): Promise<Prediction> {
    if (!question.stream) return whole(question, limits);
    const { path, body, choices, headers } = question;
    const { signal, budgetMs } = limits;
    const request = { method: 'POST', path, body, headers, signal, budgetMs } as const;
    const facts = { name, version: options.version, asked: upstreamModel };
    return openAiStream(
      client,
      request,
      facts,
      { choices, maxEventChars: options.maxEventChars },
      host.clock,
    );
  }

  return {
    name,
    version,
    call(call) {
      const question = questionOf(call, upstreamModel);
      return attempts(call, (limits) => attempt(question, limits));
    },
    healthy: (signal) => healthyAt(client, '/models', signal),
    close: () => client.close(),
  };
}
