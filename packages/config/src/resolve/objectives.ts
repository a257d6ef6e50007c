import {
  type Allowance,
  type Budgeting,
  type BurnPair,
  burnRules,
  defaultPairs,
  isEvenkeelError,
  isTimeZone,
  nominalWindowMs,
  type Objective,
  type ObjectiveWindow,
  type SegmentRule,
} from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { RawObjective } from '../schema/objectives.ts';
import type { RawService } from '../schema/service.ts';
import { type Indicated, resolveIndicator } from './objective-indicator.ts';
import type { Scope } from './scope.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Windows of the reference, where the file names none. */
function standardWindow(category: RawObjective['category'], source: Indicated['source']): number {
  switch (category) {
    case 'availability':
    case 'cost':
      return 30 * DAY;
    case 'latency':
      return 7 * DAY;
    case 'quality':
      return DAY;
    case 'freshness':
      return source.kind === 'model_age' ? DAY : HOUR;
    case 'safety':
      return HOUR;
  }
}

function resolveWindow(
  raw: RawObjective,
  indicated: Indicated,
  service: RawService,
  at: readonly PathStep[],
  scope: Scope,
): ObjectiveWindow {
  const { window } = raw;
  if (window === undefined)
    return { kind: 'rolling', lengthMs: standardWindow(raw.category, indicated.source) };
  if (typeof window === 'number') return { kind: 'rolling', lengthMs: window };
  const timeZone = window.timezone ?? service.timezone;
  if (window.timezone !== undefined && !isTimeZone(timeZone)) {
    scope.reference([...at, 'window', 'timezone'], timeZone, Intl.supportedValuesOf('timeZone'), 'time zone');
    return { kind: 'calendar', unit: window.calendar, timeZone: 'UTC' };
  }
  return { kind: 'calendar', unit: window.calendar, timeZone };
}

/** Shares of the reference, where the file names none: undefined where there is none. */
function standardTarget(raw: RawObjective, { source, percentile }: Indicated): number | undefined {
  if (percentile !== undefined) {
    // By slices the budget is one of slices: 1 % of them for p99, 5 % for the others.
    if (raw.slices !== undefined) return percentile === 0.99 ? 0.99 : 0.95;
    return percentile;
  }
  if (source.kind === 'requests' && source.indicator.kind === 'feature_age') return 0.99;
  return raw.category === 'availability' ? 0.999 : undefined;
}

/** One allowance, granted once: several, or none where the category has none, is a mistake. */
function resolveAllowance(
  raw: RawObjective,
  indicated: Indicated,
  at: readonly PathStep[],
  scope: Scope,
): Allowance | undefined {
  const given = (['target', 'baseline', 'zero_tolerance', 'amount'] as const).filter((key) => {
    const value = raw[key];
    return value !== undefined && value !== false;
  });
  const [first, second] = given;
  if (second !== undefined) {
    scope.fail([...at, second], `grants a second allowance beside ${first}`, 'an objective has one');
    return undefined;
  }
  if (raw.allowed_degradation !== undefined && raw.baseline === undefined)
    scope.fail([...at, 'allowed_degradation'], 'needs a baseline that it is a part of');
  const { source } = indicated;
  const spends = source.kind === 'requests' && source.indicator.kind === 'cost';
  if (spends !== (raw.amount !== undefined) && (spends || source.kind !== 'pushed')) {
    if (spends) scope.fail(at, '"amount" is missing: what may the window cost?', 'amount: 100', 'key');
    else scope.fail([...at, 'amount'], 'is for costs: this indicator counts events', 'target: 99.9%');
    return undefined;
  }
  if (raw.amount !== undefined) return { kind: 'amount', amount: raw.amount, unit: raw.unit };
  if (raw.zero_tolerance === true) return { kind: 'zero_tolerance' };
  // The degradation is granted here and not again in the budget.
  const granted =
    raw.baseline === undefined ? raw.target : raw.baseline * (1 - (raw.allowed_degradation ?? 0.05));
  const target = granted ?? standardTarget(raw, indicated);
  if (target === undefined) {
    const none = raw.category === 'safety' || (raw.category === 'freshness' && source.kind === 'model_age');
    if (none && raw.zero_tolerance === undefined) return { kind: 'zero_tolerance' };
    const hint = raw.category === 'quality' ? 'target: 95%, or baseline: 96%' : 'target: 99.9%';
    scope.fail(at, `"target" is missing: ${raw.category} has no usual one`, hint, 'key');
    return undefined;
  }
  if (!(target > 0 && target < 1)) {
    scope.fail([...at, 'baseline'], `leaves a target of ${target}: expected over 0 and under 1`);
    return undefined;
  }
  // A rate as small as one in ten thousand cannot be seen in fewer events than that.
  const least = raw.category === 'safety' ? Math.round(1 / (1 - target)) : 0;
  return { kind: 'target', target, minimumEvents: raw.minimum_events ?? least };
}

function resolveBudgeting(
  raw: RawObjective,
  { source, percentile }: Indicated,
  at: readonly PathStep[],
  scope: Scope,
): Budgeting {
  const { slices } = raw;
  if (slices === undefined) return { method: 'occurrences' };
  if (source.kind === 'composite')
    scope.fail([...at, 'slices'], 'a composite is counted as its parts are', 'put slices on the parts');
  if (raw.amount !== undefined) scope.fail([...at, 'slices'], 'an amount is not judged by slices');
  if (slices.ratio) return { method: 'ratio_timeslices', sliceMs: slices.every, emptySlice: slices.empty };
  const sliceTarget = slices.target ?? percentile;
  if (sliceTarget === undefined)
    scope.fail([...at, 'slices'], '"target" is missing: when is a slice a good one?', 'target: 99%');
  return {
    method: 'timeslices',
    sliceMs: slices.every,
    sliceTarget: sliceTarget ?? 1,
    emptySlice: slices.empty,
  };
}

function resolveAlerts(
  raw: RawObjective,
  window: ObjectiveWindow,
  allowance: Allowance,
  budgeting: Budgeting,
  at: readonly PathStep[],
  scope: Scope,
): readonly BurnPair[] {
  const windowMs = nominalWindowMs(window);
  if (raw.alerts === 'none' || allowance.kind === 'zero_tolerance') {
    if (Array.isArray(raw.alerts))
      scope.fail([...at, 'alerts'], 'zero tolerance alerts at the first bad event: it has no burn rate');
    return [];
  }
  const target = allowance.kind === 'target' ? allowance.target : undefined;
  const sliceMs = budgeting.method === 'occurrences' ? 0 : budgeting.sliceMs;
  if (!Array.isArray(raw.alerts))
    // A window shorter than a slice holds none.
    return defaultPairs(windowMs, target).filter(({ shortMs }) => shortMs >= sliceMs);
  const seen = new Set<string>();
  return raw.alerts.flatMap((one, i) => {
    const place = [...at, 'alerts', i];
    const shortMs = one.short ?? Math.max(60_000, Math.round(one.long / 12 / 60_000) * 60_000);
    const pair: BurnPair = {
      name: one.name,
      severity: one.severity,
      budgetShare: one.budget,
      longMs: one.long,
      shortMs,
    };
    if (seen.has(one.name)) scope.fail([...place, 'name'], `the name "${one.name}" is taken`);
    seen.add(one.name);
    if (one.long > windowMs) scope.fail([...place, 'long'], 'is longer than the window of the budget');
    if (shortMs > one.long) scope.fail([...place, 'short'], 'is longer than the long window');
    if (shortMs < sliceMs) scope.fail([...place, 'short'], 'is shorter than a slice: it would hold none');
    try {
      if (target !== undefined) burnRules([pair], windowMs, target, raw.minimum_bad);
    } catch (error) {
      if (!isEvenkeelError(error)) throw error;
      scope.fail(place, error.message, 'a larger share, or a longer window');
      return [];
    }
    return [pair];
  });
}

/** Versions with figures of their own where candidates are judged by them, and the file does not say how many. */
const VERSIONS = 20;

function segmentsOf(raw: RawObjective, { source }: Indicated, service: RawService): readonly SegmentRule[] {
  const candidates =
    (source.kind === 'requests' || source.kind === 'labels') &&
    raw.slices === undefined &&
    Object.values(service.models).some(({ training }) => training !== undefined);
  return (['version', 'tenant', 'cohort'] as const).flatMap((by) => {
    const most = raw.segments[by] ?? (by === 'version' && candidates ? VERSIONS : undefined);
    return most === undefined ? [] : [{ by, most }];
  });
}

/** One objective of the file; undefined after its mistakes were told. */
function resolveObjective(
  name: string,
  raw: RawObjective,
  service: RawService,
  scope: Scope,
): Objective | undefined {
  const at = ['objectives', name];
  const indicated = resolveIndicator(raw, service, at, scope);
  if (indicated === undefined) return undefined;
  const window = resolveWindow(raw, indicated, service, at, scope);
  const allowance = resolveAllowance(raw, indicated, at, scope);
  const budgeting = resolveBudgeting(raw, indicated, at, scope);
  if (allowance === undefined) return undefined;
  if (budgeting.method !== 'occurrences' && budgeting.sliceMs > nominalWindowMs(window))
    scope.fail([...at, 'slices', 'every'], 'is longer than the window');
  checkSources(raw, indicated, service, at, scope);
  const segments = segmentsOf(raw, indicated, service);
  const { expected_traffic: traffic } = raw;
  return {
    name,
    service: service.service,
    category: raw.category,
    description: raw.description,
    source: indicated.source,
    window,
    budgeting,
    allowance,
    alerts: resolveAlerts(raw, window, allowance, budgeting, at, scope),
    minimumBad: raw.minimum_bad,
    labels: raw.labels,
    annotations: {},
    ...(segments.length === 0 ? {} : { segments }),
    ...(traffic === 'none'
      ? {}
      : {
          expectedTraffic:
            traffic === 'learned'
              ? { kind: 'learned' as const }
              : { kind: 'stated' as const, events: traffic.events, perMs: traffic.per },
        }),
  };
}

/** Indicators that would never count anything in this service. */
function checkSources(
  raw: RawObjective,
  { source }: Indicated,
  service: RawService,
  at: readonly PathStep[],
  scope: Scope,
): void {
  const place = raw.indicator === undefined ? at : [...at, 'indicator'];
  if (source.kind !== 'requests') {
    if (Object.values(raw.segments).some((most) => most !== undefined))
      scope.fail([...at, 'segments'], 'only indicators of requests can be told apart by segment');
    return;
  }
  const { indicator } = source;
  if (indicator.kind === 'safety' && service.safety === undefined)
    scope.warn(place, 'never counts: the file has no output safety check', 'safety: …');
  if (indicator.kind === 'feature_age' && service.features === undefined)
    scope.warn(place, 'never counts: the file has no features');
}

/** Composites whose parts are there, are no composites themselves, and can be judged as one. */
function checkComposites(objectives: readonly Objective[], scope: Scope): void {
  for (const { name, source } of objectives) {
    if (source.kind !== 'composite') continue;
    const key = source.method;
    for (const [i, part] of source.parts.entries()) {
      const at = ['objectives', name, 'indicator', key, key === 'all_of' ? i : part.objective];
      const others = objectives.flatMap((one) => (one.name === name ? [] : [one.name]));
      if (!scope.reference(at, part.objective, others, 'objective')) continue;
      const found = objectives.find((one) => one.name === part.objective);
      if (found?.source.kind === 'composite') scope.fail(at, 'is a composite itself');
      else if (found?.allowance.kind !== 'target')
        scope.fail(at, 'has no target: only shares of good events can be put together');
    }
  }
}

/** What a service is held to when its file says nothing of objectives. */
function standardObjectives(service: RawService): Record<string, unknown> {
  return {
    availability: { category: 'availability' },
    'latency-p99': { category: 'latency' },
    // Of answers that the check let pass: by rate, because a check that blocks has done its work.
    ...(service.safety === undefined
      ? {}
      : { safety: { category: 'safety', target: '99.99%', window: '7d' } }),
    ...(service.features === undefined ? {} : { 'feature-age': { category: 'freshness' } }),
  };
}

/** The objectives of a service, those that its file names or the usual ones. */
export function resolveObjectives(
  service: RawService,
  parse: (written: unknown) => RawObjective,
  scope: Scope,
): readonly Objective[] {
  const named =
    service.objectives ??
    Object.fromEntries(Object.entries(standardObjectives(service)).map(([name, raw]) => [name, parse(raw)]));
  const objectives = Object.entries(named).flatMap(([name, raw]) => {
    const objective = resolveObjective(name, raw, service, scope);
    return objective === undefined ? [] : [objective];
  });
  checkComposites(objectives, scope);
  return objectives;
}
