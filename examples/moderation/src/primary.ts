import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { z } from 'zod';
import { embeddedText, loadEmbedder } from './embedder.ts';
import { blend, readHead } from './head.ts';
import { readInput } from './model-input.ts';
import { createNgramModel } from './ngram-model.ts';
import { dataDirOf, EXAMPLE_DIR, MODEL_DIR } from './paths.ts';
import { factsOf } from './sender-history.ts';
import { simpleWeights } from './simple-weights.ts';
import { type ModelFunction, type Verdict, verdict } from './verdict.ts';

const optionsSchema = z
  .strictObject({ data_dir: z.string().optional(), kill_switch: z.string().optional() })
  .optional();

const LOOK_MS = 250;

/**
 * A thread cannot be killed from outside its process; this one ends itself, as by a crash, when somebody touches the file.
 * Told by the time of the touch and not by the file being there: every thread that lives then ends, the next one lives.
 */
function armKillSwitch(file: string): void {
  const touched = (): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const before = touched();
  setInterval(() => {
    if (touched() > before) process.exit(137);
  }, LOOK_MS).unref();
}

export interface PrimaryVerdict extends Verdict {
  /** What each part says for itself, as log-odds: for the person who asks why. */
  readonly parts: { readonly embedding: number; readonly ngrams: number };
  /** `unasked`: no features came with the request; `unknown`: the sender has no history. */
  readonly history: 'known' | 'unknown' | 'unasked';
}

const round = (x: number): number => Math.round(x * 1e3) / 1e3;

/**
 * The full model: sentence embedding, n-grams and the sender's history, blended. Blocks its thread for as long as the
 * embedding takes, so it belongs into a worker.
 * @param options `data_dir`: where the weights of the simple model are kept, default the example's `data`; `kill_switch`: a
 * file at whose touch the thread ends itself, default none; only in a worker
 */
export async function createModel(options: unknown): Promise<ModelFunction<PrimaryVerdict>> {
  const { data_dir, kill_switch } = optionsSchema.parse(options) ?? {};
  const head = readHead(join(MODEL_DIR, 'head.json'));
  const ngrams = createNgramModel(simpleWeights(dataDirOf(data_dir)).weights);
  const embedder = await loadEmbedder();
  // The first embedding takes ten times as long as the next: nobody should wait for it.
  await embedder.embed('the first one is slow');

  if (kill_switch !== undefined && !isMainThread) armKillSwitch(resolve(EXAMPLE_DIR, kill_switch));

  return async (input, { features, signal }) => {
    const mail = readInput(input);
    signal.throwIfAborted();
    const facts = features === undefined ? undefined : factsOf(features.values);
    const fromNgrams = ngrams.logOdds(mail.subject, mail.text);
    const embedding = await embedder.embed(embeddedText(mail));
    const blended = blend(head, embedding, fromNgrams, facts, Date.now());
    return {
      ...verdict(blended.logOdds),
      parts: { embedding: round(blended.embeddingLogOdds), ngrams: round(fromNgrams) },
      history: facts === undefined ? 'unasked' : facts.mailsSeen === undefined ? 'unknown' : 'known',
    };
  };
}
