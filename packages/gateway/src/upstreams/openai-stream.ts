import type { IncomingHttpHeaders } from 'node:http';
import {
  type Clock,
  describeError,
  EvenkeelError,
  isEvenkeelError,
  type StreamChunk,
  type StreamPrediction,
} from '@evenkeel/core';
import { createSseParser, type SseEvent } from '../sse/index.ts';
import type { WholeAnswer } from './body-reader.ts';
import { BodyReader } from './body-reader.ts';
import type { Exchange, ResponseSink } from './exchange.ts';
import { failure, malformed } from './failure.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import { chunkFacts } from './openai-chunk.ts';
import { statusFailure } from './status.ts';

/** Chunks held for a reader that lags before the upstream is paused, and how few are left when it goes on. */
const PAUSE_AT = 64;
const RESUME_AT = 16;
/** Chunks without content before the first token, at most: beyond, the stream counts as begun. */
const MAX_PREAMBLE = 16;

export interface StreamFacts {
  readonly name: string;
  readonly version: string | undefined;
  /** The model asked for: the version where neither the file nor the answer says. */
  readonly asked: string;
}

type Waiting = {
  readonly resolve: (step: IteratorResult<StreamChunk>) => void;
  readonly reject: (error: EvenkeelError) => void;
};

const DONE: IteratorResult<StreamChunk> = { done: true, value: undefined };

function isEventStream(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.toLowerCase().startsWith('text/event-stream') === true;
}

/**
 * Reads one streamed completion. Written out as an iterator and not as a generator, because `return` must reach the
 * upstream at once, also while a `next` is waiting.
 */
class CompletionStream implements ResponseSink, AsyncIterator<StreamChunk, undefined, undefined> {
  readonly #begun: (first: StreamChunk, model: string | undefined) => void;
  readonly #broken: (error: EvenkeelError) => void;
  readonly #limits: { choices: number; maxEventChars: number | undefined; maxBodyBytes: number };
  readonly #clock: Clock;
  readonly #parser;
  readonly #queue: StreamChunk[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #finished = new Set<number>();
  #refusal: ResponseSink | undefined;
  #exchange: Exchange | undefined;
  #hasBegun = false;
  #whole = false;
  #over = false;
  #error: EvenkeelError | undefined;
  #model: string | undefined;

  constructor(
    begun: (first: StreamChunk, model: string | undefined) => void,
    broken: (error: EvenkeelError) => void,
    limits: { choices: number; maxEventChars: number | undefined; maxBodyBytes: number },
    clock: Clock,
  ) {
    this.#begun = begun;
    this.#broken = broken;
    this.#limits = limits;
    this.#clock = clock;
    this.#parser = createSseParser((event) => this.#onEvent(event), limits.maxEventChars);
  }

  started(exchange: Exchange, status: number, headers: IncomingHttpHeaders): void {
    this.#exchange = exchange;
    if (status >= 200 && status <= 299 && isEventStream(headers)) return;
    // The reason is in the body. It may take its time, but no longer than a first token may.
    this.#refusal = new BodyReader(
      this.#limits.maxBodyBytes,
      (answer) => this.#refused(answer),
      (error) => this.#fail(error),
      (error) => this.#fail(isEvenkeelError(error) ? error : malformed(describeError(error))),
    );
    this.#refusal.started(exchange, status, headers);
  }

  data(exchange: Exchange, chunk: Buffer): boolean {
    if (this.#refusal !== undefined) return this.#refusal.data(exchange, chunk);
    if (this.#over) return true;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#end(this.#unparsable(error));
    }
    return this.#queue.length < PAUSE_AT;
  }

  ended(): void {
    if (this.#refusal !== undefined) {
      this.#refusal.ended();
      return;
    }
    if (this.#over) return;
    try {
      this.#parser.end();
    } catch {
      // An event cut in two is the cut itself, told below.
    }
    if (this.#over) return;
    this.#end(
      this.#whole ? undefined : failure('malformed', 'upstream_cut', 'the stream ended before its end'),
    );
  }

  failed(error: EvenkeelError): void {
    if (this.#refusal !== undefined) this.#refusal.failed(error);
    // What breaks after the last token takes nothing away from the answer.
    else this.#end(this.#whole ? undefined : error);
  }

  next(): Promise<IteratorResult<StreamChunk, undefined>> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      if (this.#queue.length === RESUME_AT) this.#exchange?.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        resolve: (step) =>
          resolve(step.done === true ? { done: true, value: undefined } : { done: false, value: step.value }),
        reject,
      });
    });
  }

  return(): Promise<IteratorResult<StreamChunk, undefined>> {
    this.#queue.length = 0;
    this.#end(undefined);
    this.#error = undefined;
    this.#exchange?.abort(new EvenkeelError('client_closed'));
    return Promise.resolve({ done: true, value: undefined });
  }

  #refused(answer: WholeAnswer): EvenkeelError {
    if (answer.status < 200 || answer.status > 299)
      return statusFailure(answer.status, answer.headers, answer.text, this.#clock.wall());
    const type = answer.headers['content-type'] ?? 'no content type';
    return malformed(`status ${answer.status}, but a stream was asked for and this is ${type}`);
  }

  #unparsable(cause: unknown): EvenkeelError {
    const detail = cause instanceof RangeError ? cause.message : 'an event that is not JSON';
    return this.#hasBegun
      ? failure('malformed', 'upstream_cut', `the stream broke: ${detail}`, { cause })
      : malformed(`the stream begins with ${detail}`, cause);
  }

  #onEvent(event: SseEvent): void {
    if (this.#over) return;
    if (event.data.trim() === '[DONE]') {
      const empty = !this.#hasBegun && this.#queue.length === 0;
      this.#end(empty ? malformed('the stream ended without a token') : undefined);
      return;
    }
    const data: unknown = JSON.parse(event.data);
    const facts = chunkFacts(data, event.type);
    if (facts.error !== undefined) {
      this.#end(
        this.#hasBegun
          ? failure('server_error', 'upstream_cut', `an error in the stream: ${facts.error}`)
          : failure('server_error', 'upstream_error', `an error as the first event: ${facts.error}`),
      );
      return;
    }
    for (const index of facts.finished) this.#finished.add(index);
    const last = !this.#whole && this.#finished.size >= this.#limits.choices;
    if (last) this.#whole = true;
    this.#model ??= facts.model;
    this.#take({ data, last, ...(facts.usage === undefined ? undefined : { usage: facts.usage }) });
    if (!this.#hasBegun && (facts.content || this.#queue.length > MAX_PREAMBLE)) this.#begin();
  }

  #take(chunk: StreamChunk): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#queue.push(chunk);
    else waiting.resolve({ done: false, value: chunk });
  }

  #begin(): void {
    const first = this.#queue.shift();
    if (first === undefined) return;
    this.#hasBegun = true;
    this.#exchange?.tokenArrived();
    this.#begun(first, this.#model);
  }

  #fail(error: EvenkeelError): void {
    this.#over = true;
    this.#error = error;
    this.#broken(error);
  }

  /** Once: wholly without an error, else broken. */
  #end(error: EvenkeelError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#hasBegun && error === undefined) this.#begin();
    if (!this.#hasBegun) {
      this.#error = error ?? malformed('the stream ended without a token');
      this.#broken(this.#error);
      this.#exchange?.abort(this.#error);
      return;
    }
    this.#error = error;
    for (const waiting of this.#waiting.splice(0)) {
      if (error === undefined) waiting.resolve(DONE);
      else waiting.reject(error);
    }
    if (error !== undefined) this.#exchange?.abort(error);
  }
}

/**
 * Asks for a streamed completion; resolves at its first token, rejects if it fails before. What came before the first
 * token (the chunk that names the role) is kept: it is the prediction's first chunk.
 */
export function openAiStream(
  client: HttpClient,
  request: HttpRequest,
  facts: StreamFacts,
  options: { readonly choices: number; readonly maxEventChars: number | undefined },
  clock: Clock,
): Promise<StreamPrediction> {
  return new Promise((resolve, reject) => {
    const stream: CompletionStream = new CompletionStream(
      (first, model) =>
        resolve({
          kind: 'stream',
          model: facts.name,
          version: facts.version ?? model ?? facts.asked,
          first,
          rest: { [Symbol.asyncIterator]: () => stream },
        }),
      reject,
      { ...options, maxBodyBytes: client.maxBodyBytes },
      clock,
    );
    client.open(request, stream);
  });
}
