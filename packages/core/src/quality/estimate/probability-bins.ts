/** Inner edges of the bins that probabilities are counted in: two points wide, finer towards 0 and 1, where sure answers crowd. Fixed, so that counts of all replicas and times add. */
const TAIL: readonly number[] = [0.0005, 0.001, 0.002, 0.005, 0.01];
const EDGES: Float64Array = Float64Array.from([
  ...TAIL,
  ...Array.from({ length: 49 }, (_, k) => (k + 1) / 50),
  ...TAIL.toReversed().map((edge) => 1 - edge),
]);

/** Number of bins. */
export const PROBABILITY_BINS: number = EDGES.length + 1;

/** @param probability in [0, 1] */
export function probabilityBin(probability: number): number {
  let low = 0;
  let high = EDGES.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((EDGES[middle] ?? 1) <= probability) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether it can be counted at all. */
export function isProbability(value: number): boolean {
  return value >= 0 && value <= 1;
}
