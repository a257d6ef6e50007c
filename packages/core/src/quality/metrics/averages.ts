import { type ClassTotals, type Confusion, classTotals } from './confusion.ts';

/** `binary` looks at one class; `macro` averages the classes alike, `weighted` by how often they are true, `micro` pools all answers. */
export type Averaging =
  | { readonly average: 'binary'; readonly positive: string }
  | { readonly average: 'macro' | 'weighted' | 'micro' };

export type ClassFigure = 'precision' | 'recall' | 'f1';

/** A ratio `top / bottom` of weights of one class; `bottom` 0 means not defined. */
function ratio(figure: ClassFigure, of: ClassTotals): { readonly top: number; readonly bottom: number } {
  if (figure === 'precision') return { top: of.right, bottom: of.predicted };
  if (figure === 'recall') return { top: of.right, bottom: of.actual };
  return { top: 2 * of.right, bottom: of.predicted + of.actual };
}

function parts(totals: readonly ClassTotals[], by: Averaging): readonly (readonly [ClassTotals, number])[] {
  if (by.average === 'binary') {
    return [[totals.find((t) => t.name === by.positive) ?? absent(by.positive), 1]];
  }
  if (by.average === 'micro') return [];
  const all = totals.reduce((sum, t) => sum + t.actual, 0);
  return totals.map((t) => [t, by.average === 'macro' ? 1 / totals.length : t.actual / all]);
}

const absent = (name: string): ClassTotals => ({ name, right: 0, predicted: 0, actual: 0 });

/**
 * The figure over the classes. A class for which it is not defined (never answered, for precision) counts 0 in an average, as in
 * scikit-learn; alone it leaves the figure undefined, where scikit-learn warns and says 0.
 */
export function averagedFigure(state: Confusion, figure: ClassFigure, by: Averaging): number | undefined {
  if (state.weight === 0) return undefined;
  // Every answer is true of one class and answered as one: all three are the share of right answers.
  if (by.average === 'micro') return state.right / state.weight;
  const totals = classTotals(state);
  if (by.average === 'binary') {
    const [[only] = [absent(by.positive)]] = parts(totals, by);
    const { top, bottom } = ratio(figure, only);
    return bottom === 0 ? undefined : top / bottom;
  }
  let sum = 0;
  for (const [of, share] of parts(totals, by)) {
    const { top, bottom } = ratio(figure, of);
    if (bottom > 0) sum += (share * top) / bottom;
  }
  return sum;
}

/**
 * Standard error by the delta method: the variance of each answer's influence on the figure (Takahashi and others 2022 give the same for F1).
 * The shares of `weighted` are taken as given.
 */
export function figureError(state: Confusion, figure: ClassFigure, by: Averaging): number | undefined {
  const n = state.squaredWeight > 0 ? state.weight ** 2 / state.squaredWeight : 0;
  if (!(n > 1)) return undefined;
  if (by.average === 'micro') {
    const share = state.right / state.weight;
    return Math.sqrt((share * (1 - share)) / n);
  }
  // Influence of one answer (actual a, predicted p) on Σ share · top/bottom, times the total weight.
  const onRight = new Map<string, number>();
  const onActual = new Map<string, number>();
  const onPredicted = new Map<string, number>();
  for (const [of, share] of parts(classTotals(state), by)) {
    const { top, bottom } = ratio(figure, of);
    if (bottom === 0) {
      if (by.average === 'binary') return undefined;
      continue;
    }
    const perTop = share / bottom;
    const perBottom = (-share * top) / (bottom * bottom);
    onRight.set(of.name, figure === 'f1' ? 2 * perTop : perTop);
    if (figure !== 'precision') onActual.set(of.name, perBottom);
    if (figure !== 'recall') onPredicted.set(of.name, perBottom);
  }
  let sum = 0;
  let squares = 0;
  for (const [actual, row] of state.cells) {
    for (const [predicted, weight] of row) {
      const influence =
        (actual === predicted ? (onRight.get(actual) ?? 0) : 0) +
        (onActual.get(actual) ?? 0) +
        (onPredicted.get(predicted) ?? 0);
      sum += weight * influence;
      squares += weight * influence * influence;
    }
  }
  const mean = sum / state.weight;
  return state.weight * Math.sqrt(Math.max(0, squares / state.weight - mean * mean) / n);
}
