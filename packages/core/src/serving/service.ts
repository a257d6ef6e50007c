import { describeError, EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import { listeners } from '../kernel/listeners.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import { StreamGaps } from '../telemetry/stream-gaps.ts';
import type { Answer, ServingService } from './answer.ts';
import type { ServiceDefinition, ServiceHost } from './definition.ts';
import { type DirectiveBoard, directiveBoard } from './directives.ts';
import { type EntryControl, entryControl } from './entry.ts';
import { type Figures, newFigures } from './figures.ts';
import { Journey } from './journey.ts';
import type { Prediction, PredictRequest, Usage } from './prediction.ts';
import type { Rung } from './rung.ts';
import { ALLOW, type SafetyVerdict } from './safety.ts';
import { type StreamEnd, watchedStream } from './stream.ts';
import { createWalk } from './walk.ts';

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
    if (records.size() === 0) return;
    records.emit(
      journey.record({
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
      }),
    );
  }

  function refuse(journey: Journey, error: EvenkeelError): Answer {
    finish(journey, undefined, undefined, error, error.message, undefined);
    // Clients retry on their own: where the ladder is exhausted or the load too high, that would multiply the trouble.
    const shouldRetry = error.retryable && error.code !== 'shed' && error.code !== 'exhausted';
    return { outcome: 'refused', error, shouldRetry, reason: error.message };
  }

  async function serve(journey: Journey): Promise<Answer> {
    const walked = await walk(journey);
    if (walked.kind === 'refused') return refuse(journey, walked.error);
    const { rung } = walked;
    let { prediction } = walked;
    const reason = journey.reasonAt(rung);

    const settleStream = (vote: 'success' | 'failure' | 'release'): void => {
      if (walked.prediction.kind !== 'stream') return;
      const tookMs = clock.now() - walked.startedAt;
      if (vote === 'success') rung.breaker?.success(walked.permit, journey.firstChunkMs ?? tookMs);
      else if (vote === 'failure') rung.breaker?.failure(walked.permit, tookMs);
      else rung.breaker?.release(walked.permit);
      if (walked.ticket !== undefined)
        rung.gate?.release(walked.ticket, vote === 'success' ? 'success' : 'ignored');
    };

    if (safety !== undefined) {
      const judgedAt = clock.now();
      const judging = judged(prediction, journey.request);
      const verdict = judging instanceof Promise ? await judging : judging;
      journey.safety = {
        verdict: verdict.verdict,
        reason: verdict.verdict === 'allow' ? 'ok' : verdict.reason,
        durationMs: clock.now() - judgedAt,
      };
      if (verdict.verdict === 'block') {
        if (prediction.kind === 'stream') await prediction.rest[Symbol.asyncIterator]().return?.(undefined);
        settleStream('release');
        return refuse(journey, new EvenkeelError('output_blocked', verdict.reason));
      }
      if (verdict.verdict !== 'allow' && prediction.kind === 'value') {
        prediction = { ...prediction, output: verdict.output };
      }
    }

    const served = (out: Prediction): Answer => ({
      outcome: 'served',
      prediction: out,
      level: rung.level,
      rung: rung.name,
      qualityImpact: rung.qualityImpact,
      reason,
      features: rung.features === 'none' ? undefined : journey.reading?.set,
    });

    if (prediction.kind === 'value') {
      finish(journey, rung, prediction, undefined, reason, prediction.usage);
      return served(prediction);
    }

    journey.firstChunkMs = clock.now() - journey.startedAt;
    const watch = safety === undefined ? undefined : { check: safety, strictness: () => strictness };
    const gaps = new StreamGaps();
    journey.gaps = gaps;
    const onEnd = (end: StreamEnd, usage: Usage | undefined): void => {
      journey.request.signal?.removeEventListener('abort', onGone);
      if (end.kind === 'whole') {
        settleStream('success');
        finish(journey, rung, prediction, undefined, reason, usage);
      } else if (end.kind === 'left') {
        settleStream('release');
        finish(journey, rung, prediction, new EvenkeelError('client_closed'), 'the caller has gone', usage);
      } else {
        const error = isEvenkeelError(end.error)
          ? end.error
          : new EvenkeelError('upstream_cut', describeError(end.error));
        settleStream(error.code === 'output_blocked' ? 'release' : 'failure');
        finish(journey, rung, prediction, error, error.message, usage);
      }
    };
    const stream = watchedStream(prediction, watch, onEnd, { clock, gaps });
    const onGone = (): void => {
      void stream.rest[Symbol.asyncIterator]()
        .return?.(undefined)
        ?.then(undefined, () => {});
    };
    journey.request.signal?.addEventListener('abort', onGone);
    return served(stream);
  }

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
      const verdict = asked instanceof Promise ? await asked : asked;
      if (verdict !== undefined && !verdict.admitted) {
        if (request.signal?.aborted === true) return refuse(journey, new EvenkeelError('client_closed'));
        const { reason, retryAfterMs } = verdict;
        return refuse(journey, new EvenkeelError('shed', `service: ${reason}`, { retryAfterMs }));
      }
      journey.ticket = verdict;
      return await serve(journey);
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
  };
}
