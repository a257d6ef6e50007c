import { readFileSync } from 'node:fs';
import { BUILTINS } from '@evenkeel/core';
import { parse as parseYaml } from 'yaml';
import type { Mail } from './corpus.ts';
import { blend, type Head } from './head.ts';
import { sigmoid } from './logistic.ts';
import type { Scored } from './metrics.ts';
import type { NgramModel } from './ngram-model.ts';
import { type KnownFacts, NO_FACTS } from './sender-history.ts';

/** Scores mail as one rung would. */
export type Scorer = (mail: Mail, index: number) => number;

export function scored(mails: readonly Mail[], scorer: Scorer): Scored[] {
  return mails.map((mail, i) => ({ spam: mail.label === 'spam', score: scorer(mail, i) }));
}

export const simpleScorer =
  (ngrams: NgramModel): Scorer =>
  (mail) =>
    sigmoid(ngrams.logOdds(mail.subject, mail.text));

/**
 * @param embeddings one per mail, in the order of the mails
 * @param history facts by sender, as a feature source would have them; undefined: nobody asked one
 */
export const primaryScorer =
  (
    head: Head,
    ngrams: NgramModel,
    embeddings: readonly ArrayLike<number>[],
    history: ReadonlyMap<string, KnownFacts> | undefined,
  ): Scorer =>
  (mail, i) => {
    const facts = history === undefined ? undefined : (history.get(mail.sender) ?? NO_FACTS);
    const fromNgrams = ngrams.logOdds(mail.subject, mail.text);
    return sigmoid(blend(head, embeddings[i] ?? [], fromNgrams, facts, mail.receivedAt).logOdds);
  };

/** The rung's own code on the example's own rules. */
export function keywordsScorer(rulesFile: string): Scorer {
  const handler = BUILTINS.keywords.create(parseYaml(readFileSync(rulesFile, 'utf8')), {
    clock: { now: () => 0, wall: () => 0 },
  });
  return (mail) => {
    const prediction = handler({
      id: mail.id,
      input: { subject: mail.subject, text: mail.text },
      caller: { tenant: 'evaluation', user: 'evaluation' },
    });
    if (prediction instanceof Promise) throw new Error('keywords answer at once');
    const { label, confidence = 0.5 } = prediction;
    return label === 'spam' ? confidence : 1 - confidence;
  };
}

/** `hold_for_review` and `block` let nothing through: to whoever waits for the mail, all of it is spam. */
export const staticScorer: Scorer = () => 1;
