import type { IncomingHttpHeaders } from 'node:http';
import {
  type Cancellation,
  type CancelTimer,
  type Clock,
  describeError,
  EvenkeelError,
  isEvenkeelError,
  type Timers,
} from '@evenkeel/core';
import type { Dispatcher } from 'undici';
import { failure } from './failure.ts';
import type { Timeouts } from './timeouts.ts';

/** What hears of one response. After `failed` or `ended` nothing more comes. */
export interface ResponseSink {
  started(exchange: Exchange, status: number, headers: IncomingHttpHeaders): void;
  /** False pauses the upstream until {@link Exchange.resume}. */
  data(exchange: Exchange, chunk: Buffer): boolean;
  ended(): void;
  failed(error: EvenkeelError): void;
}

export interface ExchangeOptions {
  /** What counts as the first sign of an answer: the headers, or what the sink calls the first token. */
  readonly first: 'headers' | 'token';
  readonly timeouts: Timeouts;
  /** Milliseconds until the first sign of a stream, or the whole of another answer. */
  readonly budgetMs: number;
  readonly signal: Cancellation;
}

type Phase = 'connect' | 'first' | 'flow' | 'paused' | 'done';

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function transportFailure(error: Error, phase: Phase): EvenkeelError {
  const code = codeOf(error);
  const detail = `${describeError(error)}${code === '' ? '' : ` (${code})`}`;
  const options = { cause: error };
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return failure('timeout', 'upstream_timeout', `connect: ${detail}`, options);
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return failure('malformed', 'upstream_malformed', `not an HTTP answer: ${detail}`, options);
  if (phase === 'flow' || phase === 'paused')
    return failure('malformed', 'upstream_cut', `the connection broke in mid-answer: ${detail}`, options);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED')
    return new EvenkeelError('upstream_error', detail, options);
  return failure('connection', 'upstream_error', `no connection: ${detail}`, options);
}

/**
 * One request and its response on undici's dispatch interface, under all four time-outs.
 * There is one timer per request: a later due time is only written down, and the timer looks again when it fires.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #sink: ResponseSink;
  readonly #options: ExchangeOptions;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #totalDueAt: number;
  readonly #budgetDueAt: number;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Phase = 'connect';
  #answered = false;
  #phaseDueAt: number;
  #armedFor = Number.POSITIVE_INFINITY;
  #cancelTimer: CancelTimer | undefined;

  constructor(sink: ResponseSink, options: ExchangeOptions, host: { clock: Clock; timers: Timers }) {
    this.#sink = sink;
    this.#options = options;
    this.#clock = host.clock;
    this.#timers = host.timers;
    const now = host.clock.now();
    this.#totalDueAt = now + options.timeouts.totalMs;
    this.#budgetDueAt = now + options.budgetMs;
    this.#phaseDueAt = now + options.timeouts.connectMs;
  }

  /** Sends it, unless the signal has been aborted already. */
  start(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): void {
    const { signal } = this.#options;
    if (signal.aborted) {
      this.#onSignal();
      return;
    }
    signal.addEventListener('abort', this.#onSignal);
    this.#arm();
    dispatcher.dispatch(request, this);
  }

  /** Leaves the upstream: its socket is closed at once, the others of the pool stay. The sink hears `error`. */
  abort(error: EvenkeelError): void {
    if (this.#phase === 'done') return;
    this.#settle();
    this.#controller?.abort(error);
    this.#sink.failed(error);
  }

  /** The sink has seen the first token: the budget is kept, from here the idle time-out counts. */
  tokenArrived(): void {
    if (this.#phase !== 'first') return;
    this.#answered = true;
    this.#flow();
  }

  /** The sink takes data again. */
  resume(): void {
    if (this.#phase !== 'paused') return;
    this.#flow();
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === 'done') {
      // It was given up while it waited for a connection.
      controller.abort(new Error('given up'));
      return;
    }
    this.#phase = 'first';
    this.#phaseDueAt = this.#clock.now() + this.#options.timeouts.firstMs;
    this.#arm();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#phase === 'done' || status < 200) return;
    if (this.#options.first === 'headers') this.#flow();
    this.#sink.started(this, status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === 'done') return;
    if (this.#phase === 'flow') this.#phaseDueAt = this.#clock.now() + this.#options.timeouts.idleMs;
    if (this.#sink.data(this, chunk) || this.#phase !== 'flow') return;
    // A reader that lags is not an upstream that idles.
    this.#phase = 'paused';
    this.#phaseDueAt = Number.POSITIVE_INFINITY;
    controller.pause();
  }

  onResponseEnd(): void {
    if (this.#phase === 'done') return;
    this.#settle();
    this.#sink.ended();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase === 'done') return;
    const phase = this.#phase;
    this.#settle();
    this.#sink.failed(isEvenkeelError(error) ? error : transportFailure(error, phase));
  }

  #onSignal = (): void => {
    const reason: unknown = this.#options.signal.reason;
    this.abort(isEvenkeelError(reason) ? reason : new EvenkeelError('client_closed'));
  };

  #flow(): void {
    this.#phase = 'flow';
    this.#phaseDueAt = this.#clock.now() + this.#options.timeouts.idleMs;
    this.#arm();
  }

  #settle(): void {
    this.#phase = 'done';
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#options.signal.removeEventListener('abort', this.#onSignal);
  }

  #dueAt(): number {
    const due = Math.min(this.#phaseDueAt, this.#totalDueAt);
    return this.#answered ? due : Math.min(due, this.#budgetDueAt);
  }

  #arm(): void {
    const due = this.#dueAt();
    if (due >= this.#armedFor) return;
    this.#cancelTimer?.();
    this.#armedFor = due;
    this.#cancelTimer = this.#timers.after(due - this.#clock.now(), this.#look);
  }

  #look = (): void => {
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#cancelTimer = undefined;
    if (this.#phase === 'done') return;
    const now = this.#clock.now();
    // Timers may fire a fraction of a millisecond early.
    if (this.#dueAt() - now >= 1) {
      this.#arm();
      return;
    }
    this.abort(failure('timeout', 'upstream_timeout', this.#whichTimeout(now)));
  };

  #whichTimeout(now: number): string {
    const { timeouts, first, budgetMs } = this.#options;
    if (this.#totalDueAt - now < 1) return `total: not whole within ${timeouts.totalMs} ms`;
    if (this.#phaseDueAt - now >= 1) return `budget: no answer within ${Math.round(budgetMs)} ms`;
    if (this.#phase === 'connect') return `connect: no connection within ${timeouts.connectMs} ms`;
    if (this.#phase === 'flow') return `idle: nothing more within ${timeouts.idleMs} ms`;
    return first === 'token'
      ? `first: no token within ${timeouts.firstMs} ms`
      : `first: no headers within ${timeouts.firstMs} ms`;
  }
}
