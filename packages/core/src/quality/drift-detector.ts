import { EvenkeelError } from '../kernel/errors.ts';
import type { DriftTables, Movement } from './drift-tables.ts';
import { type HistogramSketch, requireEqualSlots } from './histogram-sketch.ts';
import { LEARNED_STATE, LearnedRatio } from './learned-ratio.ts';

/** `drifted` stays until the evidence is gone again: one alarm for one change, however long it lasts. */
export type DriftLevel = 'stable' | 'watch' | 'drifted';

export interface DriftDetectorOptions {
  /**
   * Mean number of events between two false alarms, at least; 100 and up. Default 1,000,000.
   * For several monitors with one budget see `alarmBudget`.
   */
  readonly falseAlarmEvery?: number;
  /**
   * The same for the watch level. Default: `falseAlarmEvery` / 17, the ratio of what lies outside 2 σ to what lies outside 3 σ.
   */
  readonly watchEvery?: number;
}

/** When a change probably began, in events before now. */
export interface ChangePoint {
  /** Events since the change: the mean of its posterior distribution under a flat prior. */
  readonly eventsAgo: number;
  /** 90 % interval; `earliest` is the larger number. */
  readonly earliest: number;
  readonly latest: number;
}

export interface DriftFinding {
  /** Events between chance findings of this strength: 1,000,000 reads "by chance once in a million events". */
  readonly evidence: number;
  readonly change: ChangePoint;
  /** What moved, the likeliest first, with its share of the evidence; at most three. */
  readonly movements: readonly { readonly movement: Movement; readonly share: number }[];
  /** Shares by slot: the reference's and the recent events' (about the last 800, more weight on the latest). */
  readonly before: Float64Array;
  readonly after: Float64Array;
}

export type DriftEvent =
  | { readonly type: 'alarm'; readonly finding: DriftFinding; readonly events: number }
  | { readonly type: 'watch'; readonly finding: DriftFinding; readonly events: number }
  | { readonly type: 'recovered'; readonly events: number };

export interface DriftSnapshot {
  readonly level: DriftLevel;
  /** Events seen. */
  readonly events: number;
  /** Alarms so far. */
  readonly alarms: number;
  readonly finding: DriftFinding | undefined;
}

export interface DriftDetector {
  readonly tables: DriftTables;
  /**
   * Takes the events since the last call, merged over replicas. Best at most 8 at a time, and more is right too: more delay an alarm, they do not make it wronger.
   * The sketch is read, not cleared.
   * @returns the event when the level changed
   * @throws EvenkeelError `conflict` for a sketch with other slots
   */
  advance(sketch: HistogramSketch): DriftEvent | undefined;
  /** As {@link advance}, from counts by slot. */
  advanceCounts(counts: ArrayLike<number>): DriftEvent | undefined;
  snapshot(): DriftSnapshot;
  /** Forgets what was seen, for instance after the reference's cause of alarm was dealt with. */
  reset(): void;
}

/** Live events that refine the reference, as a multiple of its size, and at least this many. */
const LIVE_SHARE = 2;
const LIVE_LEAST = 400;

/**
 * A sequential detector of any change of a distribution, with a stated mean time between false alarms however often it is looked at.
 *
 * An e-detector of Shiryaev–Roberts kind (Shin, Ramdas, Rinaldo 2024): for each alternative `M ← (M + n) · e`, where `e` is the likelihood ratio
 * of the tick's counts to the reference; the weighted sum of all M has at most the mean `t` after `t` events without change, and so crosses `c` on average no
 * sooner than after `c` events. Counts add, so replicas only ship histograms.
 *
 * Two things a textbook leaves out. The reference is a sample: the ratio's mean is not 1 but estimated, from the
 * reference and the live events together (under no change all of them are exchangeable), which makes a small reference cautious instead of wrong.
 * Events may be correlated in time: each alternative is tempered by the variance inflation of its own ratio in the reference.
 */
export function createDriftDetector(tables: DriftTables, options: DriftDetectorOptions = {}): DriftDetector {
  const alarmAt = options.falseAlarmEvery ?? 1_000_000;
  const watchAt = options.watchEvery ?? alarmAt / 17;
  if (!(alarmAt >= 100) || !(watchAt > 0) || watchAt > alarmAt) {
    throw new EvenkeelError(
      'bad_request',
      `falseAlarmEvery must be at least 100 events and watchEvery above 0 and at most as many, not ${alarmAt} and ${watchAt}.`,
    );
  }
  return new Detector(tables, alarmAt, watchAt);
}

class Detector implements DriftDetector {
  readonly tables: DriftTables;
  readonly #alarmAt: number;
  readonly #watchAt: number;
  readonly #alternatives: number;
  /** Few and packed, for there are thousands of monitors. By alternative: mass of all starts, then sums of ratios over live events. */
  readonly #sums: Float64Array;
  /** By alternative: mean age of the mass in events, then mean squared age; then live events by slot; then the learned ratio's. */
  readonly #state: Float32Array;
  readonly #live: number;
  #liveTotal = 0;
  /**
   * What an empty slot counts: a half, and less once the live events exceed what is kept of them, for a slot
   * that stays empty becomes ever less likely.
   */
  #half = 0.5;
  readonly #learned: LearnedRatio;
  #events = 0;
  #alarms = 0;
  #level: DriftLevel = 'stable';
  #finding: DriftFinding | undefined;
  /** While drifted: events since the evidence was last strong, and how long it may stay weak. */
  #quiet = 0;
  #patience = 0;

  constructor(tables: DriftTables, alarmAt: number, watchAt: number) {
    const alternatives = tables.movements.length;
    this.tables = tables;
    this.#alarmAt = alarmAt;
    this.#watchAt = watchAt;
    this.#alternatives = alternatives;
    this.#live = 2 * alternatives;
    const ratio = this.#live + tables.slots;
    const singles = ratio + LEARNED_STATE * tables.slots;
    const buffer = new ArrayBuffer(16 * alternatives + 4 * singles);
    this.#sums = new Float64Array(buffer, 0, 2 * alternatives);
    this.#state = new Float32Array(buffer, 16 * alternatives, singles);
    this.#learned = new LearnedRatio(tables, this.#state, ratio);
  }

  advance(sketch: HistogramSketch): DriftEvent | undefined {
    requireEqualSlots(this.tables.reference, sketch.reference);
    return this.advanceCounts(sketch.counts);
  }

  advanceCounts(counts: ArrayLike<number>): DriftEvent | undefined {
    const { slots, hit } = this.tables;
    let hits = 0;
    let n = 0;
    for (let slot = 0; slot < slots; slot++) {
      const count = counts[slot] ?? 0;
      if (!(count > 0)) continue;
      hit[hits++] = slot;
      n += count;
    }
    if (n === 0) return undefined;
    this.#events += n;
    const evidence = this.#weigh(counts, hits, n);
    this.#remember(counts, hits, n);
    return this.#judge(evidence, n);
  }

  snapshot(): DriftSnapshot {
    return { level: this.#level, events: this.#events, alarms: this.#alarms, finding: this.#finding };
  }

  reset(): void {
    this.#restart();
    this.#level = 'stable';
    this.#finding = undefined;
  }

  /** Moves every alternative on by the tick's counts; the weighted sum of all is the evidence. */
  #weigh(counts: ArrayLike<number>, hits: number, n: number): number {
    const { slots, hit, ratios, logRatios, tempers, weights, referenceSums, ratioSums, reference } =
      this.tables;
    const last = this.#alternatives - 1;
    // Half way through the tick: what one event after the other would have used, on average.
    const half = this.#half;
    const total = reference.n + half * slots + this.#liveTotal + n / 2;
    let evidence = 0;
    for (let k = 0; k < last; k++) {
      const row = k * slots;
      let log = 0;
      let sum = 0;
      for (let h = 0; h < hits; h++) {
        const slot = hit[h] ?? 0;
        const count = counts[slot] ?? 0;
        log += count * (logRatios[row + slot] ?? 0);
        sum += count * (ratios[row + slot] ?? 0);
      }
      const live = this.#sums[this.#alternatives + k] ?? 0;
      this.#sums[this.#alternatives + k] = live + sum;
      const meanRatio = ((referenceSums[k] ?? 0) + half * (ratioSums[k] ?? 0) + live + sum / 2) / total;
      const tempered = (tempers[k] ?? 1) * (log - n * Math.log(meanRatio));
      evidence += (weights[k] ?? 0) * this.#step(k, tempered, n);
    }
    const log = this.#learned.logLikelihood(counts, hits, this.#live, this.#liveTotal, half);
    return evidence + (weights[last] ?? 0) * this.#step(last, log, n);
  }

  /**
   * One Shiryaev–Roberts step. All starts are multiplied alike, so the distribution of their ages only changes by time and by new starts:
   * two moments of it need no history.
   */
  #step(k: number, log: number, n: number): number {
    const mass = this.#sums[k] ?? 0;
    const age = this.#state[k] ?? 0;
    const squared = this.#state[this.#alternatives + k] ?? 0;
    this.#state[k] = (mass * age) / (mass + n) + n;
    this.#state[this.#alternatives + k] = (mass * (squared + 2 * n * age)) / (mass + n) + n * n;
    const next = Math.min(1e300, (mass + n) * Math.exp(Math.min(600, Math.max(-600, log))));
    this.#sums[k] = next;
    return next;
  }

  #remember(counts: ArrayLike<number>, hits: number, n: number): void {
    const { hit, slots, reference } = this.tables;
    const live = this.#live;
    for (let h = 0; h < hits; h++) {
      const slot = hit[h] ?? 0;
      this.#state[live + slot] = (this.#state[live + slot] ?? 0) + (counts[slot] ?? 0);
    }
    this.#liveTotal += n;
    const most = Math.max(LIVE_LEAST, LIVE_SHARE * reference.n);
    if (this.#liveTotal > most) {
      const keep = most / this.#liveTotal;
      for (let slot = live; slot < live + slots; slot++) this.#state[slot] = (this.#state[slot] ?? 0) * keep;
      for (let k = this.#alternatives; k < this.#sums.length; k++)
        this.#sums[k] = (this.#sums[k] ?? 0) * keep;
      this.#liveTotal = most;
      this.#half *= keep;
    }
    this.#learned.remember(counts, hits, n);
  }

  #judge(evidence: number, n: number): DriftEvent | undefined {
    if (this.#level === 'drifted') {
      this.#quiet += n;
      if (evidence >= this.#watchAt) {
        // The same change goes on: start again to see when it ends, without another alarm.
        this.#finding = this.#describe(evidence);
        this.#quiet = 0;
        this.#restart();
      } else if (this.#quiet >= this.#patience) {
        this.#level = 'stable';
        this.#finding = undefined;
        this.#restart();
        return { type: 'recovered', events: this.#events };
      }
      return undefined;
    }
    if (evidence >= this.#alarmAt) {
      const finding = this.#describe(evidence);
      this.#finding = finding;
      this.#level = 'drifted';
      this.#alarms++;
      this.#quiet = 0;
      // A change found late is weak, and is confirmed late too.
      this.#patience = Math.max(256, 4 * finding.change.earliest);
      this.#restart();
      return { type: 'alarm', finding, events: this.#events };
    }
    if (this.#level === 'stable' && evidence >= this.#watchAt) {
      this.#level = 'watch';
      this.#finding = this.#describe(evidence);
      return { type: 'watch', finding: this.#finding, events: this.#events };
    }
    if (this.#level === 'watch') {
      // Left at a tenth, so that it does not flicker.
      if (evidence >= this.#watchAt / 10) this.#finding = this.#describe(evidence);
      else {
        this.#level = 'stable';
        this.#finding = undefined;
        return { type: 'recovered', events: this.#events };
      }
    }
    return undefined;
  }

  #describe(evidence: number): DriftFinding {
    const { movements, weights, reference } = this.tables;
    let mean = 0;
    let squared = 0;
    const ranked = movements.map((movement, k) => {
      const share = ((weights[k] ?? 0) * (this.#sums[k] ?? 0)) / evidence;
      mean += share * (this.#state[k] ?? 0);
      squared += share * (this.#state[this.#alternatives + k] ?? 0);
      return { movement, share };
    });
    ranked.sort((a, b) => b.share - a.share);
    const deviation = Math.sqrt(Math.max(0, squared - mean * mean));
    return {
      evidence,
      change: {
        eventsAgo: Math.round(mean),
        earliest: Math.ceil(mean + 1.645 * deviation),
        latest: Math.max(1, Math.floor(mean - 1.645 * deviation)),
      },
      movements: ranked.slice(0, 3).filter((entry) => entry.share >= 0.05),
      before: Float64Array.from(reference.p),
      after: this.#learned.recent(),
    };
  }

  #restart(): void {
    this.#sums.fill(0);
    this.#state.fill(0);
    this.#liveTotal = 0;
    this.#half = 0.5;
    this.#learned.restart();
  }
}
