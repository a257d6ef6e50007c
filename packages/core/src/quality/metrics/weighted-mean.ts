import { readAmount, readFinites } from './json-state.ts';

/** Mean and spread of weighted numbers, updated one by one and merged (West 1979; Chan, Golub, LeVeque 1983). */
export interface WeightedMean {
  n: number;
  /** Sum of weights, and of their squares. */
  weight: number;
  squaredWeight: number;
  mean: number;
  /** `Σ w (x − mean)²`. */
  spread: number;
}

export function createMean(): WeightedMean {
  return { n: 0, weight: 0, squaredWeight: 0, mean: 0, spread: 0 };
}

export function addToMean(state: WeightedMean, value: number, weight = 1): void {
  state.n++;
  state.weight += weight;
  state.squaredWeight += weight * weight;
  const away = value - state.mean;
  const step = (away * weight) / state.weight;
  state.mean += step;
  state.spread += weight * away * (value - state.mean);
}

export function mergeMean(into: WeightedMean, from: WeightedMean): void {
  if (from.n === 0) return;
  const weight = into.weight + from.weight;
  const away = from.mean - into.mean;
  into.spread += from.spread + (away * away * into.weight * from.weight) / weight;
  into.mean += (away * from.weight) / weight;
  into.n += from.n;
  into.weight = weight;
  into.squaredWeight += from.squaredWeight;
}

/** How many equally weighted samples would say as much (Kish 1965). */
export function effectiveSize(state: Pick<WeightedMean, 'weight' | 'squaredWeight'>): number {
  return state.squaredWeight > 0 ? (state.weight * state.weight) / state.squaredWeight : 0;
}

/** Standard error of the mean; undefined for fewer than two samples. */
export function errorOfMean(state: WeightedMean): number | undefined {
  const n = effectiveSize(state);
  if (!(n > 1)) return undefined;
  return Math.sqrt(Math.max(0, state.spread) / state.weight / (n - 1));
}

export function saveMean(state: WeightedMean): readonly number[] {
  return [state.n, state.weight, state.squaredWeight, state.mean, state.spread];
}

export function loadMean(raw: unknown, what = 'a mean'): WeightedMean {
  const [n = 0, weight = 0, squaredWeight = 0, mean = 0, spread = 0] = readFinites(raw, 5, what);
  for (const amount of [n, weight, squaredWeight, spread]) readAmount(amount, what);
  return { n, weight, squaredWeight, mean, spread };
}
