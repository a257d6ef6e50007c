import type { RankingSample } from './samples.ts';

/** `1 / log2(place + 2)` for the places that count; further ones count nothing. */
function discount(place: number, k: number): number {
  return place < k ? 1 / Math.log2(place + 2) : 0;
}

/** Relevances in the order shown: by score where there are scores, ties in their order. */
export function shown(sample: RankingSample): readonly number[] {
  const { relevance, score } = sample;
  if (score === undefined) return relevance;
  return relevance
    .map((value, at) => ({ value, at, score: score[at] ?? 0 }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map((entry) => entry.value);
}

/** Discounted cumulative gain over the first k places, gain linear in relevance; equal scores share the mean of their relevances (McSherry and Najork 2008). */
export function discountedGain(sample: RankingSample, k: number): number {
  const { relevance, score } = sample;
  if (score === undefined)
    return relevance.reduce((sum, value, place) => sum + value * discount(place, k), 0);
  const order = relevance
    .map((value, at) => ({ value, score: score[at] ?? 0 }))
    .sort((a, b) => b.score - a.score);
  let gain = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    let sum = 0;
    let places = 0;
    while (end < order.length && order[end]?.score === order[start]?.score) {
      sum += order[end]?.value ?? 0;
      places += discount(end, k);
      end++;
    }
    gain += (sum / (end - start)) * places;
    start = end;
  }
  return gain;
}

/** The gain that the best order would have. */
export function idealGain(sample: RankingSample, k: number): number {
  const best = [...sample.relevance].sort((a, b) => b - a);
  return best.reduce((sum, value, place) => sum + value * discount(place, k), 0);
}
