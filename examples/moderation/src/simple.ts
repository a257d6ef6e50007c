import { z } from 'zod';
import { readInput } from './model-input.ts';
import { readNgramFile } from './ngram-file.ts';
import { createNgramModel, type NgramWeights } from './ngram-model.ts';
import { dataDirOf } from './paths.ts';
import { simpleWeights } from './simple-weights.ts';
import { type ModelFunction, type Verdict, verdict } from './verdict.ts';

const optionsSchema = z
  .strictObject({ data_dir: z.string().optional(), weights: z.string().optional() })
  .optional();

/** @throws Error when the file does not hold them */
function weightsIn(file: string): NgramWeights {
  const found = readNgramFile(file, undefined);
  if ('unusable' in found) throw new Error(`${file}: ${found.unusable}`);
  return found;
}

/**
 * The cheap model: n-grams only, a few hundredths of a millisecond, in process. Trains itself at the first start.
 * @param options `data_dir`: where its weights are kept; default the example's `data`; `weights`: a file to take them from instead, a version of the
 * registry
 */
export async function createModel(options: unknown): Promise<ModelFunction<Verdict>> {
  const { data_dir, weights } = optionsSchema.parse(options) ?? {};
  const model = createNgramModel(
    weights === undefined ? simpleWeights(dataDirOf(data_dir)).weights : weightsIn(weights),
  );
  return (input) => {
    const mail = readInput(input);
    return verdict(model.logOdds(mail.subject, mail.text));
  };
}
