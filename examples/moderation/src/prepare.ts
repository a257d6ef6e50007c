import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Corpus, findMailPackage, HELD_OUT, mailOf, readCorpus } from './corpus.ts';
import { readNgramFile } from './ngram-file.ts';
import { dataDirOf } from './paths.ts';
import { progressLine } from './progress.ts';
import { sendersFile, sendersTable, writeWhole } from './senders-file.ts';
import { simpleFile, simpleKey, simpleWeights } from './simple-weights.ts';

export type PrepareStep =
  | 'reading the mail'
  | 'training the simple model'
  | 'sender history'
  | 'sample mails';

export interface PrepareOptions {
  /** Default the example's `data`. */
  readonly dataDir?: string;
  readonly onProgress?: (step: PrepareStep, share: number) => void;
}

export interface Prepared {
  /** What was done, and how long it took; empty when all was there. */
  readonly took: readonly { readonly step: PrepareStep; readonly ms: number }[];
  readonly sendersFile: string;
  readonly sampleFile: string;
}

/** The nightly batch job of this example: at a start, a table older than this is made anew. */
const SENDERS_STALE_MS = 12 * 3_600_000;
const SAMPLES = 600;

export const sampleFile = (dataDir: string): string => join(dataDir, 'sample-mails.ndjson');
/** Which archive and recipe the files were made from. */
const stampFile = (dataDir: string): string => join(dataDir, 'prepared-from.txt');

function sampleLines(corpus: Corpus): string {
  const heldOut = mailOf(corpus, { parts: HELD_OUT });
  // Every k-th of the archive's order: all folders in their proportion.
  const step = Math.max(1, heldOut.length / SAMPLES);
  const chosen = Array.from(
    { length: Math.min(SAMPLES, heldOut.length) },
    (_, i) => heldOut[Math.floor(i * step)],
  );
  return chosen
    .map((mail) => {
      if (mail === undefined || (mail.subject.trim() === '' && mail.text.trim() === '')) return '';
      const { id, part, label, sender, subject, text } = mail;
      return `${JSON.stringify({ id, part, label, input: { sender, subject, text: text.slice(0, 4_000) } })}\n`;
    })
    .join('');
}

const present = (file: string, stamp: string, dataDir: string): boolean =>
  existsSync(file) && existsSync(stampFile(dataDir)) && readFileSync(stampFile(dataDir), 'utf8') === stamp;

/**
 * Makes what the example needs and does not have yet: the weights of the simple model, the table of senders, and held-out mail
 * to try. Run again, it makes only what is missing, stale or of another version.
 * @throws Error when the mail package is not installed
 */
export function prepare(options: PrepareOptions = {}): Prepared {
  const dataDir = dataDirOf(options.dataDir);
  const took: { step: PrepareStep; ms: number }[] = [];
  const say = (step: PrepareStep) => (share: number) => options.onProgress?.(step, share);
  const timed = <T>(step: PrepareStep, body: () => T): T => {
    const began = performance.now();
    const result = body();
    took.push({ step, ms: performance.now() - began });
    say(step)(1);
    return result;
  };
  const version = findMailPackage()?.version;
  if (version === undefined)
    throw new Error('the mail package is not installed: run "npm ci" in the repository');
  const stamp = simpleKey(version);

  let read: Corpus | undefined;
  const corpus = (): Corpus => {
    read ??= timed('reading the mail', () => readCorpus(say('reading the mail')));
    return read;
  };
  if ('unusable' in readNgramFile(simpleFile(dataDir), stamp)) {
    const mail = corpus();
    timed('training the simple model', () =>
      simpleWeights(dataDir, { corpus: () => mail, onProgress: say('training the simple model') }),
    );
  }
  const senders = sendersFile(dataDir);
  if (!present(senders, stamp, dataDir) || Date.now() - statSync(senders).mtimeMs > SENDERS_STALE_MS) {
    const mail = corpus();
    timed('sender history', () => writeWhole(senders, sendersTable(mail, Date.now())));
  }
  const samples = sampleFile(dataDir);
  if (!present(samples, stamp, dataDir)) {
    const mail = corpus();
    timed('sample mails', () => writeWhole(samples, sampleLines(mail)));
  }
  if (took.length > 0) writeWhole(stampFile(dataDir), stamp);
  return { took, sendersFile: senders, sampleFile: samples };
}

function main(): void {
  const { values } = parseArgs({ options: { data: { type: 'string' } } });
  const lines = new Map<PrepareStep, (share: number) => void>();
  const { took } = prepare({
    ...(values.data === undefined ? {} : { dataDir: values.data }),
    onProgress(step, share) {
      const line = lines.get(step) ?? progressLine(step);
      lines.set(step, line);
      line(share);
    },
  });
  console.log(
    took.length === 0
      ? 'all is prepared'
      : `prepared: ${took.map(({ step, ms }) => `${step} ${(ms / 1000).toFixed(2)} s`).join(', ')}`,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
