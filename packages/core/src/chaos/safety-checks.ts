import { localTime } from '../objectives/time-zone.ts';
import type { Experiment } from './experiment.ts';
import { figureOf, type Observation } from './observation.ts';

export type SafetyCheckName =
  | 'cannot_see'
  | 'budget_burning'
  | 'budget_spent'
  | 'errors'
  | 'open_incident'
  | 'other_experiment'
  | 'peak_hours'
  | 'policy'
  | 'too_little_traffic'
  | 'no_on_call'
  | 'replicas_silent'
  | 'halted';

/** Why an experiment may not start, or must stop. */
export interface SafetyFinding {
  readonly check: SafetyCheckName;
  readonly reason: string;
}

/** Of the service, not of one experiment. */
export interface SafetySettings {
  /** IANA name. */
  readonly timeZone: string;
  /** Local hours, both inclusive, in which only limited experiments run. Default 9 to 17. */
  readonly peakHours: { readonly from: number; readonly to: number };
  /** A budget that burns faster than this is no time for experiments. Default 1. */
  readonly startBurnRate: number;
  /** Share of every budget that must be left. Default 0.25: under it a budget is critical. */
  readonly startRemaining: number;
}

export const SAFETY_DEFAULTS: SafetySettings = {
  timeZone: 'UTC',
  peakHours: { from: 9, to: 17 },
  startBurnRate: 1,
  startRemaining: 0.25,
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function blind(what: string): SafetyFinding {
  return { check: 'cannot_see', reason: `${what} cannot be seen` };
}

function replicas({ replicas: seen }: Observation): SafetyFinding | undefined {
  if (seen === undefined) return blind('which replicas report');
  if (seen.reporting >= seen.expected && seen.expected > 0) return undefined;
  return { check: 'replicas_silent', reason: `${seen.reporting} of ${seen.expected} replicas report` };
}

/** Why an experiment may not start now; empty when it may. All reasons at once. @param wall milliseconds */
export function startChecks(
  experiment: Experiment,
  seen: Observation,
  settings: SafetySettings,
  wall: number,
): SafetyFinding[] {
  const found: SafetyFinding[] = [];
  const { allowed } = experiment;

  if (seen.budgets === undefined) found.push(blind('the error budgets'));
  for (const { objective, burnRate, remaining } of seen.budgets ?? []) {
    if (burnRate !== undefined && burnRate > settings.startBurnRate)
      found.push({
        check: 'budget_burning',
        reason: `the budget of ${objective} burns at ${burnRate.toFixed(1)} times its rate`,
      });
    if (remaining !== undefined && remaining < settings.startRemaining)
      found.push({
        check: 'budget_spent',
        reason: `${percent(Math.max(0, remaining))} of the budget of ${objective} is left; ${percent(settings.startRemaining)} is needed`,
      });
  }

  if (seen.incidents === undefined) found.push(blind('open incidents'));
  const open = seen.incidents?.filter((incident) => incident.open) ?? [];
  if (open.length > 0 && !allowed.withOpenIncidents)
    found.push({
      check: 'open_incident',
      reason: `open: ${open.map(({ id, type }) => `${id} (${type})`).join(', ')}`,
    });

  if (seen.otherExperiment === undefined) found.push(blind('whether another experiment runs'));
  else if (seen.otherExperiment !== null)
    found.push({ check: 'other_experiment', reason: `${seen.otherExperiment} is running` });

  if (seen.forbidden === undefined) found.push(blind('the budget policy'));
  else if (seen.forbidden !== null) found.push({ check: 'policy', reason: seen.forbidden });

  const { hour } = localTime(wall, settings.timeZone);
  const { from, to } = settings.peakHours;
  const peak = from <= to ? hour >= from && hour <= to : hour >= from || hour <= to;
  if (peak && experiment.radius.name !== 'limited' && !allowed.inPeakHours)
    found.push({
      check: 'peak_hours',
      reason: `it is ${hour} h in ${settings.timeZone}: from ${from} to ${to} h only limited experiments run`,
    });

  if (seen.onCall === undefined) found.push(blind('who is on call'));
  else if (seen.onCall === null && !allowed.withoutOnCall)
    found.push({ check: 'no_on_call', reason: 'nobody is on call for the service' });

  const silent = replicas(seen);
  if (silent !== undefined) found.push(silent);

  const rate = figureOf(seen.recent, 'requests_per_second');
  const makesTraffic = experiment.method.some(
    (step) => step.kind === 'fault' && step.fault.type === 'capacity_overload',
  );
  if (rate === undefined) found.push(blind('how much traffic there is'));
  else if (experiment.minRequests > 0 && experiment.durationMs > 0 && !makesTraffic) {
    const coming = (rate * experiment.durationMs * experiment.radius.share) / 1_000;
    if (coming < experiment.minRequests)
      found.push({
        check: 'too_little_traffic',
        reason: `about ${Math.round(coming)} requests would be touched; ${experiment.minRequests} are needed for a verdict`,
      });
  }
  return found;
}

/** Fewest requests that a share of errors is believed from. */
const BELIEVED = 20;

/** Why a running experiment must stop; undefined when it may go on. The gravest first. */
export function abortCheck(
  experiment: Experiment,
  seen: Observation,
  before: Observation | undefined,
  startedAt: number,
): SafetyFinding | undefined {
  const { abort } = experiment;
  for (const { objective, burnRate, remaining } of seen.budgets ?? []) {
    if (burnRate !== undefined && burnRate > abort.burnRate)
      return {
        check: 'budget_burning',
        reason: `the budget of ${objective} burns at ${burnRate.toFixed(1)} times its rate; at most ${abort.burnRate} is accepted`,
      };
    const first = before?.budgets?.find((budget) => budget.objective === objective)?.remaining;
    if (first !== undefined && remaining !== undefined && first - remaining > abort.budgetSpent)
      return {
        check: 'budget_spent',
        reason: `${percent(first - remaining)} of the budget of ${objective} is spent since the start; at most ${percent(abort.budgetSpent)} is accepted`,
      };
  }
  const errors = figureOf(seen.recent, 'error_rate');
  if (errors !== undefined && (seen.recent?.arm.requests ?? 0) >= BELIEVED && errors > abort.errorRate)
    return {
      check: 'errors',
      reason: `${percent(errors)} of requests get no answer; at most ${percent(abort.errorRate)} is accepted`,
    };
  const expected = new Set(experiment.expect.flatMap((one) => (one.check === 'incident' ? [one.type] : [])));
  const stray = seen.incidents?.find(
    ({ open, openedAt, type }) => open && openedAt >= startedAt && !expected.has(type),
  );
  if (stray !== undefined && !experiment.allowed.withOpenIncidents)
    return {
      check: 'open_incident',
      reason: `${stray.id} (${stray.type}) was opened, which was not expected`,
    };
  if (seen.budgets === undefined) return blind('the error budgets');
  return replicas(seen);
}
