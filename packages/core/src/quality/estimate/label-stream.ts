import { readAmount, readRecord } from '../metrics/json-state.ts';
import {
  type Calibration,
  type CalibrationCounts,
  calibrated,
  countLabel,
  createCalibrationCounts,
  fadeCalibration,
  learnCalibration,
  loadCalibration,
  saveCalibration,
} from './calibration.ts';
import { createLabelTest, type LabelAlarm, type LabelTest } from './label-test.ts';

export interface LabelStreamOptions {
  readonly falseAlarmEvery: number;
  /** Labels that a calibration needs. */
  readonly calibrateAfter: number;
  /** Labels after which one counts half. */
  readonly halfLife: number;
}

/** `learning`: too few labels yet. `valid`: calibrated and not contradicted. `void`: labels contradict it; it is being learned anew. */
export type EstimateState = 'learning' | 'valid' | 'void';

/** Labels between two refits of the calibration: often enough to follow, seldom enough to cost nothing. */
const REFIT = 100;

/** Labels of one part of the traffic, in the order of arrival: they calibrate, and they test the calibration that they have not been part of. */
export class LabelStream {
  readonly #options: LabelStreamOptions;
  #counts: CalibrationCounts = createCalibrationCounts();
  #calibration: Calibration | undefined;
  readonly #test: LabelTest;
  #sinceFit = 0;
  /** Labels since the calibration was begun. */
  #learned = 0;
  /** Sum of the weights of all labels and their number: weights count relative to their mean, so that they do not pretend to more labels. */
  #weights = 0;
  #weighed = 0;
  state: EstimateState = 'learning';
  /** The alarm that made it void; kept until it is valid again. */
  alarm: LabelAlarm | undefined;

  constructor(options: LabelStreamOptions, saved?: unknown) {
    this.#options = options;
    const record = saved === undefined ? undefined : readRecord(saved, 'a label stream');
    this.#test = createLabelTest({ falseAlarmEvery: options.falseAlarmEvery }, record?.test);
    if (record === undefined) return;
    this.#counts = loadCalibration(record.counts);
    this.#learned = readAmount(record.learned, 'learned');
    this.#sinceFit = readAmount(record.sinceFit, 'sinceFit');
    this.#weights = readAmount(record.weights, 'weights');
    this.#weighed = readAmount(record.weighed, 'weighed');
    this.state = record.state === 'valid' || record.state === 'void' ? record.state : 'learning';
    this.alarm = this.#test.alarm;
    if (this.state === 'valid') this.#calibration = learnCalibration(this.#counts);
  }

  get calibration(): Calibration | undefined {
    return this.#calibration;
  }

  /** Labels that the present calibration rests on, older ones counting less. */
  get labels(): number {
    return this.#counts.labels.reduce((sum, n) => sum + n, 0);
  }

  get counts(): CalibrationCounts {
    return this.#counts;
  }

  /** @returns the alarm when this label made the estimate void */
  add(score: number, saidPositive: boolean, positive: boolean, weight: number): LabelAlarm | undefined {
    const calibration = this.#calibration;
    let alarm: LabelAlarm | undefined;
    if (this.state === 'valid' && calibration !== undefined) {
      const p = calibrated(calibration, score);
      alarm = this.#test.add(saidPositive === positive, saidPositive ? p : 1 - p);
      if (alarm !== undefined) {
        // What the labels said before no longer holds: learn from here on.
        this.state = 'void';
        this.alarm = alarm;
        this.#calibration = undefined;
        this.#counts = createCalibrationCounts();
        this.#learned = 0;
        this.#sinceFit = 0;
      }
    }
    fadeCalibration(this.#counts, 0.5 ** (1 / this.#options.halfLife));
    this.#weights += weight;
    this.#weighed++;
    countLabel(this.#counts, score, positive, (weight * this.#weighed) / this.#weights);
    this.#learned++;
    this.#sinceFit++;
    if (this.state !== 'valid' && this.#learned >= this.#options.calibrateAfter) {
      this.#fit();
      this.#test.restart(this.labels);
      this.state = 'valid';
      this.alarm = undefined;
    } else if (this.state === 'valid' && this.#sinceFit >= REFIT) this.#fit();
    return alarm;
  }

  #fit(): void {
    this.#calibration = learnCalibration(this.#counts);
    this.#sinceFit = 0;
  }

  save(): unknown {
    return {
      counts: saveCalibration(this.#counts),
      test: this.#test.save(),
      learned: this.#learned,
      sinceFit: this.#sinceFit,
      weights: this.#weights,
      weighed: this.#weighed,
      state: this.state,
    };
  }
}
