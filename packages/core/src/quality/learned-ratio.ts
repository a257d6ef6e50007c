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

/** Numbers of state per slot. */
export const LEARNED_STATE = 2;

/**
 * The alternative that no table foresaw: each slot's ratio is the mean of its posterior distribution given the recent counts
 * (Poisson counts, four possible ratios), normalised over slots. Used only for events after those it was learned from, so it is
 * a likelihood ratio like the fixed ones: learning nothing gives 1, and costs no false alarm.
 */
export class LearnedRatio {
  #tables: DriftTables;
  /** From `#at` on: recent counts by slot, then the logarithms of the ratios in use. The rest is the detector's. */
  readonly #state: Float32Array;
  readonly #at: number;
  #recentTotal = 0;
  #sinceRefresh = REFRESH;
  #temper: number;

  constructor(tables: DriftTables, state: Float32Array, at: number) {
    this.#tables = tables;
    this.#state = state;
    this.#at = at;
    this.#temper = 1 / tables.inflation;
  }

  /** Tempered log likelihood ratio of a tick's counts, from what was known before the tick. From `live` on the state has live events by slot; an empty slot counts `half`. */
  logLikelihood(
    counts: ArrayLike<number>,
    hits: number,
    live: number,
    liveTotal: number,
    half: number,
  ): number {
    if (this.#sinceRefresh >= REFRESH) {
      this.#refresh(live, liveTotal, half);
      this.#sinceRefresh = 0;
    }
    const { hit, slots } = this.#tables;
    const logs = this.#at + slots;
    let log = 0;
    for (let h = 0; h < hits; h++) {
      const slot = hit[h] ?? 0;
      log += (counts[slot] ?? 0) * (this.#state[logs + slot] ?? 0);
    }
    return log * this.#temper;
  }

  remember(counts: ArrayLike<number>, hits: number, n: number): void {
    const { hit, slots } = this.#tables;
    const keep = Math.exp(-n / MEMORY);
    const end = this.#at + slots;
    for (let place = this.#at; place < end; place++) this.#state[place] = (this.#state[place] ?? 0) * keep;
    for (let h = 0; h < hits; h++) {
      const slot = hit[h] ?? 0;
      const place = this.#at + slot;
      this.#state[place] = (this.#state[place] ?? 0) + (counts[slot] ?? 0);
    }
    this.#recentTotal = this.#recentTotal * keep + n;
    this.#sinceRefresh += n;
  }

  /** Recent shares by slot; all 0 when nothing was seen yet. */
  recent(): Float64Array {
    const total = this.#recentTotal;
    const counts = this.#state.subarray(this.#at, this.#at + this.#tables.slots);
    return Float64Array.from(counts, (count) => (total > 0 ? count / total : 0));
  }

  /** Goes on against another reference with the same slots. */
  retable(tables: DriftTables): void {
    this.#tables = tables;
    this.#temper = 1 / tables.inflation;
    this.restart();
  }

  /** What is not in the state shared with the detector. */
  save(): readonly [recentTotal: number, sinceRefresh: number] {
    return [this.#recentTotal, this.#sinceRefresh];
  }

  load(recentTotal: number, sinceRefresh: number): void {
    this.#recentTotal = recentTotal;
    this.#sinceRefresh = sinceRefresh;
  }

  restart(): void {
    this.#state.fill(0, this.#at, this.#at + LEARNED_STATE * this.#tables.slots);
    this.#recentTotal = 0;
    this.#sinceRefresh = REFRESH;
  }

  #refresh(live: number, liveTotal: number, half: number): void {
    const { slots, reference } = this.#tables;
    const total = reference.n + half * slots + liveTotal;
    const ordered = reference.kind === 'numeric' ? reference.valueSlots : 0;
    const pooled = (slot: number): number =>
      ((reference.counts[slot] ?? 0) + half + (this.#state[live + slot] ?? 0)) / total;
    let sum = 0;
    for (let slot = 0; slot < slots; slot++) {
      const p = pooled(slot);
      let count = this.#state[this.#at + slot] ?? 0;
      let share = p;
      if (slot < ordered) {
        const left = Math.max(0, slot - 1);
        const right = Math.min(ordered - 1, slot + 1);
        count += NEIGHBOUR * ((this.#state[this.#at + left] ?? 0) + (this.#state[this.#at + right] ?? 0));
        share += NEIGHBOUR * (pooled(left) + pooled(right));
      }
      const ratio = this.#posteriorMean(count, share * this.#recentTotal);
      this.#state[this.#at + slots + slot] = ratio;
      sum += ratio * p;
    }
    const end = this.#at + LEARNED_STATE * slots;
    for (let place = this.#at + slots; place < end; place++) {
      this.#state[place] = Math.log((this.#state[place] ?? 1) / sum);
    }
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
