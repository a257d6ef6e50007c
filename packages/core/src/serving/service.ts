import type { Gate, Ticket } from '../admission/gate.ts';
import { rungShare } from '../degradation/deadline.ts';
import type { StepUpOptions } from '../degradation/ladder.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import { describeError, EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import { listeners } from '../kernel/listeners.ts';
import type { Random } from '../kernel/random.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import type { Answer, ServingService } from './answer.ts';
import { attempt } from './attempt.ts';
import { type Directive, type DirectiveBoard, directiveBoard } from './directives.ts';
import { type ComponentState, type EntryControl, entryControl } from './entry.ts';
import type { FeatureReading, RequestFeatures } from './features.ts';
import { type Figures, newFigures } from './figures.ts';
import { Journey } from './journey.ts';
import type { Prediction, PredictRequest, Usage } from './prediction.ts';
import type { Rung } from './rung.ts';
import { ALLOW, type SafetyCheck, type SafetyVerdict, type Strictness } from './safety.ts';
import { watchedStream } from './stream.ts';

/** All that makes up one service on the serving path. */
export interface ServiceDefinition {
  readonly name: string;
  /** Best first; at least one. */
  readonly rungs: readonly Rung[];
  /** Bounds the requests of all rungs together. */
  readonly gate: Gate | undefined;
  /** Milliseconds a request may wait there (default 0). */
  readonly gateWaitMs?: number;
  readonly features: RequestFeatures | undefined;
  /** Milliseconds that reading features may take. */
  readonly featureBudgetMs: number;
  readonly safety: SafetyCheck | undefined;
  readonly strictness: Strictness;
  /** Milliseconds that a request has when the caller does not say. */
  readonly deadlineMs: number;
  readonly stepUp: StepUpOptions;
  readonly components: ComponentState;
  /** Told of the directives in force whenever they have changed. */
  readonly onDirectives?: (directives: readonly Directive[]) => void;
}

export interface ServiceHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** A running service, with what an operator may look at and turn. */
export interface Service extends ServingService {
  readonly definition: ServiceDefinition;
  readonly directives: DirectiveBoard;
  readonly entry: EntryControl;
  readonly figures: Figures;
}

/** Milliseconds under which trying a rung makes no sense. */
const LEAST_BUDGET_MS = 1;
const WHEN_OVERLOADED_RETRY_MS = 1_000;

type Walked =
  | {
      kind: 'served';
      prediction: Prediction;
      rung: Rung;
      ticket: Ticket | undefined;
      permit: number;
      startedAt: number;
    }
  | { kind: 'refused'; error: EvenkeelError };

export function createService(definition: ServiceDefinition, host: ServiceHost): Service {
  const { clock, timers } = host;
  const { rungs, safety } = definition;
  const board = directiveBoard(clock);
  const entry = entryControl(rungs, definition.components, board, definition.stepUp, host);
  const figures = newFigures(rungs.map((rung) => rung.name));
  const records = listeners<RequestRecord>();

  /** Budgets of the rungs below each rung, those that share its attempt left out: they would not be tried. */
  const below = rungs.map((rung, i) => {
    const seen = new Set([rung.attemptKey]);
    const budgets: number[] = [];
    for (const lower of rungs.slice(i + 1)) {
      if (seen.has(lower.attemptKey)) continue;
      seen.add(lower.attemptKey);
      budgets.push(lower.budgetMs);
    }
    return budgets;
  });
  /** What a rung gets when a request with the service's own deadline enters at it: less is not its fault. */
  const fairShare = rungs.map((rung, i) => rungShare(definition.deadlineMs, rung.budgetMs, below[i] ?? []));

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

  function stepped(
    journey: Journey,
    rung: Rung,
    outcome: keyof Figures['rungs'][string],
    reason: string,
    at: number,
  ): void {
    journey.step(rung, outcome, reason, at, clock.now());
    if (journey.request.kind !== 'live') return;
    const counts = figures.rungs[rung.name];
    if (counts !== undefined) counts[outcome] += 1;
  }

  /** Features are read once per request, when the first rung asks for them. */
  function featuresFor(
    journey: Journey,
    rung: Rung,
    leftMs: number,
  ): FeatureReading | Promise<FeatureReading> {
    if (journey.reading !== undefined) return journey.reading;
    const source = definition.features;
    if (source === undefined)
      return { set: undefined, fresh: false, reason: 'no feature source', durationMs: 0 };
    // A rung that lives on cached features does not wait for a source that the entry already knows to be down.
    if (rung.features === 'cached') return source.readCached(journey.request);
    return source.read(journey.request, journey.request.signal, Math.min(definition.featureBudgetMs, leftMs));
  }

  async function walk(journey: Journey): Promise<Walked> {
    const { request } = journey;
    const deadlineAt = journey.startedAt + request.deadlineMs;
    const forbidden = entry.forbidden();

    for (let i = journey.entrance.index; i < rungs.length; i++) {
      const rung = rungs[i];
      if (rung === undefined) break;
      const startedAt = clock.now();
      const probing = journey.entrance.probe && i === journey.entrance.index;

      const refusedBy = forbidden.get(rung.name);
      if (refusedBy !== undefined) {
        stepped(journey, rung, 'skipped', refusedBy, startedAt);
        continue;
      }
      if (journey.tried.includes(rung.attemptKey)) {
        stepped(journey, rung, 'skipped', `${rung.attemptKey} was tried already`, startedAt);
        continue;
      }
      if (!rung.overflow && journey.fullReason !== undefined && !journey.broke) {
        stepped(journey, rung, 'skipped', 'takes no overflow: the rungs above are only full', startedAt);
        continue;
      }
      if (rung.breaker !== undefined && rung.breaker.admits() === 'no') {
        stepped(journey, rung, 'skipped', `breaker: ${rung.breaker.snapshot().reason}`, startedAt);
        continue;
      }

      if (rung.features !== 'none') {
        const reading = featuresFor(journey, rung, deadlineAt - startedAt);
        journey.reading = reading instanceof Promise ? await reading : reading;
        if (rung.features === 'fresh' ? !journey.reading.fresh : journey.reading.set === undefined) {
          if (probing) entry.probed(i, false);
          stepped(journey, rung, 'skipped', `features: ${journey.reading.reason}`, startedAt);
          continue;
        }
      }

      let ticket: Ticket | undefined;
      if (rung.gate !== undefined) {
        const left = deadlineAt - clock.now();
        const share = rungShare(left, rung.budgetMs, below[i] ?? []);
        const verdict = rung.gate.acquire(
          journey.claim,
          Math.max(0, Math.min(rung.maxWaitMs, share / 2)),
          request.signal,
        );
        const admitted = verdict instanceof Promise ? await verdict : verdict;
        if (!admitted.admitted) {
          if (request.signal?.aborted === true)
            return { kind: 'refused', error: new EvenkeelError('client_closed') };
          journey.full(rung, admitted, startedAt, clock.now());
          if (request.kind === 'live') {
            const counts = figures.rungs[rung.name];
            if (counts !== undefined) counts.full += 1;
          }
          continue;
        }
        ticket = admitted;
      }

      const budget = rungShare(deadlineAt - clock.now(), rung.budgetMs, below[i] ?? []);
      if (budget < LEAST_BUDGET_MS) {
        if (ticket !== undefined) rung.gate?.release(ticket, 'ignored');
        stepped(journey, rung, 'skipped', 'the deadline leaves no time for it', startedAt);
        continue;
      }
      const permit = rung.breaker?.tryAcquire() ?? 1;
      if (permit === 0) {
        if (ticket !== undefined) rung.gate?.release(ticket, 'ignored');
        stepped(journey, rung, 'skipped', `breaker: ${rung.breaker?.snapshot().reason}`, startedAt);
        continue;
      }

      journey.tried.push(rung.attemptKey);
      const calledAt = clock.now();
      const running = attempt(
        rung,
        request,
        rung.features === 'none' ? undefined : journey.reading?.set,
        budget,
        timers,
      );
      const result = running.result instanceof Promise ? await running.result : running.result;
      const tookMs = clock.now() - calledAt;

      switch (result.kind) {
        case 'answered': {
          if (result.prediction.kind === 'value') {
            rung.breaker?.success(permit, tookMs);
            if (ticket !== undefined) rung.gate?.release(ticket, 'success');
          }
          if (probing) entry.probed(i, true);
          stepped(journey, rung, 'answered', 'ok', startedAt);
          return { kind: 'served', prediction: result.prediction, rung, ticket, permit, startedAt: calledAt };
        }
        case 'caller_error':
        case 'client_gone':
          rung.breaker?.release(permit);
          if (ticket !== undefined) rung.gate?.release(ticket, 'ignored');
          stepped(
            journey,
            rung,
            'failed',
            result.kind === 'caller_error' ? result.error.message : 'the caller has gone',
            startedAt,
          );
          return {
            kind: 'refused',
            error: result.kind === 'caller_error' ? result.error : new EvenkeelError('client_closed'),
          };
        case 'timed_out': {
          // A caller with a tiny deadline, or a rung reached late, says nothing about the health of the rung.
          const fair = budget >= 0.9 * (fairShare[i] ?? budget) || tookMs < 0.9 * budget;
          if (fair) rung.breaker?.failure(permit, tookMs);
          else rung.breaker?.release(permit);
          if (ticket !== undefined) rung.gate?.release(ticket, fair ? 'dropped' : 'ignored');
          journey.lastError = new EvenkeelError('upstream_timeout', result.reason);
          if (fair && probing) entry.probed(i, false);
          stepped(journey, rung, 'timed_out', result.reason, startedAt);
          break;
        }
        case 'failed': {
          const overloaded = result.error.retryAfterMs !== undefined || result.error.code === 'shed';
          // A rung whose queue is full, or whose data does not cover the request, is not broken.
          if (result.error.code === 'queue_full' || result.error.code === 'no_answer')
            rung.breaker?.release(permit);
          else rung.breaker?.failure(permit, tookMs);
          if (ticket !== undefined) rung.gate?.release(ticket, overloaded ? 'dropped' : 'ignored');
          journey.lastError = result.error;
          if (probing) entry.probed(i, false);
          stepped(journey, rung, 'failed', result.reason, startedAt);
          break;
        }
      }
      journey.broke = true;
    }
    return { kind: 'refused', error: exhausted(journey, deadlineAt) };
  }

  function exhausted(journey: Journey, deadlineAt: number): EvenkeelError {
    if (journey.request.signal?.aborted === true) return new EvenkeelError('client_closed');
    if (journey.fullReason !== undefined && !journey.broke) {
      return new EvenkeelError('shed', journey.fullReason, {
        retryAfterMs: journey.retryAfterMs ?? WHEN_OVERLOADED_RETRY_MS,
      });
    }
    const last = journey.steps.at(-1);
    const why = last === undefined ? journey.entrance.reason : `last was ${last.rung}: ${last.reason}`;
    if (clock.now() >= deadlineAt - LEAST_BUDGET_MS) {
      return new EvenkeelError('deadline_exceeded', `no rung answered in time; ${why}`, {
        retryAfterMs: WHEN_OVERLOADED_RETRY_MS,
      });
    }
    return new EvenkeelError('exhausted', `no rung could answer; ${why}`, {
      cause: journey.lastError,
      retryAfterMs: journey.lastError?.retryAfterMs ?? WHEN_OVERLOADED_RETRY_MS,
    });
  }

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
    const stream = watchedStream(prediction, watch, (end, usage) => {
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
    });
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
