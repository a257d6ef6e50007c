import { EvenkeelError } from '../../kernel/errors.ts';
import { readAmount, readArray, readRecord, readText } from '../metrics/json-state.ts';
import {
  type ArrivalBias,
  type ArrivalCounts,
  arrivalBias,
  countArrival,
  createArrivalCounts,
  loadArrivals,
  saveArrivals,
} from './arrival.ts';
import { calibrated } from './calibration.ts';
import { type AnswerCounts, type ExpectedPerformance, expectedPerformance } from './expected-performance.ts';
import { type EstimateState, LabelStream } from './label-stream.ts';
import type { LabelAlarm } from './label-test.ts';
import { isProbability } from './probability-bins.ts';

/** A label joined with the answer that it is about. */
export interface LateLabel {
  /** Of the request, to know labels that come twice. */
  readonly id: string;
  /** The model's probability of "positive"; for many classes that of its own answer. */
  readonly score: number;
  /** Whether the answer was "positive"; for many classes always true. */
  readonly saidPositive: boolean;
  /** Whether it truly is; for many classes whether the answer was right. */
  readonly positive: boolean;
  readonly segment?: string | undefined;
  /** Milliseconds from the answer to the label. */
  readonly delayMs?: number | undefined;
  /** Probability that this answer would get a label at all, in (0, 1], where somebody decides that (sampled reviews). Default: alike for all. */
  readonly propensity?: number | undefined;
}

/** What became of a label. `contradicting`: another one for the same answer said otherwise, and the first one stays. */
export type LabelFate = 'counted' | 'repeated' | 'contradicting' | 'unknown' | 'invalid';

export interface EstimatorOptions {
  /** Mean number of labels between two false alarms of all tests together. Default 10,000. */
  readonly falseAlarmEvery?: number;
  /** Labels that a calibration needs, 50 and up. Default 200. */
  readonly calibrateAfter?: number;
  /** Labels after which one counts half. Default 5,000. */
  readonly halfLife?: number;
  /** Segments with a calibration and a test of their own, 0 to 1,000. Default 10. Half of the alarm budget is theirs. */
  readonly maxSegments?: number;
}

export interface PerformanceEstimate {
  readonly state: EstimateState;
  /** For people: why there is none, or why it must not be believed. */
  readonly reason: string;
  /** Undefined unless the state is `valid`. */
  readonly performance: ExpectedPerformance | undefined;
  /** Labels that it rests on. */
  readonly labels: number;
  /** Why it is void. */
  readonly alarm: LabelAlarm | undefined;
  /** Whether label arrival depends on the outcome. */
  readonly bias: ArrivalBias | undefined;
}

export interface EstimatorAlarm {
  /** Undefined: all traffic. */
  readonly segment: string | undefined;
  readonly alarm: LabelAlarm;
  readonly summary: string;
}

export interface PerformanceEstimator {
  label(label: LateLabel): { readonly fate: LabelFate; readonly alarms: readonly EstimatorAlarm[] };
  /** A label came for an id that nobody has an answer for. */
  unknownLabel(): void;
  /** @param counts the answers that it is about, such as those of the last hour */
  estimate(counts: AnswerCounts, segment?: string): PerformanceEstimate;
  readonly fates: Readonly<Record<LabelFate, number>>;
  /** Labels of segments beyond the bound: in the whole only. */
  readonly beyondSegments: number;
  save(): unknown;
}

/** Ids remembered, to know a label that comes twice. */
const REMEMBERED = 50_000;
/** No known propensity counts for more than this. */
const HEAVIEST = 20;

/**
 * Performance without labels, from calibrated confidence, held to account by the labels that come late: they calibrate it and keep it fresh, and
 * a sequential test of them says when it is void (see `createLabelTest`), for all traffic and for each segment, with one budget of false alarms.
 * @throws EvenkeelError `bad_request` for options out of range or a saved state that is none
 */
export function createPerformanceEstimator(
  options: EstimatorOptions = {},
  saved?: unknown,
): PerformanceEstimator {
  const { falseAlarmEvery = 10_000, calibrateAfter = 200, halfLife = 5000, maxSegments = 10 } = options;
  if (
    !(calibrateAfter >= 50) ||
    !(halfLife >= calibrateAfter) ||
    !(maxSegments >= 0 && maxSegments <= 1000)
  ) {
    throw new EvenkeelError(
      'bad_request',
      'An estimator needs calibrateAfter of at least 50, halfLife of at least as many and 0 to 1,000 segments.',
    );
  }
  // Half of the budget for the whole, half for the segments, by the union bound.
  const whole = maxSegments > 0 ? 2 * falseAlarmEvery : falseAlarmEvery;
  const make = (falseAlarms: number, state?: unknown): LabelStream =>
    new LabelStream({ falseAlarmEvery: falseAlarms, calibrateAfter, halfLife }, state);
  const makePart = (state?: unknown): LabelStream => make(2 * falseAlarmEvery * maxSegments, state);
  const record = saved === undefined ? undefined : readRecord(saved, 'an estimator');
  const all = make(whole, record?.all);
  const parts = new Map<string, LabelStream>();
  const fates: Record<LabelFate, number> = {
    counted: 0,
    repeated: 0,
    contradicting: 0,
    unknown: 0,
    invalid: 0,
  };
  let arrivals: ArrivalCounts = createArrivalCounts();
  let beyondSegments = 0;
  if (record !== undefined) {
    for (const entry of readArray(record.parts, 'parts').slice(0, maxSegments)) {
      const [segment, state] = readArray(entry, 'a part');
      parts.set(readText(segment, 'a segment'), makePart(state));
    }
    const counts = readRecord(record.fates, 'fates');
    for (const fate of ['counted', 'repeated', 'contradicting', 'unknown', 'invalid'] as const) {
      fates[fate] = readAmount(counts[fate], fate);
    }
    beyondSegments = readAmount(record.beyondSegments, 'beyondSegments');
    const [labels, right] = readArray(record.arrivals, 'arrivals');
    arrivals = loadArrivals(labels, right);
  }
  const seen = new Map<string, boolean>();

  function fateOf(label: LateLabel): LabelFate {
    const { propensity } = label;
    if (!isProbability(label.score) || (propensity !== undefined && !(propensity > 0 && propensity <= 1))) {
      return 'invalid';
    }
    const known = seen.get(label.id);
    if (known !== undefined) return known === label.positive ? 'repeated' : 'contradicting';
    seen.set(label.id, label.positive);
    if (seen.size > REMEMBERED) {
      for (const oldest of seen.keys()) {
        seen.delete(oldest);
        break;
      }
    }
    return 'counted';
  }

  function streamsOf(segment: string | undefined): readonly (readonly [string | undefined, LabelStream])[] {
    if (segment === undefined) return [[undefined, all]];
    let part = parts.get(segment);
    if (part === undefined) {
      if (parts.size >= maxSegments) {
        beyondSegments++;
        return [[undefined, all]];
      }
      part = makePart();
      parts.set(segment, part);
    }
    return [
      [undefined, all],
      [segment, part],
    ];
  }

  return {
    label(label) {
      const fate = fateOf(label);
      fates[fate]++;
      if (fate !== 'counted') return { fate, alarms: [] };
      const { score, saidPositive, positive } = label;
      if (label.delayMs !== undefined && all.calibration !== undefined) {
        const p = calibrated(all.calibration, score);
        countArrival(arrivals, label.delayMs, saidPositive ? p : 1 - p, saidPositive === positive);
      }
      const weight = Math.min(HEAVIEST, 1 / (label.propensity ?? 1));
      const alarms: EstimatorAlarm[] = [];
      for (const [segment, stream] of streamsOf(label.segment)) {
        const alarm = stream.add(score, saidPositive, positive, weight);
        if (alarm !== undefined) alarms.push({ segment, alarm, summary: describe(segment, alarm) });
      }
      return { fate, alarms };
    },
    unknownLabel() {
      fates.unknown++;
    },
    estimate(counts, segment) {
      const part = segment === undefined ? all : parts.get(segment);
      const stream = part ?? all;
      const bias = arrivalBias(arrivals);
      const { state, alarm, calibration } = stream;
      const performance =
        state === 'valid' && part !== undefined && calibration !== undefined
          ? expectedPerformance(counts, calibration)
          : undefined;
      return {
        state: part === undefined ? 'learning' : state,
        reason: reasonOf(part, calibrateAfter, bias),
        performance,
        labels: part === undefined ? 0 : stream.labels,
        alarm,
        bias,
      };
    },
    fates,
    get beyondSegments() {
      return beyondSegments;
    },
    save: () => ({
      all: all.save(),
      parts: [...parts].map(([segment, part]) => [segment, part.save()]),
      fates,
      beyondSegments,
      arrivals: saveArrivals(arrivals),
    }),
  };
}

function reasonOf(part: LabelStream | undefined, needed: number, bias: ArrivalBias | undefined): string {
  if (part === undefined) return 'no label of this segment has come yet';
  if (part.state === 'learning')
    return `learning what scores mean: ${Math.round(part.labels)} of ${needed} labels`;
  if (part.state === 'void' && part.alarm !== undefined) return describe(undefined, part.alarm);
  if (bias?.declared === true) {
    return `biased: early labels are ${points(Math.abs(bias.difference))} ${bias.difference > 0 ? 'better' : 'worse'} than late ones at equal confidence`;
  }
  return `calibrated with ${Math.round(part.labels)} labels, not contradicted`;
}

function describe(segment: string | undefined, alarm: LabelAlarm): string {
  const where = segment === undefined ? '' : `${segment}: `;
  const what = alarm.worse ? 'worse' : 'better';
  return `${where}void: answers are ${points(Math.abs(alarm.loss))} ${what} than their confidence says, since ${alarm.latest} to ${alarm.earliest} labels ago`;
}

function points(share: number): string {
  return `${Math.round(100 * share)} points`;
}
