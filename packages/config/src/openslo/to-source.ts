import type { IndicatorSource } from '@evenkeel/core';
import { comparedSamples, hasWindow, increaseOf, sampledSum, WINDOW } from './promql.ts';
import type { MetricSource, SliSpec, SloObjective } from './schema.ts';

/** Where an objective's counts come from, or why evenkeel cannot have them. */
export type SourceVerdict =
  | { readonly ok: true; readonly source: IndicatorSource; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly part: string };

const no = (part: string, reason: string): SourceVerdict => ({ ok: false, part, reason });

/** The PromQL of a metric, or why it has none. */
function queryOf(source: MetricSource): { readonly query: string } | { readonly reason: string } {
  if (source.type === undefined) return { reason: 'its data source has no known type' };
  if (source.type.toLowerCase() !== 'prometheus')
    return { reason: `evenkeel reads Prometheus, not ${source.type}` };
  const { query } = source.spec;
  if (typeof query !== 'string' || query.trim() === '')
    return { reason: 'expected the PromQL as "query" in its spec' };
  return { query };
}

/** Reads an indicator as PromQL counts. */
export function readIndicator(spec: SliSpec, objective: SloObjective): SourceVerdict {
  if (spec.thresholdMetric !== undefined) return readThreshold(spec.thresholdMetric.metricSource, objective);
  const ratio = spec.ratioMetric;
  if (ratio?.raw !== undefined) return readRaw(ratio.raw.metricSource, ratio.rawType ?? 'failure');
  const part = ratio?.good === undefined ? 'bad' : 'good';
  const one = ratio?.good ?? ratio?.bad;
  if (ratio?.total === undefined || one === undefined) return no('', 'it has no good or bad and total');
  const first = queryOf(one.metricSource);
  if ('reason' in first) return no(part, first.reason);
  const all = queryOf(ratio.total.metricSource);
  if ('reason' in all) return no('total', all.reason);
  const a = one.metricSource.metricSourceRef;
  const b = ratio.total.metricSource.metricSourceRef;
  if (a !== b) return no('total', 'both counts of a ratio come from the same Prometheus');
  const counter = ratio.counter !== false;
  const some = counter ? increaseOf(first.query) : sampledSum(first.query);
  const total = counter ? increaseOf(all.query) : sampledSum(all.query);
  const unclear = `a counter is a selector, the sum of one, or a query with ${WINDOW} where its range belongs`;
  if (some === undefined) return no(part, unclear);
  if (total === undefined) return no('total', unclear);
  const notes =
    counter || hasWindow(first.query)
      ? []
      : ['its counts are no counters: they are sampled every minute and summed'];
  return {
    ok: true,
    notes,
    source: {
      kind: 'promql',
      source: a ?? 'prometheus',
      query:
        part === 'good'
          ? { kind: 'good_over_total', good: some, total }
          : { kind: 'bad_over_total', bad: some, total },
    },
  };
}

function readRaw(source: MetricSource, rawType: 'success' | 'failure'): SourceVerdict {
  const found = queryOf(source);
  if ('reason' in found) return no('raw', found.reason);
  const text = found.query.trim();
  const over = hasWindow(text) ? text : `avg_over_time((${text})[${WINDOW}:1m])`;
  return {
    ok: true,
    notes: ['a ready ratio carries no counts: alerts cannot tell few events from many'],
    source: {
      kind: 'promql',
      source: source.metricSourceRef ?? 'prometheus',
      query: { kind: 'error_ratio', ratio: rawType === 'failure' ? over : `1 - (${over})` },
    },
  };
}

function readThreshold(source: MetricSource, objective: SloObjective): SourceVerdict {
  const { op, value } = objective;
  if (op === undefined || value === undefined) return no('', 'a thresholdMetric needs "op" and "value"');
  const found = queryOf(source);
  if ('reason' in found) return no('thresholdMetric', found.reason);
  const samples = comparedSamples(found.query, op, value);
  if (samples === undefined)
    return no(
      'thresholdMetric',
      `the value of a thresholdMetric has no ${WINDOW}: it is one number at a time`,
    );
  return {
    ok: true,
    notes: ['the value is sampled every minute: a sample is an event'],
    source: {
      kind: 'promql',
      source: source.metricSourceRef ?? 'prometheus',
      query: { kind: 'good_over_total', ...samples },
    },
  };
}
