import { seededRandom } from '@evenkeel/core';
import { fitLogistic } from './logistic.ts';
import { BUCKETS, createFeatureExtractor, type FeatureExtractor } from './ngram-features.ts';

export interface NgramWeights {
  /** One per bucket. */
  readonly weights: Float32Array;
  readonly bias: number;
  /** Platt scaling: the calibrated log-odds are `scale × raw + offset`. */
  readonly scale: number;
  readonly offset: number;
}

export interface NgramModel {
  /** Calibrated log-odds that the mail is spam. */
  logOdds(subject: string, text: string): number;
}

export interface TrainingMail {
  readonly subject: string;
  readonly text: string;
  readonly label: 'spam' | 'ham';
}

export interface NgramOptions {
  /** Passes over the mail. Default 6. */
  readonly epochs?: number;
  /** AdaGrad's step. Default 1. */
  readonly rate?: number;
  /** Default 1. */
  readonly seed?: number;
  readonly onProgress?: (share: number) => void;
}

function rawLogOdds(
  features: FeatureExtractor,
  weights: Float32Array,
  bias: number,
  subject: string,
  text: string,
): number {
  const { buckets, count } = features.extract(subject, text);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += weights[buckets[i] ?? 0] ?? 0;
  // Unit length: a long mail is no surer than a short one for being long.
  return bias + (count === 0 ? 0 : sum / Math.sqrt(count));
}

/**
 * Logistic regression over hashed n-grams, by AdaGrad (Duchi et al. 2011), then calibrated on mail it has not learned from
 * (Platt 1999). The same mail, options and seed give the same weights.
 */
export function trainNgram(
  fit: readonly TrainingMail[],
  validation: readonly TrainingMail[],
  options: NgramOptions = {},
): NgramWeights {
  const epochs = options.epochs ?? 6;
  const rate = options.rate ?? 1;
  const random = seededRandom(options.seed ?? 1);
  const features = createFeatureExtractor();
  const rows = fit.map((mail) => {
    const { buckets, count } = features.extract(mail.subject, mail.text);
    return buckets.slice(0, count);
  });
  const weights = new Float32Array(BUCKETS);
  const squares = new Float32Array(BUCKETS).fill(1e-4);
  let bias = 0;
  let biasSquares = 1e-4;
  const order = Int32Array.from(rows.keys());
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
    for (const index of order) {
      const row = rows[index];
      if (row === undefined) continue;
      const value = row.length === 0 ? 0 : 1 / Math.sqrt(row.length);
      let sum = 0;
      for (const bucket of row) sum += weights[bucket] ?? 0;
      const p = 1 / (1 + Math.exp(-(bias + sum * value)));
      const error = p - (fit[index]?.label === 'spam' ? 1 : 0);
      biasSquares += error * error;
      bias -= (rate * error) / Math.sqrt(biasSquares);
      const gradient = error * value;
      const squared = gradient * gradient;
      for (const bucket of row) {
        const grown = (squares[bucket] ?? 0) + squared;
        squares[bucket] = grown;
        weights[bucket] = (weights[bucket] ?? 0) - (rate * gradient) / Math.sqrt(grown);
      }
    }
    options.onProgress?.((epoch + 1) / epochs);
  }
  const scores = validation.map((mail) => [rawLogOdds(features, weights, bias, mail.subject, mail.text)]);
  const platt = fitLogistic(
    scores,
    validation.map((mail) => mail.label === 'spam'),
    { l2: 0.01 },
  );
  return { weights, bias, scale: platt.weights[0] ?? 1, offset: platt.bias };
}

export function createNgramModel(trained: NgramWeights): NgramModel {
  const { weights, bias, scale, offset } = trained;
  const features = createFeatureExtractor();
  return {
    logOdds: (subject, text) => scale * rawLogOdds(features, weights, bias, subject, text) + offset,
  };
}
