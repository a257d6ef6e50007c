import { EvenkeelError } from '../kernel/errors.ts';
import type { NumericReference } from './bins.ts';
import { type HistogramSketch, requireEqualSlots } from './histogram-sketch.ts';

/** A figure from counts in bins, and how far the exact one on the raw values may be away from it. */
export interface Bounded {
  readonly value: number;
  /** The exact value lies in [value − bound, value + bound]. */
  readonly bound: number;
}

/** Values of a sketch in order, without what has no value; ends of the bins as far as they are known. */
function numeric(sketch: HistogramSketch): NumericReference {
  if (sketch.reference.kind === 'numeric') return sketch.reference;
  throw new EvenkeelError(
    'bad_request',
    'Categories have no order: only numeric sketches have quantiles and these distances.',
  );
}

function cumulative(sketch: HistogramSketch, bins: number): Float64Array {
  const sums = new Float64Array(bins + 1);
  for (let bin = 0; bin < bins; bin++) sums[bin + 1] = (sums[bin] ?? 0) + (sketch.counts[bin] ?? 0);
  const total = sums[bins] ?? 0;
  if (!(total > 0)) throw new EvenkeelError('bad_request', 'A sketch without a value has no distance.');
  return sums.map((sum) => sum / total);
}

/**
 * Kolmogorov–Smirnov statistic of two sketches: the largest difference of their distribution functions at the edges. Within a bin it
 * may be larger, by at most what the bin holds of one side.
 * @throws EvenkeelError `conflict` for other slots, `bad_request` for categories or an empty sketch
 */
export function sketchKolmogorovSmirnov(a: HistogramSketch, b: HistogramSketch): Bounded {
  requireEqualSlots(a.reference, b.reference);
  const bins = numeric(a).valueSlots;
  const f = cumulative(a, bins);
  const g = cumulative(b, bins);
  let value = 0;
  let most = 0;
  for (let bin = 0; bin < bins; bin++) {
    const from = [f[bin] ?? 0, g[bin] ?? 0] as const;
    const to = [f[bin + 1] ?? 0, g[bin + 1] ?? 0] as const;
    value = Math.max(value, Math.abs(to[0] - to[1]));
    // All of the one at the beginning of the bin, all of the other at its end.
    most = Math.max(most, to[0] - from[1], to[1] - from[0]);
  }
  return { value, bound: Math.max(0, most - value) };
}

/**
 * Quantile of a sketch, by linear interpolation within its bin. The bound is the way to the farther end of the bin; in an outer bin it reaches to the reference's smallest or
 * largest value, or is infinite where values beyond that have been counted.
 * @param q in [0, 1]
 */
export function sketchQuantile(sketch: HistogramSketch, q: number): Bounded {
  const reference = numeric(sketch);
  const bins = reference.valueSlots;
  const f = cumulative(sketch, bins);
  const wanted = Math.min(1, Math.max(0, q));
  let bin = 0;
  while (bin < bins - 1 && ((f[bin + 1] ?? 1) < wanted || (f[bin + 1] ?? 0) === (f[bin] ?? 0))) bin++;
  const { low, high } = binEnds(reference, bin);
  const mass = (f[bin + 1] ?? 1) - (f[bin] ?? 0);
  const t = mass > 0 ? Math.min(1, Math.max(0, (wanted - (f[bin] ?? 0)) / mass)) : 0.5;
  const value = low + t * (high - low);
  const beyond = (bin === 0 && sketch.below > 0) || (bin === bins - 1 && sketch.above > 0);
  return { value, bound: beyond ? Number.POSITIVE_INFINITY : Math.max(value - low, high - value) };
}

/**
 * Wasserstein-1 distance of two sketches, in the unit of the values: the area between their distribution functions, taken as straight within bins. Values outside the reference's
 * range count as if at its ends, and the bound is infinite then.
 */
export function sketchWasserstein(a: HistogramSketch, b: HistogramSketch): Bounded {
  requireEqualSlots(a.reference, b.reference);
  const reference = numeric(a);
  const bins = reference.valueSlots;
  const f = cumulative(a, bins);
  const g = cumulative(b, bins);
  let value = 0;
  let bound = 0;
  for (let bin = 0; bin < bins; bin++) {
    const { low, high } = binEnds(reference, bin);
    const width = high - low;
    const from = (f[bin] ?? 0) - (g[bin] ?? 0);
    const to = (f[bin + 1] ?? 0) - (g[bin + 1] ?? 0);
    // The area under |a straight line|: two triangles where it changes sign.
    const straight =
      from * to >= 0
        ? Math.abs(from + to) / 2
        : (from * from + to * to) / (2 * (Math.abs(from) + Math.abs(to)));
    value += width * straight;
    // Either function lies anywhere between its two ends.
    const mass = (f[bin + 1] ?? 0) - (f[bin] ?? 0) + (g[bin + 1] ?? 0) - (g[bin] ?? 0);
    bound += width * mass;
  }
  const outside = a.below + a.above + b.below + b.above > 0;
  return { value, bound: outside ? Number.POSITIVE_INFINITY : bound };
}

function binEnds(reference: NumericReference, bin: number): { readonly low: number; readonly high: number } {
  const { edges, low, high } = reference;
  const from = bin === 0 ? Math.min(low, edges[0] ?? low) : (edges[bin - 1] ?? low);
  const to = bin >= edges.length ? Math.max(high, edges[edges.length - 1] ?? high) : (edges[bin] ?? high);
  return { low: from, high: to };
}
