import { type BurnRule, burnRules, isEvenkeelError, type Objective } from '@evenkeel/core';
import { nominalLength } from '../openslo/window.ts';
import { type IndicatorQueries, indicatorQueries } from './indicator.ts';
import { printRange } from './range.ts';
import { type Labels, labelName, quoted, type Rule, type RuleGroup } from './rule.ts';

/** How the alerts of an objective are named and labelled. */
export interface Alerting {
  /** Default `EvenkeelBudgetBurn`. */
  readonly name?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly page?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly ticket?: { readonly labels?: Labels; readonly annotations?: Labels };
}

export interface RuleOptions {
  readonly alerting?: (objective: Objective) => Alerting | undefined;
  /**
   * Whether alerts also need enough bad events and a ratio that is not chance (default true). Without, they fire as
   * the workbook's rules do: one failure at ten requests an hour pages.
   */
  readonly lowTrafficGuard?: boolean;
  /** Alert when no events came for this long, milliseconds; left out, silence is no alert. */
  readonly noTrafficAfterMs?: number;
}

export interface PrometheusRules {
  readonly groups: readonly RuleGroup[];
  /** What Prometheus cannot do as evenkeel does, by objective. */
  readonly notes: readonly { readonly objective: string; readonly note: string }[];
}

const MINUTE = 60_000;
const BASE = 5 * MINUTE;
// The normal deviate of 95 %, as core's interval has it.
const Z = 1.959963984540054;

interface Context {
  readonly objective: Objective;
  readonly queries: IndicatorQueries;
  readonly labels: Labels;
  /** `{evenkeel_service="…",evenkeel_objective="…"}` */
  readonly selector: string;
  readonly note: (text: string) => void;
}

const ratioName = (windowMs: number): string => `evenkeel:sli_error:ratio_rate${printRange(windowMs)}`;
const eventsName = (windowMs: number): string => `evenkeel:sli_events:increase${printRange(windowMs)}`;
const lowerName = (windowMs: number): string => `evenkeel:sli_error_lower:ratio_rate${printRange(windowMs)}`;
const SLICE = 'evenkeel:sli_slice_error:ratio';
const BAD = 'evenkeel:sli_bad:base';
const TOTAL = 'evenkeel:sli_total:base';

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
function recordings(context: Context, rules: readonly BurnRule[]): Rule[] {
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
function metadata(context: Context, target: number): Rule[] {
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

/** 1 − target without the noise that binary fractions add: 0.001 and not 0.0010000000000000009. */
function budgetOf(target: number): number {
  return Number((1 - target).toPrecision(12));
}

function texts(
  context: Context,
  severity: 'page' | 'ticket',
  alerting: Alerting | undefined,
): [Labels, Labels] {
  const own = alerting?.[severity];
  const { objective } = context;
  return [
    { severity, evenkeel_severity: severity, ...alerting?.labels, ...own?.labels },
    {
      summary: `${objective.service}: the error budget of ${objective.name} burns too fast`,
      ...(objective.description === '' ? {} : { description: escapeTemplate(objective.description) }),
      ...alerting?.annotations,
      ...own?.annotations,
    },
  ];
}

/** Prometheus expands annotations as templates: a brace in a description is only a brace. */
function escapeTemplate(text: string): string {
  return text.replaceAll('{{', '{{"{{"}}');
}

/** One alert per pair of windows: each ends as soon as its own short window is clean. */
function alerts(
  context: Context,
  target: number,
  rules: readonly BurnRule[],
  { alerting, guarded }: { readonly alerting: Alerting | undefined; readonly guarded: boolean },
): Rule[] {
  const { selector } = context;
  const counts =
    guarded &&
    (context.objective.budgeting.method !== 'occurrences' || context.queries.events(BASE) !== undefined);
  return rules.map(({ pair, factor, minimumBad }) => {
    const [labels, annotations] = texts(context, pair.severity, alerting);
    const threshold = Number((factor * budgetOf(target)).toPrecision(12));
    const long = `${ratioName(pair.longMs)}${selector}`;
    const conditions = [`${long} > ${threshold}`, `${ratioName(pair.shortMs)}${selector} > ${threshold}`];
    if (counts) {
      // A counter's increase is extrapolated and so never whole: half an event less than asked for is enough.
      if (minimumBad > 0)
        conditions.push(`${long} * ${eventsName(pair.longMs)}${selector} > ${minimumBad - 0.5}`);
      conditions.push(`${lowerName(pair.longMs)}${selector} > ${threshold}`);
    }
    return {
      alert: alerting?.name ?? 'EvenkeelBudgetBurn',
      expr: conditions.join('\nand\n'),
      labels: { ...labels, evenkeel_pair: pair.name },
      annotations: {
        ...annotations,
        burn: `burns over ${Number(factor.toPrecision(4))} times too fast over ${printRange(pair.longMs)} and ${printRange(pair.shortMs)}`,
      },
    };
  });
}

/** The pairs that can fire; the others are noted. */
function reachable(context: Context, target: number): BurnRule[] {
  const { objective, note } = context;
  return objective.alerts.flatMap((pair) => {
    try {
      const rules = burnRules([pair], nominalLength(objective.window), target, objective.minimumBad);
      for (const { factor } of rules) {
        const wanted = (pair.budgetShare * nominalLength(objective.window)) / pair.longMs;
        if (wanted < factor)
          note(
            `${pair.name} fires over a burn rate of 1, not ${wanted.toFixed(3)}: under 1 the promise is kept`,
          );
      }
      return rules;
    } catch (error) {
      if (!isEvenkeelError(error)) throw error;
      note(`left out, ${error.message}`);
      return [];
    }
  });
}

function zeroTolerance(context: Context, alerting: Alerting | undefined): Rule[] {
  const { queries, labels, selector } = context;
  const bad = queries.parts(BASE)?.bad ?? queries.ratio(BASE);
  const [alertLabels, annotations] = texts(context, 'page', alerting);
  return [
    { record: BAD, expr: bad, labels },
    {
      alert: alerting?.name ?? 'EvenkeelZeroTolerance',
      expr: `${BAD}${selector} > 0`,
      labels: alertLabels,
      annotations: {
        ...annotations,
        summary: `${context.objective.service}: ${context.objective.name} tolerates no bad event, and there was one`,
        ...alerting?.annotations,
      },
    },
  ];
}

function groupsOf(objective: Objective, options: RuleOptions, note: (text: string) => void): RuleGroup[] {
  const identity = { evenkeel_service: objective.service, evenkeel_objective: objective.name };
  const extra = Object.entries(objective.labels).map(([name, value]): [string, string] => [
    labelName(name),
    value,
  ]);
  const selector = `{evenkeel_service=${quoted(objective.service)},evenkeel_objective=${quoted(objective.name)}}`;
  const queries = indicatorQueries(objective);
  const context: Context = {
    objective,
    queries,
    labels: { ...Object.fromEntries(extra), ...identity },
    selector,
    note,
  };
  const alerting = options.alerting?.(objective);
  const name = `${objective.service}/${objective.name}`;
  if (objective.allowance.kind === 'zero_tolerance')
    return [{ name: `evenkeel-${name}`, rules: zeroTolerance(context, alerting) }];

  const { target } = objective.allowance;
  const rules = reachable(context, target);
  if (objective.budgeting.method !== 'occurrences')
    note(
      'slices slide with the evaluation instead of following the clock: figures differ by up to one slice',
    );
  else if (queries.events(BASE) === undefined)
    note('it cannot be told how many events its query counts: alerts have no guard against few events');
  const fired = alerts(context, target, rules, { alerting, guarded: options.lowTrafficGuard ?? true });
  if (options.noTrafficAfterMs !== undefined) {
    const [labels] = texts(context, 'ticket', alerting);
    fired.push({
      alert: 'EvenkeelNoTraffic',
      expr: `absent(${ratioName(BASE)}${selector})`,
      for: printRange(options.noTrafficAfterMs),
      labels,
      annotations: { summary: `${objective.service}: no events for ${objective.name}` },
    });
  }
  // One group: its rules are evaluated in order, so an alert sees the ratios of its own evaluation.
  return [
    {
      name: `evenkeel-${name}`,
      rules: [...recordings(context, rules), ...metadata(context, target), ...fired],
    },
  ];
}

/**
 * Prometheus recording and alerting rules that hold objectives as evenkeel does: error ratios over every window of the
 * burn pairs, the budget's figures, one alert per pair.
 *
 * They behave as the multi-window rules of the SRE workbook (chapter 5), but for this, on purpose: a pair needs enough
 * bad events and a ratio that is not chance; no factor is under 1; no traffic is no sample instead of NaN; the
 * window's ratio weighs events and not time; pairs are alerts of their own.
 */
export function prometheusRules(
  objectives: readonly Objective[],
  options: RuleOptions = {},
): PrometheusRules {
  const notes: { objective: string; note: string }[] = [];
  const groups = objectives.flatMap((objective) =>
    groupsOf(objective, options, (note) =>
      notes.push({ objective: `${objective.service}/${objective.name}`, note }),
    ),
  );
  return { groups, notes };
}
