import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EMBEDDING_SIZE } from './embedder.ts';
import { logOdds } from './logistic.ts';
import { HISTORY_INPUTS, historyInputs, type KnownFacts } from './sender-history.ts';

const linear = (inputs: number) =>
  z.strictObject({ weights: z.array(z.number()).length(inputs), bias: z.number() });

/** Embedding, n-grams, and the history where there is one. */
const TEXT_INPUTS: readonly string[] = ['embedding_log_odds', 'ngram_log_odds'];
export const BLEND_INPUTS: readonly string[] = [...TEXT_INPUTS, ...HISTORY_INPUTS];

const headSchema = z.strictObject({
  format: z.literal('evenkeel-example-head/1'),
  provenance: z.strictObject({
    mail: z.string(),
    mail_fingerprint: z.string(),
    encoder: z.string(),
    words_embedded: z.number(),
    split_seed: z.number(),
    simple_model: z.string(),
    embedded: z.strictObject({ fit: z.number(), validation: z.number() }),
    note: z.string(),
  }),
  /** On the validation part, from which the blend was learned: for comparison, not as a result. */
  validation: z.strictObject({
    head_auc: z.number(),
    blend_auc: z.number(),
    blend_with_history_auc: z.number(),
  }),
  inputs: z.array(z.string()),
  /** Log-odds from the embedding alone. */
  head: linear(EMBEDDING_SIZE),
  /** Log-odds from embedding and n-grams. */
  blend: linear(TEXT_INPUTS.length),
  /** The same with the sender's history. */
  blend_with_history: linear(BLEND_INPUTS.length),
});

/** What training leaves: a head on the encoder, and how its log-odds are blended with those of the simple model. */
export type Head = z.infer<typeof headSchema>;

/** @throws Error that names the file and what is wrong with it */
export function readHead(file: string): Head {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} cannot be read: run "npm run train-head"`, { cause });
  }
  const head = headSchema.safeParse(parsed);
  if (!head.success) throw new Error(`${file} is no head of this version: ${z.prettifyError(head.error)}`);
  if (head.data.inputs.join() !== BLEND_INPUTS.join())
    throw new Error(`${file} was trained for other inputs: run "npm run train-head"`);
  return head.data;
}

export interface Blended {
  /** Log-odds that the mail is spam. */
  readonly logOdds: number;
  readonly embeddingLogOdds: number;
}

/**
 * Puts the parts together.
 * @param facts undefined when nobody looked the sender up: the blend without history is used. A sender that was looked up and
 * not found is a new sender, which is a fact of its own.
 */
export function blend(
  head: Head,
  embedding: ArrayLike<number>,
  ngramLogOdds: number,
  facts: KnownFacts | undefined,
  now: number,
): Blended {
  const embeddingLogOdds = logOdds(head.head, embedding);
  const text = [embeddingLogOdds, ngramLogOdds];
  return {
    embeddingLogOdds,
    logOdds:
      facts === undefined
        ? logOdds(head.blend, text)
        : logOdds(head.blend_with_history, [...text, ...historyInputs(facts, now)]),
  };
}
