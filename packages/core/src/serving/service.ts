import type { Refusal } from '../admission/gate.ts';
import { describeError, EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import { listeners } from '../kernel/listeners.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import { StreamGaps } from '../telemetry/stream-gaps.ts';
import type { Answer, SeenRequest, ServingService } from './answer.ts';
import type { ServiceDefinition, ServiceHost } from './definition.ts';
import { type DirectiveBoard, directiveBoard } from './directives.ts';
import { type EntryControl, entryControl } from './entry.ts';
import { type Figures, newFigures } from './figures.ts';
import { Journey } from './journey.ts';
import type { Prediction, PredictRequest, StreamPrediction, Usage } from './prediction.ts';
import type { Rung } from './rung.ts';
import { ALLOW, type SafetyVerdict } from './safety.ts';
import { type StreamEnd, watchedStream } from './stream.ts';
import { createWalk, type Walked } from './walk.ts';

/** A running service, with what an operator may look at and turn. */
export interface Service extends ServingService {
  readonly definition: ServiceDefinition;
  readonly directives: DirectiveBoard;
  readonly entry: EntryControl;
  readonly figures: Figures;
}

export function createService(definition: ServiceDefinition, host: ServiceHost): Service {
  const { clock } = host;
  const { rungs, safety } = definition;
  const board = directiveBoard(clock);
  const entry = entryControl(rungs, definition.components, board, definition.stepUp, host);
  const figures = newFigures(rungs.map((rung) => rung.name));
  const records = listeners<RequestRecord>();
  const seen = listeners<SeenRequest>();

  const walk = createWalk(definition, entry, figures, host);
  let tightened = 1;
  let strictness = definition.strictness;
  let directiveRevision = -1;

  function applyDirectives(): void {
    if (board.revision() === directiveRevision) return;
    directiveRevision = board.revision();
    let factor = 1;
    strictness = definition.strictness;
    for (const { order } of [...board.active()].reverse()) {
      if (order.kind === 'tighten') factor = order.factor;
      if (order.kind === 'strictness') strictness = order.level;
    }
    definition.onDirectives?.(board.active());
    if (factor === tightened) return;
    tightened = factor;
    definition.gate?.tighten(factor);
    for (const rung of rungs) rung.gate?.tighten(factor);
  }

  for (const rung of rungs) rung.breaker?.on(() => entry.stale());

  function judged(prediction: Prediction, request: PredictRequest): SafetyVerdict | Promise<SafetyVerdict> {
    if (safety === undefined) return ALLOW;
    if (prediction.kind === 'stream') {
      const reason = safety.checkText(safety.textOf(prediction.first.data), strictness);
      return reason === undefined ? ALLOW : { verdict: 'block', reason };
    }
    // Fails closed.
    const broken = (error: unknown): SafetyVerdict => ({
      verdict: 'block',
      reason: `the safety check failed: ${describeError(error)}`,
    });
    try {
      const verdict = safety.check(prediction, request, strictness);
      return verdict instanceof Promise ? verdict.catch(broken) : verdict;
    } catch (error) {
      return broken(error);
    }
  }

  function finish(
    journey: Journey,
    rung: Rung | undefined,
    prediction: Prediction | undefined,
    error: EvenkeelError | undefined,
    reason: string,
    usage: Usage | undefined,
  ): void {
    // Held to the end of a stream: a stream in flight is load.
    if (journey.ticket !== undefined) definition.gate?.release(journey.ticket, 'ignored');
    journey.ticket = undefined;
    const live = journey.request.kind === 'live';
    const level = error === undefined && rung !== undefined ? rung.level : 'failed';
    if (live) {
      figures.inFlight -= 1;
      if (error === undefined || error.status >= 500) figures.served[level] += 1;
      if (error !== undefined) figures.refused[error.code] = (figures.refused[error.code] ?? 0) + 1;
    }
    if (records.size() === 0 && seen.size() === 0) return;
    const record = journey.record({
      now: clock.now(),
      level,
      rung,
      prediction,
      error,
      status: error?.status ?? 200,
      reason,
      inputTokens: usage?.inputTokens,
      outputTokens: usage?.outputTokens,
      entry: rungs[journey.entrance.index]?.name ?? 'failed',
    });
    records.emit(record);
    if (seen.size() === 0) return;
    const { input, caller } = journey.request;
    seen.emit({ record, input, features: journey.reading?.set?.values, tier: caller.tier });
  }

  function refuse(journey: Journey, error: EvenkeelError): Answer {
    finish(journey, undefined, undefined, error, error.message, undefined);
    // Clients retry on their own: where the ladder is exhausted or the load too high, that would multiply the trouble.
    const shouldRetry = error.retryable && error.code !== 'shed' && error.code !== 'exhausted';
    return { outcome: 'refused', error, shouldRetry, reason: error.message };
  }

  function served(journey: Journey, rung: Rung, prediction: Prediction, reason: string): Answer {
    return {
      outcome: 'served',
      prediction,
      level: rung.level,
      rung: rung.name,
      qualityImpact: rung.qualityImpact,
      reason,
      features: rung.features === 'none' ? undefined : journey.reading?.set,
    };
  }

  /** What a stream says of its rung, at its end. */
  function settleStream(
    journey: Journey,
    walked: Extract<Walked, { kind: 'served' }>,
    vote: 'success' | 'failure' | 'release',
  ): void {
    const { rung, permit, ticket } = walked;
    if (walked.prediction.kind !== 'stream') return;
    const tookMs = clock.now() - walked.startedAt;
    if (vote === 'success') rung.breaker?.success(permit, journey.firstChunkMs ?? tookMs);
    else if (vote === 'failure') rung.breaker?.failure(permit, tookMs);
    else rung.breaker?.release(permit);
    if (ticket !== undefined) rung.gate?.release(ticket, vote === 'success' ? 'success' : 'ignored');
  }

  /** A stream whose first chunk is here: its record and its vote wait for its end. */
  function followed(
    journey: Journey,
    walked: Extract<Walked, { kind: 'served' }>,
    prediction: StreamPrediction,
    reason: string,
  ): StreamPrediction {
    const { rung } = walked;
    const { signal } = journey.request;
    journey.firstChunkMs = clock.now() - journey.startedAt;
    const watch = safety === undefined ? undefined : { check: safety, strictness: () => strictness };
    const gaps = new StreamGaps();
    journey.gaps = gaps;
    const onEnd = (end: StreamEnd, usage: Usage | undefined): void => {
      signal?.removeEventListener('abort', onGone);
      if (end.kind === 'whole') {
        settleStream(journey, walked, 'success');
        finish(journey, rung, prediction, undefined, reason, usage);
      } else if (end.kind === 'left') {
        settleStream(journey, walked, 'release');
        finish(journey, rung, prediction, new EvenkeelError('client_closed'), 'the caller has gone', usage);
      } else {
        const error = isEvenkeelError(end.error)
          ? end.error
          : new EvenkeelError('upstream_cut', describeError(end.error));
        settleStream(journey, walked, error.code === 'output_blocked' ? 'release' : 'failure');
        finish(journey, rung, prediction, error, error.message, usage);
      }
    };
    const stream = watchedStream(prediction, watch, onEnd, { clock, gaps });
    const onGone = (): void => {
      void stream.rest[Symbol.asyncIterator]()
        .return?.(undefined)
        ?.then(undefined, () => {});
    };
    signal?.addEventListener('abort', onGone);
    return stream;
  }

  /** A gate shares the refusals of a moment: under overload the trace of an error for each would cost more than all else. */
  const shedErrors = new WeakMap<Refusal, EvenkeelError>();
  function shed(refusal: Refusal): EvenkeelError {
    let error = shedErrors.get(refusal);
    if (error === undefined) {
      const { reason, retryAfterMs } = refusal;
      error = new EvenkeelError('shed', `service: ${reason}`, { retryAfterMs });
      shedErrors.set(refusal, error);
    }
    return error;
  }

  // One frame for all of it: each more that waits costs a request more than the gate and the breaker together.
  async function predict(request: PredictRequest): Promise<Answer> {
    applyDirectives();
    const journey = new Journey(request, entry.enter(), clock.now(), clock.wall());
    if (request.kind === 'live') {
      figures.requests += 1;
      figures.inFlight += 1;
      if (journey.entrance.probe) figures.probes += 1;
    }
    try {
      const asked = definition.gate?.acquire(journey.claim, definition.gateWaitMs ?? 0, request.signal);
      const admitted = asked instanceof Promise ? await asked : asked;
      if (admitted !== undefined && !admitted.admitted) {
        return refuse(
          journey,
          request.signal?.aborted === true ? new EvenkeelError('client_closed') : shed(admitted),
        );
      }
      journey.ticket = admitted;
      const walked = await walk(journey);
      if (walked.kind === 'refused') return refuse(journey, walked.error);
      const { rung } = walked;
      let { prediction } = walked;
      const reason = journey.reasonAt(rung);

      if (safety !== undefined) {
        const judgedAt = clock.now();
        const judging = judged(prediction, request);
        const verdict = judging instanceof Promise ? await judging : judging;
        journey.safety = {
          verdict: verdict.verdict,
          reason: verdict.verdict === 'allow' ? 'ok' : verdict.reason,
          durationMs: clock.now() - judgedAt,
        };
        if (verdict.verdict === 'block') {
          if (prediction.kind === 'stream') await prediction.rest[Symbol.asyncIterator]().return?.(undefined);
          settleStream(journey, walked, 'release');
          return refuse(journey, new EvenkeelError('output_blocked', verdict.reason));
        }
        if (verdict.verdict !== 'allow' && prediction.kind === 'value')
          prediction = { ...prediction, output: verdict.output };
      }

      if (prediction.kind === 'stream')
        return served(journey, rung, followed(journey, walked, prediction, reason), reason);
      finish(journey, rung, prediction, undefined, reason, prediction.usage);
      return served(journey, rung, prediction, reason);
    } catch (error) {
      return refuse(journey, new EvenkeelError('internal', describeError(error), { cause: error }));
    }
  }

  return {
    name: definition.name,
    definition,
    directives: board,
    entry,
    figures,
    predict,
    onRecord: records.on,
    onSeen: seen.on,
  };
}
