import { type Cancellation, Canceller, signalOf } from '../kernel/cancellation.ts';
import type { Timers } from '../kernel/clock.ts';
import { describeError, EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import type { FeatureSet, Prediction, PredictRequest } from './prediction.ts';
import type { Rung, RungContext } from './rung.ts';

/** What came of trying one rung. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly prediction: Prediction }
  | { readonly kind: 'failed'; readonly error: EvenkeelError; readonly reason: string }
  /** The fault is the caller's: the walk ends. */
  | { readonly kind: 'caller_error'; readonly error: EvenkeelError }
  | { readonly kind: 'timed_out'; readonly reason: string }
  | { readonly kind: 'client_gone' };

/** Aborting with one constant reason: building a DOMException per abort costs more than the rest of the attempt. */
const LOST_TURN: EvenkeelError = new EvenkeelError('upstream_timeout', 'the rung lost its turn');
const CLIENT_GONE: EvenkeelError = new EvenkeelError('client_closed');

/** Its own cancellation; the real signal is made only for handlers that look at it. */
class AttemptContext extends Canceller implements RungContext {
  readonly budgetMs: number;
  readonly features: FeatureSet | undefined;
  private real: AbortSignal | undefined;

  constructor(budgetMs: number, features: FeatureSet | undefined) {
    super();
    this.budgetMs = budgetMs;
    this.features = features;
  }

  get cancellation(): Cancellation {
    return this;
  }

  get signal(): AbortSignal {
    this.real ??= signalOf(this);
    return this.real;
  }
}

function failure(error: unknown): AttemptResult {
  if (isEvenkeelError(error)) {
    if (error.code === 'bad_request' || error.code === 'payload_too_large')
      return { kind: 'caller_error', error };
    if (error.code === 'upstream_timeout' || error.code === 'deadline_exceeded')
      return { kind: 'timed_out', reason: error.message };
    return { kind: 'failed', error, reason: error.message };
  }
  const reason = describeError(error);
  return { kind: 'failed', error: new EvenkeelError('upstream_error', reason, { cause: error }), reason };
}

function discard(late: Prediction): void {
  if (late.kind !== 'stream') return;
  // Nobody will read it: let its source stop generating.
  void late.rest[Symbol.asyncIterator]()
    .return?.(undefined)
    ?.then(undefined, () => {});
}

/**
 * Runs one rung's handler for at most `budgetMs` milliseconds.
 * It ends when the handler answers, when the time is up (the handler's signal is aborted), or when the caller goes.
 * A stream counts as answered at its first chunk; the caller's going later is the reader's business.
 */
export function attempt(
  rung: Rung,
  request: PredictRequest,
  features: FeatureSet | undefined,
  budgetMs: number,
  timers: Timers,
): AttemptResult | Promise<AttemptResult> {
  const { signal } = request;
  if (signal?.aborted === true) return { kind: 'client_gone' };

  const context = new AttemptContext(budgetMs, features);
  let answer: Prediction | Promise<Prediction>;
  try {
    answer = rung.handler(request, context);
  } catch (error) {
    return failure(error);
  }
  if (!('then' in answer)) return { kind: 'answered', prediction: answer };

  const pending = answer;
  return new Promise<AttemptResult>((resolve) => {
    let settled = false;
    const settle = (result: AttemptResult): void => {
      settled = true;
      cancelTimer();
      signal?.removeEventListener('abort', onGone);
      resolve(result);
    };
    const onGone = (): void => {
      if (settled) return;
      context.abort(CLIENT_GONE);
      settle({ kind: 'client_gone' });
    };
    signal?.addEventListener('abort', onGone);
    const cancelTimer = timers.after(budgetMs, () => {
      if (settled) return;
      context.abort(LOST_TURN);
      settle({ kind: 'timed_out', reason: `no answer within ${Math.round(budgetMs)} ms` });
    });
    pending.then(
      (prediction) => {
        if (settled) discard(prediction);
        else settle({ kind: 'answered', prediction });
      },
      (error: unknown) => {
        if (!settled) settle(failure(error));
      },
    );
  });
}
