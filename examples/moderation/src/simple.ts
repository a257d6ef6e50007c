import { z } from 'zod';
import { readInput } from './model-input.ts';
import { createNgramModel } from './ngram-model.ts';
import { dataDirOf } from './paths.ts';
import { simpleWeights } from './simple-weights.ts';
import { type ModelFunction, type Verdict, verdict } from './verdict.ts';

const optionsSchema = z.strictObject({ data_dir: z.string().optional() }).optional();

/**
 * The cheap model: n-grams only, a few hundredths of a millisecond, in process. Trains itself at the first start.
 * @param options `data_dir`: where its weights are kept; default the example's `data`
 */
export async function createModel(options: unknown): Promise<ModelFunction<Verdict>> {
  const { data_dir } = optionsSchema.parse(options) ?? {};
  const model = createNgramModel(simpleWeights(dataDirOf(data_dir)).weights);
  return (input) => {
    const mail = readInput(input);
    return verdict(model.logOdds(mail.subject, mail.text));
  };
}
