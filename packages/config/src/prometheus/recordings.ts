import type { BurnRule } from '@evenkeel/core';
import { nominalLength } from '../openslo/window.ts';
import {
  BAD,
  BASE,
  budgetOf,
  type Context,
  eventsName,
  lowerName,
  ratioName,
  SLICE,
  TOTAL,
} from './context.ts';
import { printRange } from './range.ts';
import type { Labels, Rule } from './rule.ts';

// The normal deviate of 95 %, as core's interval has it.
const Z = 1.959963984540054;

/** Lower end of the 95 % Wilson interval, as core works it out for its own alerts. */
function wilson(ratio: string, events: string): string {
  const z2 = Z * Z;
  const p = ratio;
  const n = events;
  return `clamp_min(
  (${p} + ${z2 / 2} / ${n} - ${Z} * sqrt((${p} * (1 - ${p}) + ${z2 / 4} / ${n}) / ${n}))
  /
  (1 + ${z2} / ${n}),
0)`;
}

/** The share of bad slices ending now; slices slide with the evaluation instead of following the clock. */
function sliceExpression(context: Context): string {
  const { budgeting } = context.objective;
  if (budgeting.method === 'occurrences') return '';
  const ratio = context.queries.ratio(budgeting.sliceMs);
  const each =
    budgeting.method === 'ratio_timeslices' ? ratio : `(1 - (${ratio})) < bool ${budgeting.sliceTarget}`;
  if (budgeting.emptySlice === 'exclude') return each;
  return `(${each}) or on() vector(${budgeting.emptySlice === 'good' ? 0 : 1})`;
}

/** Recording rules of the error ratio over every window, and of the counts that the low-traffic guard needs. */
export function recordings(context: Context, rules: readonly BurnRule[]): Rule[] {
  const { objective, queries, labels, selector } = context;
  const { budgeting } = objective;
  const windows = [...new Set([BASE, ...rules.flatMap(({ pair }) => [pair.shortMs, pair.longMs])])];
  const longs = new Set(rules.map(({ pair }) => pair.longMs));
  const out: Rule[] = [];
  const record = (name: string, expr: string): void => {
    out.push({ record: name, expr, labels });
  };
  if (budgeting.method !== 'occurrences') record(SLICE, sliceExpression(context));
  for (const windowMs of windows.sort((a, b) => a - b)) {
    const ratio = `${ratioName(windowMs)}${selector}`;
    record(
      ratioName(windowMs),
      budgeting.method === 'occurrences'
        ? queries.ratio(windowMs)
        : `avg_over_time(${SLICE}${selector}[${printRange(windowMs)}])`,
    );
    if (!longs.has(windowMs)) continue;
    const events =
      budgeting.method === 'occurrences'
        ? queries.events(windowMs)
        : `0 * ${ratio} + ${windowMs / budgeting.sliceMs}`;
    if (events === undefined) continue;
    record(eventsName(windowMs), events);
    record(lowerName(windowMs), wilson(ratio, `${eventsName(windowMs)}${selector}`));
  }
  return out;
}

/** The budget's own figures: what was promised, how fast it goes, what is left of the whole window. */
export function metadata(context: Context, target: number): Rule[] {
  const { objective, queries, labels, selector, note } = context;
  const out: Rule[] = [];
  const record = (name: string, expr: string, more: Labels = {}): void => {
    out.push({ record: name, expr, labels: { ...labels, ...more } });
  };
  record('evenkeel:objective:ratio', `vector(${target})`);
  record('evenkeel:error_budget:ratio', `vector(${budgetOf(target)})`);
  record('evenkeel:burn_rate:ratio', `${ratioName(BASE)}${selector} / ${budgetOf(target)}`);
  record('evenkeel_objective_info', 'vector(1)', {
    evenkeel_category: objective.category,
    evenkeel_method: objective.budgeting.method,
  });
  const { window } = objective;
  if (window.kind === 'calendar') {
    note(
      `PromQL has no calendar ${window.unit} in ${window.timeZone}: what is left of its budget is not recorded, and burn factors are those of ${nominalLength(window) / 86_400_000} days`,
    );
    return out;
  }
  const range = printRange(window.lengthMs);
  record('evenkeel:window:seconds', `vector(${window.lengthMs / 1_000})`);
  const parts = queries.parts(BASE);
  let period: string;
  if (objective.budgeting.method !== 'occurrences') period = `avg_over_time(${SLICE}${selector}[${range}])`;
  else if (parts === undefined) {
    note('a ready ratio has no counts: its window is a mean over time, not over events');
    period = `avg_over_time(${ratioName(BASE)}${selector}[${range}])`;
  } else {
    record(BAD, parts.bad);
    record(TOTAL, parts.total);
    // Every stretch weighs by its events; a mean of ratios would weigh a quiet night like a busy day.
    period = `sum_over_time(${BAD}${selector}[${range}])\n/\n(sum_over_time(${TOTAL}${selector}[${range}]) > 0)`;
  }
  record('evenkeel:sli_error:ratio_period', period);
  record(
    'evenkeel:error_budget_remaining:ratio',
    `1 - evenkeel:sli_error:ratio_period${selector} / ${budgetOf(target)}`,
  );
  return out;
}
