import {
  addCounts,
  alertReason,
  type BudgetFigures,
  budgetReason,
  burnOf,
  type Counts,
  isEvenkeelError,
  NO_EVENTS,
  nearestName,
  type Objective,
  objectiveStatus,
  prepareObjective,
  sliceCounts,
  type WindowSums,
  windowAt,
} from '@evenkeel/core';
import { type PathStep, parseSource } from '../document.ts';
import type { Problem } from '../problem.ts';
import { checkSchema } from '../schema-problems.ts';
import { type Expectation, type ObjectiveTestFile, objectiveTestSchema } from './objective-test-file.ts';
import { parseRange } from './range.ts';

/** What a test file came to. Each failure is a problem at the expectation's place, with the arithmetic as its hint. */
export interface ObjectiveTestResult {
  readonly ok: boolean;
  /** Figures that were compared. */
  readonly checks: number;
  readonly problems: readonly Problem[];
}

interface Stretch extends Counts {
  readonly from: number;
  readonly to: number;
}

const DEFAULT_START = Date.UTC(2024, 0, 1);
const MOST_SLICES = 5_000_000;

/** Lays the entries one after the other on the wall clock. */
function stretchesOf(file: ObjectiveTestFile, start: number): Stretch[] {
  let end = start;
  return file.series.map(({ at, duration = 0, every, good, total }) => {
    const from = at === undefined ? end : start + at;
    end = from + duration;
    const times = every === undefined ? 1 : duration / every;
    return { from, to: end, good: good * times, total: total * times };
  });
}

/** Events in [from, to): of a stretch that is cut, the share inside. */
function countsIn(stretches: readonly Stretch[], from: number, to: number): Counts {
  let sum = NO_EVENTS;
  for (const stretch of stretches) {
    const length = stretch.to - stretch.from;
    const inside =
      length === 0
        ? Number(stretch.from >= from && stretch.from < to)
        : Math.max(0, Math.min(to, stretch.to) - Math.max(from, stretch.from)) / length;
    if (inside > 0) sum = addCounts(sum, { good: stretch.good * inside, total: stretch.total * inside });
  }
  return sum;
}

/** Counts as the objective's budgeting method has them. Slices follow the clock; only whole ones since the start count. */
function budgeted(
  objective: Objective,
  stretches: readonly Stretch[],
  from: number,
  to: number,
  start: number,
): Counts {
  const { budgeting } = objective;
  if (budgeting.method === 'occurrences') return countsIn(stretches, from, to);
  const { sliceMs } = budgeting;
  const first = Math.ceil(Math.max(from, start) / sliceMs) * sliceMs;
  if ((to - first) / sliceMs > MOST_SLICES) throw new RangeError(`more than ${MOST_SLICES} slices`);
  let sum = NO_EVENTS;
  for (let at = first; at + sliceMs <= to; at += sliceMs)
    sum = addCounts(sum, sliceCounts(countsIn(stretches, at, at + sliceMs), budgeting));
  return sum;
}

interface Standing {
  readonly status: BudgetFigures;
  readonly reason: string;
  burn(lookBackMs: number): { readonly rate: number | undefined; readonly counts: Counts };
  readonly alerts: readonly { readonly name: string; readonly firing: boolean; readonly reason: string }[];
}

/** Where an objective stands at an instant, by the same functions that judge it in production. */
function standing(objective: Objective, stretches: readonly Stretch[], at: number, start: number): Standing {
  const count = (from: number, to: number): Counts => budgeted(objective, stretches, from, to, start);
  const prepared = prepareObjective(objective, 1);
  const counts = prepared.windows.map((window) => {
    const span = windowAt(window, at);
    return count(span.start, Math.min(span.end, at));
  });
  const sums: WindowSums = {
    good: (i) => counts[i]?.good ?? 0,
    total: (i) => counts[i]?.total ?? 0,
    adjustedGood: (i) => counts[i]?.good ?? 0,
    adjustedTotal: (i) => counts[i]?.total ?? 0,
  };
  const earlier = stretches.filter(({ from, total }) => total > 0 && from < at);
  const status = objectiveStatus(prepared, sums, {
    segment: '',
    now: at,
    since: start,
    lastEvent: earlier.length === 0 ? undefined : Math.max(...earlier.map(({ to }) => Math.min(to, at))),
  });
  const { basis } = prepared.period(at);
  return {
    status: status.adjusted,
    reason: budgetReason(status.adjusted, objective.allowance),
    alerts: status.alerts.map((alert) => ({
      name: alert.pair,
      firing: alert.firing,
      reason: alertReason(alert, status, prepared),
    })),
    burn(ms) {
      const over = count(at - ms, at);
      const rate = basis === undefined ? undefined : burnOf(over.total - over.good, over.total, basis, ms);
      return { counts: over, rate };
    },
  };
}

const show = (value: number | null | undefined): string =>
  value === undefined || value === null ? 'nothing' : String(Number(value.toPrecision(9)));
const round = (value: number): number => Number(value.toPrecision(9));
const arithmetic = ({ good, total }: Counts): string => `${round(total - good)} bad of ${round(total)}`;

type Fail = (key: readonly PathStep[], message: string, hint: string) => void;

function close(expected: number | null, got: number | undefined, tolerance: number): boolean {
  if (expected === null || got === undefined) return expected === null && got === undefined;
  return Math.abs(expected - got) <= tolerance * Math.max(1, Math.abs(expected));
}

/** Compares one expectation; returns how many figures it had. */
function compare(
  expected: Expectation,
  now: Standing,
  names: readonly string[],
  tolerance: number,
  fail: Fail,
): number {
  let checks = 0;
  const number = (key: 'sli' | 'consumed' | 'remaining'): void => {
    const want = expected[key];
    if (want === undefined) return;
    checks++;
    const got = now.status[key];
    if (!close(want, got, tolerance))
      fail(
        [key],
        `expected ${key} ${show(want)}, got ${show(got)}`,
        `${arithmetic(now.status.counts)}: ${now.reason}`,
      );
  };
  number('sli');
  number('consumed');
  number('remaining');
  if (expected.state !== undefined) {
    checks++;
    if (expected.state !== now.status.state)
      fail(['state'], `expected state ${expected.state}, got ${now.status.state}`, now.reason);
  }
  for (const [text, want] of Object.entries(expected.burn ?? {})) {
    checks++;
    const ms = parseRange(text);
    if (ms === undefined) {
      fail(['burn', text], `expected a duration such as "1h", found "${text}"`, 'burn: { 1h: 14.4 }');
      continue;
    }
    const { rate, counts } = now.burn(ms);
    if (!close(want, rate, tolerance))
      fail(
        ['burn', text],
        `expected a burn rate of ${show(want)} over ${text}, got ${show(rate)}`,
        arithmetic(counts),
      );
  }
  if (expected.alerts === undefined) return checks;
  for (const [index, name] of expected.alerts.entries()) {
    checks++;
    const alert = now.alerts.find((one) => one.name === name);
    if (alert === undefined) {
      const near = nearestName(name, names);
      const known = names.length === 0 ? 'the objective has no alerts' : `known: ${names.join(', ')}`;
      if (names.includes(name))
        fail(['alerts', index], `expected ${name} to fire, it is silent`, 'events come');
      else
        fail(
          ['alerts', index],
          `there is no alert "${name}"`,
          near === undefined ? known : `did you mean "${near}"?`,
        );
    } else if (!alert.firing) fail(['alerts', index], `expected ${name} to fire, it is silent`, alert.reason);
  }
  for (const { name, firing, reason } of now.alerts) {
    if (expected.alerts.includes(name)) continue;
    checks++;
    if (firing) fail(['alerts'], `expected ${name} to be silent, it fires`, reason);
  }
  return checks;
}

function alertNames({ alerts, allowance, expectedTraffic }: Objective): string[] {
  return [
    ...(allowance.kind === 'zero_tolerance' ? ['violation'] : alerts.map(({ name }) => name)),
    ...(expectedTraffic === undefined ? [] : ['no-traffic']),
  ];
}

function pick(
  file: ObjectiveTestFile,
  objectives: readonly Objective[],
): Objective | { readonly message: string; readonly hint: string } {
  const [only, ...others] = objectives;
  const names = objectives.map(({ service, name }) => `${service}/${name}`);
  const known = names.length === 0 ? 'there are no objectives' : `known: ${names.slice(0, 20).join(', ')}`;
  if (file.objective === undefined) {
    if (only !== undefined && others.length === 0) return only;
    return { message: '"objective" is missing: there is more than one, or none', hint: known };
  }
  const wanted = file.objective;
  const found = objectives.filter(({ service, name }) => wanted === name || wanted === `${service}/${name}`);
  const [first, ...more] = found;
  if (first !== undefined && more.length === 0) return first;
  if (first !== undefined)
    return { message: `"${wanted}" is the name of ${found.length} objectives`, hint: 'write "service/name"' };
  const near = nearestName(wanted, [...names, ...objectives.map(({ name }) => name)]);
  return {
    message: `there is no objective "${wanted}"`,
    hint: near === undefined ? known : `did you mean "${near}"?`,
  };
}

/**
 * Runs a file of events and expectations against an objective, as `promtool test rules` does for rules: the figures
 * come from the same functions that judge the objective in production. Times are since `start`; windows are half
 * open, [at − length, at).
 *
 * ```yaml
 * objective: shop/answers
 * series:
 *   - { duration: 30d, every: 1m, good: 1000, total: 1000 }
 *   - { duration: 10m, every: 1m, good: 0, total: 1000 }
 * expect:
 *   - { at: 30d, remaining: 1, alerts: [] }
 *   - { at: 30d10m, burn: { 5m: 1000 }, alerts: [page-fast, page-slow] }
 * ```
 */
export function testObjective(
  text: string,
  path: string,
  objectives: readonly Objective[],
): ObjectiveTestResult {
  const source = parseSource(text, path);
  if (!source.ok) return { ok: false, checks: 0, problems: source.problems };
  const { document } = source;
  const checked = checkSchema(document, objectiveTestSchema);
  if (!checked.ok) return { ok: false, checks: 0, problems: checked.problems };
  const file = checked.value;
  const objective = pick(file, objectives);
  if ('message' in objective)
    return {
      ok: false,
      checks: 0,
      problems: [document.problem(['objective'], objective.message, objective.hint)],
    };

  const start = file.start === undefined ? DEFAULT_START : Date.parse(file.start);
  const stretches = stretchesOf(file, start);
  const problems: Problem[] = [];
  const names = alertNames(objective);
  let checks = 0;
  for (const [index, expected] of file.expect.entries()) {
    const at = ['expect', index];
    try {
      const now = standing(objective, stretches, start + expected.at, start);
      checks += compare(expected, now, names, file.tolerance ?? 1e-6, (key, message, hint) => {
        problems.push(document.problem([...at, ...key], message, hint));
      });
    } catch (error) {
      if (!isEvenkeelError(error) && !(error instanceof RangeError)) throw error;
      problems.push(document.problem(at, error.message));
    }
  }
  return { ok: problems.length === 0, checks, problems };
}
