import { EvenkeelError } from '../../kernel/errors.ts';
import { discountedGain, idealGain, shown } from './gain.ts';
import { meanMetric } from './mean-metric.ts';
import type { Interval, Metric } from './metric.ts';
import { type RankingSample, readRankingSample } from './samples.ts';
import type { WeightedMean } from './weighted-mean.ts';

export type RankingMetric = Metric<WeightedMean, RankingSample>;

const SHARE: Interval = { low: 0, high: 1 };

/** Bounds of k, and a list without anything relevant, are the same for all four. */
function rankingMetric(
  name: string,
  meaning: string,
  k: number,
  of: (sample: RankingSample) => number,
  share = false,
): RankingMetric {
  if (k !== Number.POSITIVE_INFINITY && (!Number.isInteger(k) || k < 1)) {
    throw new EvenkeelError('bad_request', `k must be a whole number from 1, not ${k}.`);
  }
  return meanMetric<RankingSample>({
    name: k === Number.POSITIVE_INFINITY ? name : `${name}_at_${k}`,
    direction: 'higher',
    needsLabels: true,
    realTime: false,
    proxy: 'click-through',
    range: SHARE,
    meaning: `${meaning} A list without anything relevant counts 0.`,
    share,
    read: readRankingSample,
    of,
    weight: ({ weight }) => weight ?? 1,
  });
}

/**
 * Normalised discounted cumulative gain of the first k places, gain linear in relevance. Equal to scikit-learn's `ndcg_score(k=k)`, its average over ties included.
 * @param k default: all places
 */
export function ndcg(k: number = Number.POSITIVE_INFINITY): RankingMetric {
  return rankingMetric(
    'ndcg',
    'Gain of the order shown over the gain of the best order, later places counting less.',
    k,
    (sample) => {
      const ideal = idealGain(sample, k);
      return ideal > 0 ? discountedGain(sample, k) / ideal : 0;
    },
  );
}

/** Mean reciprocal rank: 1 over the place of the first relevant item, 0 when none is among the first k. */
export function mrr(k: number = Number.POSITIVE_INFINITY): RankingMetric {
  return rankingMetric('mrr', 'Mean of 1 over the place of the first relevant item.', k, (sample) => {
    const place = shown(sample).findIndex((value) => value > 0);
    return place >= 0 && place < k ? 1 / (place + 1) : 0;
  });
}

/**
 * Mean average precision: for each relevant item among the first k the precision down to it, over the relevant items there are (at most k).
 * Over whole lists without ties equal to scikit-learn's `label_ranking_average_precision_score`.
 */
export function meanAveragePrecision(k: number = Number.POSITIVE_INFINITY): RankingMetric {
  return rankingMetric('map', 'Mean over lists of the precision down to each relevant item.', k, (sample) => {
    let found = 0;
    let sum = 0;
    let inAll = 0;
    shown(sample).forEach((value, place) => {
      if (!(value > 0)) return;
      inAll++;
      if (place >= k) return;
      found++;
      sum += found / (place + 1);
    });
    const relevant = Math.min(k, sample.relevant ?? inAll);
    return relevant > 0 ? sum / relevant : 0;
  });
}

/** Share of lists with something relevant among the first k. */
export function hitRate(k: number): RankingMetric {
  return rankingMetric(
    'hit',
    'Share of lists with something relevant among the first places.',
    k,
    (sample) =>
      (shown(sample).findIndex((value) => value > 0) + 1 || Number.POSITIVE_INFINITY) <= k ? 1 : 0,
    true,
  );
}
