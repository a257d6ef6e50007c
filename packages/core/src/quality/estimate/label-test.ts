import { EvenkeelError } from '../../kernel/errors.ts';
import { malformed, readAmount, readFinites, readRecord } from '../metrics/json-state.ts';

/** Shifts of the logit of being right that are looked for, and their prior weights. Few and wide: each one more costs labels. */
const SHIFTS: readonly number[] = [-0.35, -0.7, -1.1, -1.8, 0.8];
const WEIGHTS: readonly number[] = [0.12, 0.3, 0.32, 0.18, 0.08];
/** Recent means of the residuals look back about this many labels; an alarm reads the longest that lies within the change. */
const MEMORIES: readonly number[] = [12, 30, 75, 190, 475];
/** Standard errors of the calibration that a ratio is lowered by. Chosen by simulation: sim/quality. */
const MARGIN = 0.5;
/** A confidence nearer to 0 or 1 than this is taken as this: otherwise one wrong label would be proof. */
const SUREST = 0.002;

export interface LabelTestOptions {
  /** Mean number of labels between two false alarms, at least; 100 and up. Default 10,000. For several tests with one budget multiply by their number. */
  readonly falseAlarmEvery?: number;
  /**
   * Labels that the confidence was calibrated with. A calibration is a sample, and what it is wrong by is not drift:
   * the fewer labels, the more caution. Default: taken as exact.
   */
  readonly calibrationLabels?: number;
}

export interface LabelAlarm {
  /** Labels between chance findings of this strength. */
  readonly evidence: number;
  /** Labels since it probably changed: mean and 90 % interval, `earliest` the larger number. */
  readonly labelsAgo: number;
  readonly earliest: number;
  readonly latest: number;
  /** Mean of confidence less the share that was right, since about the change: 0.1 is ten points worse than estimated. */
  readonly loss: number;
  /** Whether answers are worse than estimated; better voids an estimate too. */
  readonly worse: boolean;
}

export interface LabelTest {
  /**
   * One label, in the order of arrival.
   * @param right whether the answer was
   * @param confidence calibrated probability, from before the label, that it would be
   * @returns the alarm, once; after it the test must be {@link restart}ed
   */
  add(right: boolean, confidence: number): LabelAlarm | undefined;
  readonly labels: number;
  readonly alarm: LabelAlarm | undefined;
  restart(calibrationLabels?: number): void;
  save(): unknown;
}

/**
 * Tests calibrated confidence against late labels, however often it is looked at: while the confidence is right, the mean time to an alarm is at
 * least so many labels (an e-detector as in `createDriftDetector`; the ratios are of right and wrong given the confidence moved by a shift of its logit).
 * Finds what confidence cannot see by itself: that the same scores have come to mean something else.
 * Label arrival must not depend on whether the answer was right; see `arrivalBias`.
 */
export function createLabelTest(options: LabelTestOptions = {}, saved?: unknown): LabelTest {
  const falseAlarmEvery = options.falseAlarmEvery ?? 10_000;
  if (!(falseAlarmEvery >= 100)) {
    throw new EvenkeelError(
      'bad_request',
      `falseAlarmEvery must be at least 100 labels, not ${falseAlarmEvery}.`,
    );
  }
  return new Test(falseAlarmEvery, options.calibrationLabels, saved);
}

class Test implements LabelTest {
  readonly #alarmAt: number;
  #calibrated: number | undefined;
  /** By shift: mass of all starts, mean age and mean squared age of the mass, sum of ratios so far. */
  #mass: Float64Array = new Float64Array(SHIFTS.length);
  #age: Float64Array = new Float64Array(SHIFTS.length);
  #squaredAge: Float64Array = new Float64Array(SHIFTS.length);
  #ratios: Float64Array = new Float64Array(SHIFTS.length);
  labels = 0;
  alarm: LabelAlarm | undefined;
  /** By memory: faded sum of residuals. */
  #residuals: Float64Array = new Float64Array(MEMORIES.length);

  constructor(alarmAt: number, calibrated: number | undefined, saved: unknown) {
    this.#alarmAt = alarmAt;
    this.#calibrated = calibrated;
    if (saved !== undefined) this.#load(saved);
  }

  add(right: boolean, confidence: number): LabelAlarm | undefined {
    if (this.alarm !== undefined) return undefined;
    const c = Math.min(1 - SUREST, Math.max(SUREST, confidence));
    for (let m = 0; m < MEMORIES.length; m++) {
      const faded = (this.#residuals[m] ?? 0) * Math.exp(-1 / (MEMORIES[m] ?? 1));
      this.#residuals[m] = faded + c - (right ? 1 : 0);
    }
    const seen = this.labels++;
    let evidence = 0;
    for (let k = 0; k < SHIFTS.length; k++) {
      const odds = Math.exp(SHIFTS[k] ?? 0);
      // Of the shifted probability to the confidence: q = c·odds / (1 − c + c·odds).
      const ratio = (right ? odds : 1) / (1 - c + c * odds);
      const sum = (this.#ratios[k] ?? 0) + ratio;
      this.#ratios[k] = sum;
      const calibrated = this.#calibrated;
      // While nothing changes, the labels of the calibration and those since are of one kind: their mean ratio is what 1 is in theory.
      const mean = calibrated === undefined ? 1 : (calibrated + sum) / (calibrated + seen + 1);
      // An isotonic fit follows its labels further than the truth does: by a part of a standard error of the mean ratio.
      const spread = (Math.abs(odds - 1) * Math.sqrt(c * (1 - c))) / (1 - c + c * odds);
      const margin = calibrated === undefined ? 1 : 1 + (MARGIN * spread) / Math.sqrt(calibrated);
      evidence += (WEIGHTS[k] ?? 0) * this.#step(k, ratio / (mean * margin));
    }
    if (evidence < this.#alarmAt) return undefined;
    this.alarm = this.#describe(evidence);
    return this.alarm;
  }

  #step(k: number, ratio: number): number {
    const mass = this.#mass[k] ?? 0;
    const age = this.#age[k] ?? 0;
    const squared = this.#squaredAge[k] ?? 0;
    this.#age[k] = (mass * age) / (mass + 1) + 1;
    this.#squaredAge[k] = (mass * (squared + 2 * age)) / (mass + 1) + 1;
    const next = Math.min(1e300, (mass + 1) * ratio);
    this.#mass[k] = next;
    return next;
  }

  #describe(evidence: number): LabelAlarm {
    let mean = 0;
    let squared = 0;
    let down = 0;
    SHIFTS.forEach((shift, k) => {
      const share = ((WEIGHTS[k] ?? 0) * (this.#mass[k] ?? 0)) / evidence;
      mean += share * (this.#age[k] ?? 0);
      squared += share * (this.#squaredAge[k] ?? 0);
      if (shift < 0) down += share;
    });
    const deviation = Math.sqrt(Math.max(0, squared - mean * mean));
    return {
      evidence,
      labelsAgo: Math.round(mean),
      earliest: Math.ceil(mean + 1.645 * deviation),
      latest: Math.max(1, Math.floor(mean - 1.645 * deviation)),
      loss: this.#recentLoss(mean),
      worse: down >= 0.5,
    };
  }

  #recentLoss(labelsAgo: number): number {
    let at = 0;
    while (at < MEMORIES.length - 1 && (MEMORIES[at + 1] ?? 0) <= labelsAgo) at++;
    const memory = MEMORIES[at] ?? 1;
    const weight = (1 - Math.exp(-this.labels / memory)) / (1 - Math.exp(-1 / memory));
    return weight > 0 ? (this.#residuals[at] ?? 0) / weight : 0;
  }

  restart(calibrationLabels?: number): void {
    this.#calibrated = calibrationLabels ?? this.#calibrated;
    for (const list of [this.#mass, this.#age, this.#squaredAge, this.#ratios, this.#residuals]) list.fill(0);
    this.labels = 0;
    this.alarm = undefined;
  }

  save(): unknown {
    return {
      calibrated: this.#calibrated ?? null,
      mass: [...this.#mass],
      age: [...this.#age],
      squaredAge: [...this.#squaredAge],
      ratios: [...this.#ratios],
      labels: this.labels,
      residuals: [...this.#residuals],
      alarm: this.alarm ?? null,
    };
  }

  #load(saved: unknown): void {
    const record = readRecord(saved, 'a label test');
    const list = (raw: unknown, what: string): Float64Array =>
      Float64Array.from(readFinites(raw, SHIFTS.length, what).map((value) => readAmount(value, what)));
    this.#mass = list(record.mass, 'mass');
    this.#age = list(record.age, 'age');
    this.#squaredAge = list(record.squaredAge, 'squaredAge');
    this.#ratios = list(record.ratios, 'ratios');
    this.labels = readAmount(record.labels, 'labels');
    this.#calibrated = record.calibrated === null ? undefined : readAmount(record.calibrated, 'calibrated');
    this.#residuals = Float64Array.from(readFinites(record.residuals, MEMORIES.length, 'residuals'));
    this.alarm = record.alarm === null ? undefined : readAlarm(record.alarm);
  }
}

function readAlarm(raw: unknown): LabelAlarm {
  const record = readRecord(raw, 'an alarm');
  const { worse } = record;
  if (typeof worse !== 'boolean') throw malformed('worse is neither true nor false');
  const [loss = 0] = readFinites([record.loss], 1, 'loss');
  return {
    evidence: readAmount(record.evidence, 'evidence'),
    labelsAgo: readAmount(record.labelsAgo, 'labelsAgo'),
    earliest: readAmount(record.earliest, 'earliest'),
    latest: readAmount(record.latest, 'latest'),
    loss,
    worse,
  };
}
