import { type BurnPair, burnFactor, type IndicatorSource, type Objective } from '@evenkeel/core';
import { KEYS, writeSource } from './annotations.ts';
import { printShorthand } from './duration.ts';
import type { OpenSloDocument, SliSpec, SloDocument } from './schema.ts';
import { nominalLength, writeWindow } from './window.ts';

/** Objectives as OpenSLO objects, and what OpenSLO cannot say. */
export interface Exported {
  readonly documents: readonly OpenSloDocument[];
  /** Objectives that are left out, each with its reason. */
  readonly refused: readonly { readonly objective: string; readonly reason: string }[];
}

const NAME = /^[a-z0-9][a-z0-9.|/\\-]*[a-z0-9]*$/;
const LABEL = /^[a-z0-9A-Z][a-z0-9A-Z._-]*[a-z0-9A-Z]*$/;

/** The nearest name that OpenSLO allows. */
function nameFrom(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9.|/\\-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 255);
  return plain === '' ? 'x' : plain;
}

/** The counter that every indicator without PromQL of its own is exported as. */
export const EVENTS_METRIC: string = 'evenkeel_objective_events_total';

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** PromQL of the events of an objective that evenkeel itself counts, over `{{.window}}`. */
export function countedEvents(objective: Objective, verdict?: 'good' | 'bad'): string {
  const labels = [`service=${quoted(objective.service)}`, `objective=${quoted(objective.name)}`];
  if (verdict !== undefined) labels.push(`verdict="${verdict}"`);
  return `sum(increase(${EVENTS_METRIC}{${labels.join(',')}}[{{.window}}]))`;
}

type Metric = NonNullable<SliSpec['thresholdMetric']>;

function indicatorOf(objective: Objective): SliSpec {
  const { source } = objective;
  const ref = source.kind === 'promql' && NAME.test(source.source) ? { metricSourceRef: source.source } : {};
  const metric = (query: string): Metric => ({
    metricSource: { ...ref, type: 'Prometheus', spec: { query } },
  });
  if (source.kind !== 'promql')
    return {
      ratioMetric: {
        counter: true,
        good: metric(countedEvents(objective, 'good')),
        total: metric(countedEvents(objective)),
      },
    };
  const { query } = source;
  switch (query.kind) {
    case 'good_over_total':
      return { ratioMetric: { counter: true, good: metric(query.good), total: metric(query.total) } };
    case 'bad_over_total':
      return { ratioMetric: { counter: true, bad: metric(query.bad), total: metric(query.total) } };
    case 'error_ratio':
      return { ratioMetric: { rawType: 'failure', raw: metric(query.ratio) } };
  }
}

function needsNote(source: IndicatorSource): boolean {
  return source.kind !== 'promql' || !NAME.test(source.source);
}

type Policy = NonNullable<SloDocument['spec']['alertPolicies']>[number];

function policyOf(objective: Objective, pair: BurnPair): Policy | undefined {
  const lookbackWindow = printShorthand(pair.longMs);
  if (lookbackWindow === undefined) return undefined;
  const name = nameFrom(pair.name);
  return {
    kind: 'AlertPolicy',
    metadata: { name, annotations: { [KEYS.pair]: JSON.stringify(pair) } },
    spec: {
      alertWhenNoData: false,
      alertWhenResolved: true,
      alertWhenBreaching: true,
      conditions: [
        {
          kind: 'AlertCondition',
          metadata: { name },
          spec: {
            severity: pair.severity,
            condition: {
              kind: 'burnrate',
              op: 'gt',
              threshold: Math.max(
                1,
                burnFactor(pair.budgetShare, nominalLength(objective.window), pair.longMs),
              ),
              lookbackWindow,
              alertAfter: '1m',
            },
          },
        },
      ],
      notificationTargets: [{ targetRef: pair.severity }],
    },
  };
}

type Written =
  | { readonly ok: true; readonly slo: SloDocument }
  | { readonly ok: false; readonly reason: string };
const no = (reason: string): Written => ({ ok: false, reason });

function sloOf(objective: Objective, name: string): Written {
  const { allowance, budgeting } = objective;
  if (allowance.kind === 'zero_tolerance')
    return no('zero tolerance: an OpenSLO target is under 1, so some failures are always allowed');
  if (allowance.kind === 'amount') return no('an amount: OpenSLO promises shares of events only');
  if (objective.source.kind === 'composite')
    return no('a composite: its parts are written, and evenkeel puts them together');
  const window = writeWindow(objective.window);
  if (window === undefined) return no('its window is not a whole number of minutes');
  const alertPolicies: Policy[] = [];
  for (const pair of objective.alerts) {
    const policy = policyOf(objective, pair);
    if (policy === undefined) return no(`the window of ${pair.name} is not a whole number of minutes`);
    alertPolicies.push(policy);
  }
  const service = nameFrom(objective.service);
  const fits = (value: string): boolean => value.length <= 63 && LABEL.test(value);
  const labels = Object.entries(objective.labels);
  const unfit = labels.filter(([, value]) => !fits(value));
  const annotations: Record<string, string> = {
    ...objective.annotations,
    [KEYS.category]: objective.category,
    [KEYS.minimumEvents]: String(allowance.minimumEvents),
    [KEYS.minimumBad]: String(objective.minimumBad),
  };
  if (name !== objective.name) annotations[KEYS.name] = objective.name;
  if (service !== objective.service) annotations[KEYS.service] = objective.service;
  if (needsNote(objective.source)) annotations[KEYS.source] = writeSource(objective.source);
  if (objective.segments !== undefined) annotations[KEYS.segments] = JSON.stringify(objective.segments);
  if (objective.expectedTraffic !== undefined && objective.expectedTraffic.kind !== 'none')
    annotations[KEYS.expectedTraffic] = JSON.stringify(objective.expectedTraffic);
  if (unfit.length > 0) annotations[KEYS.labels] = JSON.stringify(Object.fromEntries(unfit));
  if (budgeting.method !== 'occurrences' && budgeting.emptySlice !== 'exclude')
    annotations[KEYS.emptySlice] = budgeting.emptySlice;
  const fitting = labels.filter(([, value]) => fits(value));
  const slice =
    budgeting.method === 'occurrences'
      ? {}
      : { timeSliceWindow: printShorthand(budgeting.sliceMs) ?? budgeting.sliceMs / 60_000 };
  const slo: SloDocument = {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: {
      name,
      ...(fitting.length > 0 ? { labels: Object.fromEntries(fitting) } : {}),
      annotations,
    },
    spec: {
      ...(objective.description === '' ? {} : { description: objective.description.slice(0, 1_050) }),
      service,
      indicator: { metadata: { name }, spec: indicatorOf(objective) },
      timeWindow: [window],
      budgetingMethod:
        budgeting.method === 'occurrences'
          ? 'Occurrences'
          : budgeting.method === 'timeslices'
            ? 'Timeslices'
            : 'RatioTimeslices',
      objectives: [
        {
          target: allowance.target,
          ...(budgeting.method === 'timeslices' ? { timeSliceTarget: budgeting.sliceTarget } : {}),
          ...slice,
        },
      ],
      ...(alertPolicies.length > 0 ? { alertPolicies } : {}),
    },
  };
  return { ok: true, slo };
}

/**
 * Writes objectives as OpenSLO v1: their services, SLOs and the targets that their alerts name. What OpenSLO has no
 * field for (the second window of a burn alert, the category, the low-traffic guard, an indicator that evenkeel counts
 * itself) stands in annotations under `evenkeel.dev/`, so that {@link toObjectives} gives the same objectives again.
 */
export function fromObjectives(objectives: readonly Objective[]): Exported {
  const documents: OpenSloDocument[] = [];
  const refused: { objective: string; reason: string }[] = [];
  const services = new Map<string, OpenSloDocument>();
  const severities = new Set<string>();
  const taken = new Set<string>();
  const nameOf = (objective: Objective): string => {
    const candidates = [nameFrom(objective.name), nameFrom(`${objective.service}-${objective.name}`)];
    let name = candidates.find((candidate) => !taken.has(candidate));
    for (let n = 2; name === undefined; n++) {
      const numbered = `${candidates[1]}-${n}`;
      if (!taken.has(numbered)) name = numbered;
    }
    taken.add(name);
    return name;
  };
  for (const objective of objectives) {
    const written = sloOf(objective, nameOf(objective));
    if (!written.ok) {
      refused.push({ objective: `${objective.service}/${objective.name}`, reason: written.reason });
      continue;
    }
    const { slo } = written;
    documents.push(slo);
    const service = slo.spec.service;
    services.set(service, {
      apiVersion: 'openslo/v1',
      kind: 'Service',
      metadata: { name: service },
      spec: {},
    });
    for (const pair of objective.alerts) severities.add(pair.severity);
  }
  const targets = [...severities].map(
    (name): OpenSloDocument => ({
      apiVersion: 'openslo/v1',
      kind: 'AlertNotificationTarget',
      metadata: { name },
      spec: { target: name },
    }),
  );
  return { documents: [...services.values(), ...targets, ...documents], refused };
}
