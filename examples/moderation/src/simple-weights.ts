import { join } from 'node:path';
import { type Corpus, findMailPackage, mailOf, readCorpus, SPLIT_SEED } from './corpus.ts';
import { readNgramFile, writeNgramFile } from './ngram-file.ts';
import { type NgramWeights, trainNgram } from './ngram-model.ts';

/** Raised whenever scrubbing, splitting, features or training change: older files are trained anew. */
const RECIPE = 3;

export interface SimpleWeights {
  readonly weights: NgramWeights;
  /** Undefined when they came from the file. */
  readonly trainedMs: number | undefined;
}

export interface SimpleWeightsOptions {
  /** Called for the mail only when there is something to train. Default {@link readCorpus}. */
  readonly corpus?: () => Corpus;
  readonly onProgress?: (share: number) => void;
}

export const simpleKey = (packageVersion: string): string =>
  `mail ${packageVersion}, split ${SPLIT_SEED}, recipe ${RECIPE}`;

export const simpleFile = (dataDir: string): string => join(dataDir, 'simple.ngram');

/**
 * The weights of the simple model: from the file in `dataDir`, or trained now (about a second, plus reading the mail) and
 * written there.
 * @throws Error when there is neither a usable file nor mail to train on
 */
export function simpleWeights(dataDir: string, options: SimpleWeightsOptions = {}): SimpleWeights {
  const file = simpleFile(dataDir);
  const version = findMailPackage()?.version;
  if (version === undefined)
    throw new Error('the mail package is not installed: run "npm ci" in the repository');
  const key = simpleKey(version);
  const stored = readNgramFile(file, key);
  if (!('unusable' in stored)) return { weights: stored, trainedMs: undefined };
  const corpus = (options.corpus ?? readCorpus)();
  const began = performance.now();
  const weights = trainNgram(
    mailOf(corpus, { parts: ['fit'] }),
    mailOf(corpus, { parts: ['validation'] }),
    options.onProgress === undefined ? {} : { onProgress: options.onProgress },
  );
  writeNgramFile(file, key, weights);
  return { weights, trainedMs: performance.now() - began };
}
