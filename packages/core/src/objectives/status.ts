import { type BudgetFigures, type BudgetState, budgetFigures, budgetReason, figure } from './budget.ts';
import { type BurnCause, burnCause, burnOf, burnReason } from './burn-alert.ts';
import { type Counts, NO_EVENTS } from './counts.ts';
import { judgeTraffic, type TrafficStanding } from './expected-traffic.ts';
import { MINUTE_MS } from './minute-block.ts';
import type { Prepared } from './prepared.ts';
import type { Span } from './window.ts';

/** The sums of the windows of {@link Prepared.windows}, in that order. */
export interface WindowSums {
  /** As measured. */
  raw(index: number): Counts;
  /** Without what is excluded; the very same object as `raw` gave when nothing is. */
  adjusted(index: number): Counts;
}

/** What a status depends on beside the sums. */
export interface StatusContext {
  readonly segment: string;
  /** Wall milliseconds. */
  readonly now: number;
  /** When the observation began. */
  readonly since: number;
  readonly lastEvent: number | undefined;
  /** Milliseconds of the window in which no replica reported: shown, never guessed. */
  readonly gapMs?: number | undefined;
  /** Events an hour that are expected now, where that was learned from the last weeks; see `learnedRate`. */
  readonly learnedPerHour?: number | undefined;
}

/** One alert as it stands: conditions of their own, never merged. */
export interface AlertStanding {
  /** Name of the pair; `violation` for zero tolerance, `no-traffic` for silence. */
  readonly pair: string;
  readonly severity: 'page' | 'ticket';
  readonly firing: boolean;
  readonly cause: BurnCause | 'violation' | 'no_violation' | 'silent' | 'not_silent';
  /** Burn rate over which it fires; 0 where there is none. */
  readonly factor: number;
  readonly longBurn: number | undefined;
  readonly shortBurn: number | undefined;
  readonly long: Counts;
  readonly short: Counts;
}

/** When the budget is gone if it goes on as over the last `overMs`. A rolling window gives back: not counted here. */
export interface Exhaustion {
  readonly basis: 'no_return';
  /** 0: gone. Infinity: not at this rate, or not within a calendar period. Undefined: nothing to go by. */
  readonly ms: number | undefined;
  readonly overMs: number;
}

/** One objective, in one segment, at one instant. */
export interface ObjectiveStatus {
  readonly service: string;
  readonly objective: string;
  readonly segment: string;
  readonly at: number;
  /** Revision of the definition that it was computed under. */
  readonly revision: number;
  readonly state: BudgetState;
  readonly window: Span;
  /** Share of the window (of the part that has passed, for a calendar period) that was observed, in [0, 1]. */
  readonly seen: number;
  readonly raw: BudgetFigures;
  /** Without what is excluded: what `state` and alerts are about. The same object as `raw` when nothing is. */
  readonly adjusted: BudgetFigures;
  readonly alerts: readonly AlertStanding[];
  readonly exhaustion: Exhaustion | undefined;
  /** For targets over a calendar period: what is left when the rest of it has as much traffic as the part so far. */
  readonly forecast: { readonly events: number; readonly remaining: number } | undefined;
  readonly traffic: TrafficStanding;
}

/** Where an objective stands. Pure; words are made by {@link statusReason} and {@link alertReason} when somebody reads them. */
export function objectiveStatus(
  prepared: Prepared,
  sums: WindowSums,
  context: StatusContext,
): ObjectiveStatus {
  const { objective } = prepared;
  const { allowance } = objective;
  const { now } = context;
  const period = prepared.period(now);
  const end = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
  const window = objective.window.kind === 'rolling' ? { start: end - period.lengthMs, end } : period.span;
  const rawCounts = sums.raw(0);
  const adjustedCounts = sums.adjusted(0);
  const raw = budgetFigures(rawCounts, allowance);
  const adjusted = adjustedCounts === rawCounts ? raw : budgetFigures(adjustedCounts, allowance);
  const alerts: AlertStanding[] = [];
  if (period.basis === undefined) alerts.push(violation(adjustedCounts));
  else {
    for (let i = 0; i < period.rules.length; i++) {
      const rule = period.rules[i];
      if (rule === undefined) continue;
      const long = sums.adjusted(1 + 2 * i);
      const short = sums.adjusted(2 + 2 * i);
      const cause = burnCause(rule, long, short, period.basis);
      alerts.push({
        pair: rule.pair.name,
        severity: rule.pair.severity,
        firing: cause === 'burning',
        cause,
        factor: rule.factor,
        longBurn: burnOf(long, period.basis, rule.pair.longMs),
        shortBurn: burnOf(short, period.basis, rule.pair.shortMs),
        long,
        short,
      });
    }
  }
  const traffic = judgeTraffic(objective.expectedTraffic, context);
  if (traffic.state === 'silent') alerts.push(silence());
  const passed = Math.min(now, window.end) - window.start;
  const unseen = Math.min(passed, Math.max(0, context.since - window.start) + (context.gapMs ?? 0));
  return {
    service: objective.service,
    objective: objective.name,
    segment: context.segment,
    at: now,
    revision: prepared.revision,
    state: adjusted.state,
    window,
    seen: passed > 0 ? (passed - unseen) / passed : 0,
    raw,
    adjusted,
    alerts,
    exhaustion: exhaustionOf(adjusted, alerts[0], prepared, period.lengthMs, window, now),
    forecast: forecastOf(prepared, adjusted, window, now),
    traffic,
  };
}

function violation(counts: Counts): AlertStanding {
  const firing = counts.total - counts.good > 0;
  return {
    pair: 'violation',
    severity: 'page',
    firing,
    cause: firing ? 'violation' : 'no_violation',
    factor: 0,
    longBurn: undefined,
    shortBurn: undefined,
    long: counts,
    short: counts,
  };
}

/** Silence where events are expected may be a total outage: nothing else would tell. */
function silence(): AlertStanding {
  return {
    pair: 'no-traffic',
    severity: 'page',
    firing: true,
    cause: 'silent',
    factor: 0,
    longBurn: undefined,
    shortBurn: undefined,
    long: NO_EVENTS,
    short: NO_EVENTS,
  };
}

function exhaustionOf(
  figures: BudgetFigures,
  first: AlertStanding | undefined,
  prepared: Prepared,
  lengthMs: number,
  window: Span,
  now: number,
): Exhaustion | undefined {
  const pair = prepared.objective.alerts[0];
  const { remaining } = figures;
  if (pair === undefined || first === undefined || remaining === undefined) return undefined;
  const overMs = pair.longMs;
  const burn = first.longBurn;
  if (remaining > 0 && burn === undefined) return { basis: 'no_return', ms: undefined, overMs };
  if (remaining <= 0) return { basis: 'no_return', ms: 0, overMs };
  const ms = burn === undefined || burn <= 0 ? Number.POSITIVE_INFINITY : (remaining * lengthMs) / burn;
  // A calendar period ends, and its budget with it.
  const within = prepared.objective.window.kind === 'rolling' || now + ms <= window.end;
  return { basis: 'no_return', ms: within ? ms : Number.POSITIVE_INFINITY, overMs };
}

function forecastOf(
  prepared: Prepared,
  figures: BudgetFigures,
  window: Span,
  now: number,
): ObjectiveStatus['forecast'] {
  const { allowance, window: of } = prepared.objective;
  const { total, good } = figures.counts;
  if (of.kind === 'rolling' || allowance.kind !== 'target' || total <= 0) return undefined;
  const passed = now - window.start;
  if (passed <= 0) return undefined;
  const events = (total * (window.end - window.start)) / passed;
  return { events, remaining: 1 - (total - good) / (events * (1 - allowance.target)) };
}

/** The state of the budget in words. */
export function statusReason(status: ObjectiveStatus, prepared: Prepared): string {
  const words = budgetReason(status.adjusted, prepared.objective.allowance);
  const notes: string[] = [];
  if (status.adjusted !== status.raw) {
    const out = status.raw.counts.total - status.adjusted.counts.total;
    notes.push(`${figure(out)} of ${figure(status.raw.counts.total)} are excluded`);
  }
  if (status.seen < 1) notes.push(`${(100 * status.seen).toFixed(1)} % of the window was observed`);
  if (status.traffic.state === 'silent') notes.push(status.traffic.reason);
  return [words, ...notes].join('; ');
}

/** Why an alert fires or does not, in words. */
export function alertReason(alert: AlertStanding, status: ObjectiveStatus, prepared: Prepared): string {
  const { cause } = alert;
  switch (cause) {
    case 'violation':
    case 'no_violation':
      return budgetReason(status.adjusted, prepared.objective.allowance);
    case 'silent':
    case 'not_silent':
      return status.traffic.reason;
    default: {
      const period = prepared.period(status.at);
      const rule = period.rules.find(({ pair }) => pair.name === alert.pair);
      if (rule === undefined || period.basis === undefined) return cause;
      return burnReason(cause, rule, alert.long, alert.short, period.basis);
    }
  }
}
