import {
  type BudgetFigures,
  type BudgetState,
  budgetFigures,
  budgetReason,
  budgetShare,
  figure,
  timeToExhaustion,
} from './budget.ts';
import {
  type BurnBasis,
  type BurnCause,
  type BurnRule,
  burnCause,
  burnOf,
  burnReason,
} from './burn-alert.ts';
import { judgeTraffic, type TrafficStanding } from './expected-traffic.ts';
import { MINUTE_MS } from './minute-block.ts';
import type { Prepared } from './prepared.ts';
import type { Span } from './window.ts';

/** The sums of the windows of {@link Prepared.windows}, by their index there: as measured, and without what is excluded. */
export interface WindowSums {
  good(index: number): number;
  total(index: number): number;
  adjustedGood(index: number): number;
  adjustedTotal(index: number): number;
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
  /** What the two windows hold. */
  readonly longBad: number;
  readonly longTotal: number;
  readonly shortBad: number;
  readonly shortTotal: number;
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
  /**
   * Milliseconds until the budget is gone if it goes on as over the long window of the first pair. No return: what a
   * rolling window gives back meanwhile is not counted. 0: gone. Infinity: not at this rate, or not within a calendar
   * period. Undefined: nothing to go by.
   */
  readonly exhaustionNoReturnMs: number | undefined;
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
  const rawCounts = { good: sums.good(0), total: sums.total(0) };
  const raw = budgetFigures(rawCounts, allowance);
  const good = sums.adjustedGood(0);
  const total = sums.adjustedTotal(0);
  const same = good === rawCounts.good && total === rawCounts.total;
  const adjusted = same ? raw : budgetFigures({ good, total }, allowance);
  const alerts: AlertStanding[] = [];
  const { basis, rules } = period;
  if (basis === undefined) alerts.push(violation(total - good, total));
  else {
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      if (rule !== undefined) alerts.push(standing(rule, basis, sums, 1 + 2 * i));
    }
  }
  const expected = objective.expectedTraffic;
  const recent = expected?.kind === 'stated' ? sums.total(prepared.windows.length - 1) : undefined;
  const traffic = judgeTraffic(expected, context, recent);
  if (traffic.state === 'silent') alerts.push(SILENCE);
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
    exhaustionNoReturnMs: exhaustionOf(adjusted, alerts[0], prepared, period.lengthMs, window, now),
    forecast: forecastOf(prepared, adjusted, window, now),
    traffic,
  };
}

function standing(rule: BurnRule, basis: BurnBasis, sums: WindowSums, at: number): AlertStanding {
  const { pair } = rule;
  const longTotal = sums.adjustedTotal(at);
  const longBad = longTotal - sums.adjustedGood(at);
  const shortTotal = sums.adjustedTotal(at + 1);
  const shortBad = shortTotal - sums.adjustedGood(at + 1);
  const longBurn = burnOf(longBad, longTotal, basis, pair.longMs);
  const shortBurn = burnOf(shortBad, shortTotal, basis, pair.shortMs);
  const cause = burnCause(rule, longBurn, shortBurn, longBad, longTotal, basis);
  return {
    pair: pair.name,
    severity: pair.severity,
    firing: cause === 'burning',
    cause,
    factor: rule.factor,
    longBurn,
    shortBurn,
    longBad,
    longTotal,
    shortBad,
    shortTotal,
  };
}

function violation(bad: number, total: number): AlertStanding {
  return {
    pair: 'violation',
    severity: 'page',
    firing: bad > 0,
    cause: bad > 0 ? 'violation' : 'no_violation',
    factor: 0,
    longBurn: undefined,
    shortBurn: undefined,
    longBad: bad,
    longTotal: total,
    shortBad: bad,
    shortTotal: total,
  };
}

/** Silence where events are expected may be a total outage: nothing else would tell. */
const SILENCE: AlertStanding = {
  pair: 'no-traffic',
  severity: 'page',
  firing: true,
  cause: 'silent',
  factor: 0,
  longBurn: undefined,
  shortBurn: undefined,
  longBad: 0,
  longTotal: 0,
  shortBad: 0,
  shortTotal: 0,
};

function exhaustionOf(
  figures: BudgetFigures,
  first: AlertStanding | undefined,
  prepared: Prepared,
  lengthMs: number,
  window: Span,
  now: number,
): number | undefined {
  const { remaining } = figures;
  if (remaining === undefined || first === undefined || prepared.objective.alerts.length === 0)
    return undefined;
  if (remaining > 0 && first.longBurn === undefined) return undefined;
  const ms = timeToExhaustion(remaining, first.longBurn ?? 0, lengthMs);
  // A calendar period ends, and its budget with it.
  return prepared.objective.window.kind === 'rolling' || now + ms <= window.end
    ? ms
    : Number.POSITIVE_INFINITY;
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
  return { events, remaining: 1 - (total - good) / (events * budgetShare(allowance.target)) };
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
      return burnReason(cause, rule, alert, period.basis);
    }
  }
}
