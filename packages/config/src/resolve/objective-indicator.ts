import type { IndicatorSource } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import { hasWindow } from '../openslo/promql.ts';
import type { RawIndicator, RawObjective } from '../schema/objectives.ts';
import type { RawService } from '../schema/service.ts';
import type { Scope } from './scope.ts';

/** An indicator, and the share that its percentile promises, where it has one. */
export interface Indicated {
  readonly source: IndicatorSource;
  readonly percentile: number | undefined;
}

const PERCENTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
/** The reference's: an hour for features. */
const FEATURE_AGE_MS = 3_600_000;

const requests = (
  indicator: Extract<IndicatorSource, { kind: 'requests' }>['indicator'],
  percentile?: number,
): Indicated => ({ source: { kind: 'requests', indicator }, percentile });

/** What the category measures when the file does not say; undefined where it has to. */
function standard(category: RawObjective['category'], service: RawService): Indicated | undefined {
  switch (category) {
    case 'availability':
      return requests({ kind: 'availability', minimumConfidence: undefined });
    case 'latency':
      return requests({ kind: 'latency', thresholdMs: service.deadline, part: 'end_to_end' }, 0.99);
    case 'quality':
      return { source: { kind: 'labels' }, percentile: undefined };
    case 'freshness':
      return requests({ kind: 'feature_age', maxAgeMs: FEATURE_AGE_MS });
    case 'safety':
      return requests({ kind: 'safety' });
    case 'cost':
      return undefined;
  }
}

function latency(
  raw: NonNullable<RawIndicator['latency']>,
  at: readonly PathStep[],
  scope: Scope,
): Indicated | undefined {
  const named = (['p50', 'p95', 'p99'] as const).flatMap((key) => {
    const thresholdMs = raw[key];
    return thresholdMs === undefined ? [] : [{ key, thresholdMs }];
  });
  const [only, ...others] = named;
  if (only === undefined || others.length > 0) {
    const found = named.length === 0 ? 'found none' : `found ${named.map(({ key }) => key).join(' and ')}`;
    scope.fail(
      at,
      `expected one of p50, p95 and p99, ${found}`,
      'each percentile is an objective of its own',
    );
    return undefined;
  }
  return requests({ kind: 'latency', thresholdMs: only.thresholdMs, part: raw.of }, PERCENTILES[only.key]);
}

function promql(
  raw: NonNullable<RawIndicator['promql']>,
  at: readonly PathStep[],
  scope: Scope,
): Indicated | undefined {
  const { good, bad, total, error_ratio: ratio, source } = raw;
  let sound = true;
  for (const [key, query] of Object.entries({ good, bad, total, error_ratio: ratio }))
    if (query !== undefined && !hasWindow(query)) {
      scope.fail(
        [...at, key],
        'expected "{{.window}}" where the range belongs',
        'sum(increase(x[{{.window}}]))',
      );
      sound = false;
    }
  if (!sound) return undefined;
  const made = (query: Extract<IndicatorSource, { kind: 'promql' }>['query']): Indicated => ({
    source: { kind: 'promql', source, query },
    percentile: undefined,
  });
  if (ratio !== undefined && good === undefined && bad === undefined && total === undefined)
    return made({ kind: 'error_ratio', ratio });
  if (total !== undefined && ratio === undefined) {
    if (good !== undefined && bad === undefined) return made({ kind: 'good_over_total', good, total });
    if (bad !== undefined && good === undefined) return made({ kind: 'bad_over_total', bad, total });
  }
  scope.fail(at, 'expected good and total, or bad and total, or error_ratio alone');
  return undefined;
}

/** The indicator of an objective; undefined after a mistake was told. */
export function resolveIndicator(
  raw: RawObjective,
  service: RawService,
  at: readonly PathStep[],
  scope: Scope,
): Indicated | undefined {
  const { indicator } = raw;
  if (indicator === undefined) {
    const found = standard(raw.category, service);
    if (found === undefined)
      scope.fail(at, `"indicator" is missing: ${raw.category} has prices`, 'indicator: { cost: … }', 'key');
    return found;
  }
  const place = [...at, 'indicator'];
  const given = Object.entries(indicator).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (given.length !== 1) {
    const found = given.length === 0 ? 'found none' : `found ${given.join(' and ')}`;
    scope.fail(place, `expected exactly one indicator, ${found}`);
    return undefined;
  }
  if (indicator.availability !== undefined)
    return requests({ kind: 'availability', minimumConfidence: indicator.availability.minimum_confidence });
  if (indicator.full_service !== undefined) return requests({ kind: 'full_service' });
  if (indicator.safety !== undefined) return requests({ kind: 'safety' });
  if (indicator.latency !== undefined) return latency(indicator.latency, [...place, 'latency'], scope);
  if (indicator.feature_age !== undefined)
    return requests({ kind: 'feature_age', maxAgeMs: indicator.feature_age });
  if (indicator.labels !== undefined) {
    const { predicted, actual } = indicator.labels;
    const source: IndicatorSource = {
      kind: 'labels',
      ...(predicted === undefined ? {} : { predicted }),
      ...(actual === undefined ? {} : { actual }),
    };
    if (predicted !== undefined && actual !== undefined)
      scope.fail([...place, 'labels'], 'expected predicted (precision) or actual (recall), found both');
    return { source, percentile: undefined };
  }
  if (indicator.model_age !== undefined) {
    const { model, max } = indicator.model_age;
    scope.reference([...place, 'model_age', 'model'], model, Object.keys(service.models), 'model');
    return { source: { kind: 'model_age', model, maxAgeMs: max }, percentile: undefined };
  }
  if (indicator.cost !== undefined) {
    const { models, input_per_million: input, output_per_million: output } = indicator.cost;
    for (const model of Object.keys(models))
      scope.reference([...place, 'cost', 'models', model], model, Object.keys(service.models), 'model');
    const priced = Object.entries(models).map(([model, price]) => [
      model,
      { input: price.input_per_million, output: price.output_per_million },
    ]);
    return requests({
      kind: 'cost',
      prices: { default: { input, output }, models: Object.fromEntries(priced) },
    });
  }
  if (indicator.pushed !== undefined)
    return { source: { kind: 'pushed', name: indicator.pushed }, percentile: undefined };
  if (indicator.promql !== undefined) return promql(indicator.promql, [...place, 'promql'], scope);
  const parts = indicator.weighted ?? Object.fromEntries((indicator.all_of ?? []).map((part) => [part, 1]));
  return {
    source: {
      kind: 'composite',
      method: indicator.weighted === undefined ? 'all_of' : 'weighted',
      parts: Object.entries(parts).map(([objective, weight]) => ({ objective, weight })),
    },
    percentile: undefined,
  };
}
