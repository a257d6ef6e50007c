import type { DriftTables } from './drift-tables.ts';

/** Recent events count with weight e^(−age/800 events). */
const MEMORY = 800;
/** The table is made anew after this many events; until then it only uses what was known before them. */
const REFRESH = 64;
/** What a slot's ratio may have become, with prior chances: most lose a little to a few that gain. */
const RATIOS: readonly number[] = [0.9, 1.4, 2.5, 6];
const CHANCES: readonly number[] = [0.82, 0.12, 0.04, 0.02];
const LOG_RATIOS: readonly number[] = RATIOS.map(Math.log);
/** How much a neighbouring bin's count counts for a bin; distributions are smooth more often than not. */
const NEIGHBOUR = 0.25;

/**
 * The alternative that no table foresaw: each slot's ratio is the mean of its posterior distribution given the recent counts
 * (Poisson counts, four possible ratios), normalised over slots. Used only for events after those it was learned from, so it is
 * a likelihood ratio like the fixed ones: learning nothing gives 1, and costs no false alarm.
 */
export class LearnedRatio {
  readonly #tables: DriftTables;
  readonly #recent: Float64Array;
  #recentTotal = 0;
  readonly #log: Float64Array;
  #sinceRefresh = REFRESH;
  readonly #temper: number;

  constructor(tables: DriftTables) {
    this.#tables = tables;
    this.#recent = new Float64Array(tables.slots);
    this.#log = new Float64Array(tables.slots);
    this.#temper = 1 / tables.inflation;
  }

  /** Tempered log likelihood ratio of a tick's counts, from what was known before the tick. */
  logLikelihood(
    counts: ArrayLike<number>,
    hit: ArrayLike<number>,
    hits: number,
    live: Float64Array,
    liveTotal: number,
  ): number {
    if (this.#sinceRefresh >= REFRESH) {
      this.#refresh(live, liveTotal);
      this.#sinceRefresh = 0;
    }
    let log = 0;
    for (let h = 0; h < hits; h++) {
      const slot = hit[h] ?? 0;
      log += (counts[slot] ?? 0) * (this.#log[slot] ?? 0);
    }
    return log * this.#temper;
  }

  remember(counts: ArrayLike<number>, hit: ArrayLike<number>, hits: number, n: number): void {
    const keep = Math.exp(-n / MEMORY);
    for (let slot = 0; slot < this.#recent.length; slot++)
      this.#recent[slot] = (this.#recent[slot] ?? 0) * keep;
    for (let h = 0; h < hits; h++) {
      const slot = hit[h] ?? 0;
      this.#recent[slot] = (this.#recent[slot] ?? 0) + (counts[slot] ?? 0);
    }
    this.#recentTotal = this.#recentTotal * keep + n;
    this.#sinceRefresh += n;
  }

  /** Recent shares by slot; all 0 when nothing was seen yet. */
  recent(): Float64Array {
    const total = this.#recentTotal;
    return this.#recent.map((count) => (total > 0 ? count / total : 0));
  }

  restart(): void {
    this.#recent.fill(0);
    this.#recentTotal = 0;
    this.#sinceRefresh = REFRESH;
  }

  #refresh(live: Float64Array, liveTotal: number): void {
    const { prior, priorTotal, slots, reference } = this.#tables;
    const total = priorTotal + liveTotal;
    const neighbours = reference.kind === 'numeric' ? reference.valueSlots : 0;
    let sum = 0;
    for (let slot = 0; slot < slots; slot++) {
      const p = ((prior[slot] ?? 0) + (live[slot] ?? 0)) / total;
      let count = this.#recent[slot] ?? 0;
      let expected = p;
      if (slot < neighbours) {
        const left = Math.max(0, slot - 1);
        const right = Math.min(neighbours - 1, slot + 1);
        count += NEIGHBOUR * ((this.#recent[left] ?? 0) + (this.#recent[right] ?? 0));
        expected +=
          (NEIGHBOUR * ((prior[left] ?? 0) + (live[left] ?? 0) + (prior[right] ?? 0) + (live[right] ?? 0))) /
          total;
      }
      const ratio = this.#posteriorMean(count, expected * this.#recentTotal);
      this.#log[slot] = ratio;
      sum += ratio * p;
    }
    for (let slot = 0; slot < slots; slot++) this.#log[slot] = Math.log((this.#log[slot] ?? 1) / sum);
  }

  #posteriorMean(count: number, expected: number): number {
    let highest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < RATIOS.length; j++) {
      const log = (count * (LOG_RATIOS[j] ?? 0) - expected * ((RATIOS[j] ?? 1) - 1)) * this.#temper;
      if (log > highest) highest = log;
    }
    let above = 0;
    let below = 0;
    for (let j = 0; j < RATIOS.length; j++) {
      const log = (count * (LOG_RATIOS[j] ?? 0) - expected * ((RATIOS[j] ?? 1) - 1)) * this.#temper;
      const weight = (CHANCES[j] ?? 0) * Math.exp(log - highest);
      above += weight * (RATIOS[j] ?? 1);
      below += weight;
    }
    return above / below;
  }
}
