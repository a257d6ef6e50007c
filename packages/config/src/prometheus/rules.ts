import { type BurnRule, burnRules, isEvenkeelError, type Objective } from '@evenkeel/core';
import { nominalLength } from '../openslo/window.ts';
import { BAD, BASE, budgetOf, type Context, eventsName, lowerName, ratioName } from './context.ts';
import { indicatorQueries } from './indicator.ts';
import { printRange } from './range.ts';
import { metadata, recordings } from './recordings.ts';
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
   * Whether alerts also need enough bad events and, while these are few, a ratio that is not chance (default true). Without, they fire as
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

function texts(
  context: Context,
  severity: 'page' | 'ticket',
  alerting: Alerting | undefined,
): [Labels, Labels] {
  const own = alerting?.[severity];
  const { objective } = context;
  return [
    {
      severity,
      ...alerting?.labels,
      ...own?.labels,
      evenkeel_severity: severity,
      evenkeel_service: objective.service,
      evenkeel_objective: objective.name,
    },
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
  return rules.map(({ pair, factor, minimumBad, fewBad }) => {
    const [labels, annotations] = texts(context, pair.severity, alerting);
    const threshold = Number((factor * budgetOf(target)).toPrecision(12));
    const long = `${ratioName(pair.longMs)}${selector}`;
    const conditions = [`${long} > ${threshold}`, `${ratioName(pair.shortMs)}${selector} > ${threshold}`];
    if (counts) {
      // A counter's increase is extrapolated and so never whole: half an event less than asked for is enough.
      const bad = `${long} * ${eventsName(pair.longMs)}${selector}`;
      if (minimumBad > 0) conditions.push(`${bad} > ${minimumBad - 0.5}`);
      if (minimumBad < fewBad)
        conditions.push(
          `(\n  ${bad} > ${fewBad - 0.5}\n  or\n  ${lowerName(pair.longMs)}${selector} > ${threshold}\n)`,
        );
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
  if (objective.source.kind === 'composite') {
    note('left out: a composite is put together by evenkeel; its parts have rules of their own');
    return [];
  }
  if (objective.allowance.kind === 'amount') {
    note('left out: an amount is summed up by evenkeel, whose prices Prometheus does not know');
    return [];
  }
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
 * bad events and, while they are few, a ratio that is not chance; no factor is under 1; no traffic is no sample instead of NaN; the
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
