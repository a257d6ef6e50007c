import type { FeatureSet } from '@evenkeel/core';
import type { Label } from './corpus.ts';
import { sigmoid } from './logistic.ts';

/** What both models answer. */
export interface Verdict {
  readonly label: Label;
  /** P(spam) in [0, 1]. */
  readonly score: number;
  /** Probability that the label is right, in [0.5, 1]. */
  readonly confidence: number;
}

/** What a model of this example gets beside its input: the gateway's contract for modules. */
export interface ModelContext {
  readonly features: FeatureSet | undefined;
  readonly signal: AbortSignal;
}

export type ModelFunction<Output extends Verdict> = (
  input: unknown,
  context: ModelContext,
) => Output | Promise<Output>;

/** From this P(spam) on a mail is called spam. */
export const SPAM_FROM = 0.5;

const round = (x: number): number => Math.round(x * 1e6) / 1e6;

export function verdict(logOdds: number): Verdict {
  const score = round(sigmoid(logOdds));
  const spam = score >= SPAM_FROM;
  return { label: spam ? 'spam' : 'ham', score, confidence: spam ? score : round(1 - score) };
}
