import { malformed, readAmount, readArray, readRecord, readText } from './json-state.ts';
import type { ClassSample } from './samples.ts';

/**
 * How often each class was answered as each. Weights add, so it merges exactly for whole weights. Beyond `maxClasses` classes
 * the later ones share one row and column: a million made-up classes cost no memory, and the count of pooled samples says so.
 */
export interface Confusion {
  readonly maxClasses: number;
  n: number;
  weight: number;
  squaredWeight: number;
  /** Weight answered right, pooled classes by their own names. */
  right: number;
  /** Weight by true class, then by predicted class. */
  readonly cells: Map<string, Map<string, number>>;
  readonly classes: Set<string>;
  /** Weight of samples with a class that was pooled. */
  pooled: number;
}

/** Name of the class that stands for all beyond the bound. Cannot be the name of a class of the reader's. */
export const POOLED_CLASS = '\u0000other classes';

/** @param kept classes that are never pooled */
export function createConfusion(maxClasses: number, kept: readonly string[] = []): Confusion {
  return {
    maxClasses,
    n: 0,
    weight: 0,
    squaredWeight: 0,
    right: 0,
    cells: new Map(),
    classes: new Set(kept),
    pooled: 0,
  };
}

export function addToConfusion(state: Confusion, sample: ClassSample): void {
  const weight = sample.weight ?? 1;
  state.n++;
  state.weight += weight;
  state.squaredWeight += weight * weight;
  if (sample.actual === sample.predicted) state.right += weight;
  const actual = ownClass(state, sample.actual);
  const predicted = ownClass(state, sample.predicted);
  if (actual === POOLED_CLASS || predicted === POOLED_CLASS) state.pooled += weight;
  addCell(state, actual, predicted, weight);
}

export function mergeConfusion(into: Confusion, from: Confusion): void {
  into.n += from.n;
  into.weight += from.weight;
  into.squaredWeight += from.squaredWeight;
  into.right += from.right;
  into.pooled += from.pooled;
  for (const [actual, row] of from.cells) {
    for (const [predicted, weight] of row) {
      const a = actual === POOLED_CLASS ? actual : ownClass(into, actual);
      const p = predicted === POOLED_CLASS ? predicted : ownClass(into, predicted);
      const was = actual === POOLED_CLASS || predicted === POOLED_CLASS;
      if (!was && (a === POOLED_CLASS || p === POOLED_CLASS)) into.pooled += weight;
      addCell(into, a, p, weight);
    }
  }
}

function ownClass(state: Confusion, name: string): string {
  if (state.classes.has(name)) return name;
  if (state.classes.size >= state.maxClasses) return POOLED_CLASS;
  state.classes.add(name);
  return name;
}

function addCell(state: Confusion, actual: string, predicted: string, weight: number): void {
  let row = state.cells.get(actual);
  if (row === undefined) {
    row = new Map();
    state.cells.set(actual, row);
  }
  row.set(predicted, (row.get(predicted) ?? 0) + weight);
}

/** Weights of one class: answered rightly, answered at all, and true. */
export interface ClassTotals {
  readonly name: string;
  readonly right: number;
  readonly predicted: number;
  readonly actual: number;
}

/** Totals of every class that was true or answered, in order of first sight. */
export function classTotals(state: Confusion): ClassTotals[] {
  const totals = new Map<string, { name: string; right: number; predicted: number; actual: number }>();
  const of = (name: string): { name: string; right: number; predicted: number; actual: number } => {
    const known = totals.get(name);
    if (known !== undefined) return known;
    const fresh = { name, right: 0, predicted: 0, actual: 0 };
    totals.set(name, fresh);
    return fresh;
  };
  for (const [actual, row] of state.cells) {
    for (const [predicted, weight] of row) {
      of(actual).actual += weight;
      of(predicted).predicted += weight;
      if (actual === predicted) of(actual).right += weight;
    }
  }
  return [...totals.values()];
}

export function saveConfusion(state: Confusion): unknown {
  return {
    maxClasses: state.maxClasses,
    n: state.n,
    squaredWeight: state.squaredWeight,
    right: state.right,
    pooled: state.pooled,
    cells: [...state.cells].flatMap(([actual, row]) =>
      [...row].map(([predicted, weight]) => [actual, predicted, weight]),
    ),
  };
}

export function loadConfusion(raw: unknown, kept: readonly string[] = []): Confusion {
  const record = readRecord(raw, 'a confusion matrix');
  const state = createConfusion(readAmount(record.maxClasses, 'maxClasses'), kept);
  state.n = readAmount(record.n, 'n');
  state.squaredWeight = readAmount(record.squaredWeight, 'squaredWeight');
  state.right = readAmount(record.right, 'right');
  state.pooled = readAmount(record.pooled, 'pooled');
  for (const cell of readArray(record.cells, 'cells')) {
    const [a, p, w] = readArray(cell, 'a cell');
    const actual = readText(a, 'a class');
    const predicted = readText(p, 'a class');
    const weight = readAmount(w, 'a weight');
    for (const name of [actual, predicted]) {
      if (name !== POOLED_CLASS && ownClass(state, name) === POOLED_CLASS)
        throw malformed('too many classes');
    }
    state.weight += weight;
    addCell(state, actual, predicted, weight);
  }
  return state;
}
