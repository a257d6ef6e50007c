import type { Ticket } from '../admission/gate.ts';
import { rungShare } from '../degradation/deadline.ts';
import { EvenkeelError } from '../kernel/errors.ts';
import { attempt } from './attempt.ts';
import type { ServiceDefinition, ServiceHost } from './definition.ts';
import type { EntryControl } from './entry.ts';
import type { FeatureReading } from './features.ts';
import type { Figures } from './figures.ts';
import type { Journey } from './journey.ts';
import type { Prediction } from './prediction.ts';
import type { Rung } from './rung.ts';

/** A request waits at a gate for at most this part of what the rung may take. */
const MOST_WAIT = 0.75;
/** Milliseconds under which trying a rung makes no sense. */
const LEAST_BUDGET_MS = 1;
const WHEN_OVERLOADED_RETRY_MS = 1_000;

/** Where a walk ended: at the rung that answered, or nowhere. */
export type Walked =
  | {
      kind: 'served';
      prediction: Prediction;
      rung: Rung;
      ticket: Ticket | undefined;
      permit: number;
      startedAt: number;
    }
  | { kind: 'refused'; error: EvenkeelError };

/**
 * Walks requests down the ladder of a service: each rung is tried at most once, inside its share of the deadline, and each
 * reason for not answering there is a step of the journey.
 */
export function createWalk(
  definition: ServiceDefinition,
  entry: EntryControl,
  figures: Figures,
  host: ServiceHost,
): (journey: Journey) => Promise<Walked> {
  const { clock, timers } = host;
  const { rungs } = definition;

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
      // Class 0 is not turned away while anything can answer it.
      if (!rung.overflow && request.priority !== 0 && journey.fullReason !== undefined && !journey.broke) {
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
          Math.max(0, Math.min(rung.maxWaitMs, share * MOST_WAIT)),
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
      const trying = attempt(
        rung,
        request,
        rung.features === 'none' ? undefined : journey.reading?.set,
        budget,
        timers,
      );
      const result = trying instanceof Promise ? await trying : trying;
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

  return walk;
}
