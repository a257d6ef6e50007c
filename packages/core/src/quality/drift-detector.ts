import { EvenkeelError } from '../kernel/errors.ts';
import { type DetectorState, readDetectorState, writeDetectorState } from './detector-record.ts';
import type { DriftFinding, DriftLevel } from './drift-finding.ts';
import type { DriftTables } from './drift-tables.ts';
import { type HistogramSketch, requireEqualSlots } from './histogram-sketch.ts';
import { LEARNED_STATE, LearnedRatio } from './learned-ratio.ts';

export type { ChangePoint, DriftFinding, DriftLevel } from './drift-finding.ts';

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
  /**
   * Goes on against another reference with the same slots, such as that of the next hour: the evidence so far stays, what is known of the recent events does not.
   * @param evidence `forget` when the reference now holds what the evidence was about, such as yesterday
   * @throws EvenkeelError `conflict` for other slots or alternatives
   */
  retable(tables: DriftTables, evidence?: 'keep' | 'forget'): void;
  /** All that it knows, as JSON: give it to {@link createDriftDetector} after a restart. */
  save(): unknown;
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
 * @param saved what a detector with the same tables saved
 * @throws EvenkeelError `bad_request` for options out of range or a saved state that is none, `conflict` for one of another baseline
 */
export function createDriftDetector(
  tables: DriftTables,
  options: DriftDetectorOptions = {},
  saved?: unknown,
): DriftDetector {
  const alarmAt = options.falseAlarmEvery ?? 1_000_000;
  const watchAt = options.watchEvery ?? alarmAt / 17;
  if (!(alarmAt >= 100) || !(watchAt > 0) || watchAt > alarmAt) {
    throw new EvenkeelError(
      'bad_request',
      `falseAlarmEvery must be at least 100 events and watchEvery above 0 and at most as many, not ${alarmAt} and ${watchAt}.`,
    );
  }
  const detector = new Detector(tables, alarmAt, watchAt);
  if (saved !== undefined) detector.load(saved);
  return detector;
}

class Detector implements DriftDetector {
  tables: DriftTables;
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

  retable(tables: DriftTables, evidence: 'keep' | 'forget' = 'keep'): void {
    requireEqualSlots(this.tables.reference, tables.reference);
    if (tables.movements.length !== this.#alternatives) {
      throw new EvenkeelError('conflict', 'These tables weigh other alternatives than the detector does.');
    }
    this.tables = tables;
    const from = evidence === 'forget' ? 0 : 1;
    this.#sums.fill(0, from * this.#alternatives);
    this.#state.fill(0, from * this.#live);
    this.#liveTotal = 0;
    this.#half = 0.5;
    this.#learned.retable(tables);
  }

  save(): unknown {
    const [recentTotal, sinceRefresh] = this.#learned.save();
    const state: DetectorState = {
      fingerprint: this.tables.reference.fingerprint,
      sums: [...this.#sums],
      state: [...this.#state],
      liveTotal: this.#liveTotal,
      half: this.#half,
      recentTotal,
      sinceRefresh,
      events: this.#events,
      alarms: this.#alarms,
      level: this.#level,
      quiet: this.#quiet,
      patience: this.#patience,
      finding: this.#finding,
    };
    return writeDetectorState(state);
  }

  load(saved: unknown): void {
    const state = readDetectorState(saved, this.#sums.length, this.#state.length, this.tables);
    this.#sums.set(state.sums);
    this.#state.set(state.state);
    this.#liveTotal = state.liveTotal;
    this.#half = state.half;
    this.#learned.load(state.recentTotal, state.sinceRefresh);
    this.#events = state.events;
    this.#alarms = state.alarms;
    this.#level = state.level;
    this.#quiet = state.quiet;
    this.#patience = state.patience;
    this.#finding = state.finding;
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
