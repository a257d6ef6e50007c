// Trains the simple model step by step under the training supervisor, and measures it against the weights in production:
//   evenkeel train --name simple -- node examples/moderation/dist/train-simple.js
// Speaks the trainer protocol (docs/training.md) and leaves the sealing of checkpoints to the supervisor. The finished
// checkpoint holds simple.ngram: the same bytes that training in one go would give.
//   --flip GROUP   learn the mail of one folder with its labels turned round: a bad candidate, to see it stopped
//   --step-ms N    wait after each step, to have time to watch, or to kill it
import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '@evenkeel/core';
import { z } from 'zod';
import { findMailPackage, GROUPS, type Mail, mailOf, readCorpus } from './corpus.ts';
import { fitLogistic, logLoss, sigmoid } from './logistic.ts';
import { auc, type Scored } from './metrics.ts';
import { BUCKETS, createFeatureExtractor } from './ngram-features.ts';
import { readNgramFile, writeNgramFile } from './ngram-file.ts';
import { createNgramModel, type NgramWeights } from './ngram-model.ts';
import { DATA_DIR } from './paths.ts';
import { simpleFile, simpleKey } from './simple-weights.ts';
import { SPAM_FROM } from './verdict.ts';

const { values: options } = parseArgs({
  options: { flip: { type: 'string' }, 'step-ms': { type: 'string', default: '0' } },
});
const flip = z.enum(GROUPS).optional().parse(options.flip);
const stepMs = z.coerce.number().min(0).parse(options['step-ms']);

const orders = z
  .object({
    checkpoints: z.string(),
    resume: z.object({ path: z.string() }).nullable(),
    checkpointEvery: z.int(),
    validateEvery: z.int(),
    validateFirst: z.boolean(),
    skip: z.array(z.object({ from: z.int(), to: z.int() })),
    production: z.string().nullable(),
  })
  .parse(JSON.parse(process.env.EVENKEEL_TRAINER ?? '{}'));

const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
process.stdin.on('end', () => stopping.abort()).resume();
process.stdin.unref();

function emit(event: { readonly t: string; readonly [name: string]: unknown }): void {
  try {
    writeSync(1, `${JSON.stringify(event)}\n`);
  } catch {
    // Nobody listens any more.
    stopping.abort();
  }
}

const EPOCHS = 6;
const RATE = 1;
const SEED = 1;
/** Mails per step. */
const BATCH = 50;

const packageVersion = findMailPackage()?.version;
if (packageVersion === undefined)
  throw new Error('the mail package is not installed: run "npm ci" in the repository');
const corpus = readCorpus();
const fit = mailOf(corpus, { parts: ['fit'] });
const validation = mailOf(corpus, { parts: ['validation'] });
const strangers = mailOf(corpus, { parts: ['strangers'] });
const regulars = mailOf(corpus, { parts: ['regulars'] });
const key = `${simpleKey(packageVersion)}${flip === undefined ? '' : `, ${flip} flipped`}`;

const features = createFeatureExtractor();
const rows = fit.map((mail) => {
  const { buckets, count } = features.extract(mail.subject, mail.text);
  return buckets.slice(0, count);
});
const isSpam = (mail: Mail | undefined): boolean =>
  (mail?.label === 'spam') !== (mail !== undefined && mail.group === flip);
const perEpoch = Math.ceil(rows.length / BATCH);
const steps = EPOCHS * perEpoch;

const weights = new Float32Array(BUCKETS);
const squares = new Float32Array(BUCKETS).fill(1e-4);
const state = { step: 0, bias: 0, biasSquares: 1e-4 };
const stateShape = z.object({ step: z.int(), bias: z.number(), biasSquares: z.number() });

const order = Int32Array.from(rows.keys());
const random = seededRandom(SEED);
let shuffled = 0;
/** Shuffles until the order is that of an epoch: after a resume all the earlier shuffles are made again. */
function shuffleFor(epoch: number): void {
  for (; shuffled <= epoch; shuffled++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
  }
}

const STATE = 'state.json';
const ARRAYS = 'arrays.bin';

if (orders.resume !== null) {
  Object.assign(state, stateShape.parse(JSON.parse(readFileSync(join(orders.resume.path, STATE), 'utf8'))));
  const bytes = readFileSync(join(orders.resume.path, ARRAYS));
  for (let i = 0; i < BUCKETS; i++) {
    weights[i] = bytes.readFloatLE(4 * i);
    squares[i] = bytes.readFloatLE(4 * (BUCKETS + i));
  }
}

/** The weights with Platt's scaling, as `trainNgram` ends. */
function finished(): NgramWeights {
  const raw = createNgramModel({ weights, bias: state.bias, scale: 1, offset: 0 });
  const platt = fitLogistic(
    validation.map((mail) => [raw.logOdds(mail.subject, mail.text)]),
    validation.map((mail) => mail.label === 'spam'),
    { l2: 0.01 },
  );
  return { weights, bias: state.bias, scale: platt.weights[0] ?? 1, offset: platt.bias };
}

function checkpoint(): void {
  const dir = join(orders.checkpoints, `.tmp-${process.pid}-${state.step}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  const bytes = Buffer.alloc(8 * BUCKETS);
  weights.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  squares.forEach((value, i) => bytes.writeFloatLE(value, 4 * (BUCKETS + i)));
  writeFileSync(join(dir, ARRAYS), bytes);
  writeFileSync(join(dir, STATE), JSON.stringify(state));
  // What a service would load, of every checkpoint: rolling back leads to something that serves.
  writeNgramFile(join(dir, 'simple.ngram'), key, finished());
  emit({ t: 'checkpoint', step: state.step, path: dir });
}

interface Judged {
  readonly mail: Mail;
  readonly score: number;
  readonly right: boolean;
}

function judged(model: NgramWeights, mails: readonly Mail[]): Judged[] {
  const ngrams = createNgramModel(model);
  return mails.map((mail) => {
    const score = sigmoid(ngrams.logOdds(mail.subject, mail.text));
    return { mail, score, right: score >= SPAM_FROM === (mail.label === 'spam') };
  });
}

type Figures = Readonly<Record<string, { readonly value: number; readonly n?: number }>>;

function figuresOf(all: readonly Judged[]): Figures {
  const scored: Scored[] = all.map(({ mail, score }) => ({ spam: mail.label === 'spam', score }));
  const area = auc(scored);
  return {
    accuracy: { value: all.filter((one) => one.right).length / all.length, n: all.length },
    // Undefined where one of the classes is missing.
    ...(Number.isFinite(area) ? { auc: { value: area } } : {}),
  };
}

/** Held-out mail by kind of sender and by folder: a candidate must not pay for the average with one of them. */
function segmentsOf(all: readonly Judged[]): Readonly<Record<string, readonly Judged[]>> {
  const names = [...GROUPS, 'strangers', 'regulars'] as const;
  const entries = names.map(
    (name) => [name, all.filter(({ mail }) => mail.group === name || mail.part === name)] as const,
  );
  return Object.fromEntries(entries.filter(([, some]) => some.length > 0));
}

function reportOf(all: readonly Judged[]): {
  readonly metrics: Figures;
  readonly segments: Record<string, Figures>;
} {
  const segments = Object.entries(segmentsOf(all)).map(([name, some]) => [name, figuresOf(some)] as const);
  return { metrics: figuresOf(all), segments: Object.fromEntries(segments) };
}

function pairsOf(ours: readonly Judged[], theirs: readonly Judged[]): Record<string, object> {
  const pair = (some: readonly number[]): object => ({
    n: some.length,
    better: some.filter((i) => ours[i]?.right === true && theirs[i]?.right === false).length,
    worse: some.filter((i) => ours[i]?.right === false && theirs[i]?.right === true).length,
  });
  const indices = new Map(ours.map((one, i) => [one.mail.id, i]));
  const segments = Object.entries(segmentsOf(ours)).map(
    ([name, some]) => [name, pair(some.map(({ mail }) => indices.get(mail.id) ?? -1))] as const,
  );
  return { '': pair([...ours.keys()]), ...Object.fromEntries(segments) };
}

function validate(): void {
  const held = [...strangers, ...regulars];
  const candidate = finished();
  const began = performance.now();
  const ours = judged(candidate, held);
  const latency = (performance.now() - began) / held.length;
  const own = reportOf(ours);
  const stored =
    orders.production === null
      ? readNgramFile(simpleFile(DATA_DIR), simpleKey(packageVersion ?? ''))
      : readNgramFile(orders.production, undefined);
  const theirs = 'unusable' in stored ? undefined : judged(stored, held);
  emit({
    t: 'validation',
    step: state.step,
    metrics: { ...own.metrics, latency_ms: latency, size_bytes: 4 * BUCKETS },
    segments: own.segments,
    ...(theirs === undefined
      ? {}
      : { production: reportOf(theirs), paired: { accuracy: pairsOf(ours, theirs) } }),
  });
}

function trainBatch(from: number): { readonly loss: number; readonly gnorm: number } {
  let loss = 0;
  let errors = 0;
  const batch = order.subarray(from, from + BATCH);
  for (const index of batch) {
    const row = rows[index] ?? new Int32Array();
    const value = row.length === 0 ? 0 : 1 / Math.sqrt(row.length);
    let sum = 0;
    for (const bucket of row) sum += weights[bucket] ?? 0;
    const logOdds = state.bias + sum * value;
    const spam = isSpam(fit[index]);
    loss += logLoss(logOdds, spam);
    const error = 1 / (1 + Math.exp(-logOdds)) - (spam ? 1 : 0);
    errors += error * error;
    state.biasSquares += error * error;
    state.bias -= (RATE * error) / Math.sqrt(state.biasSquares);
    const gradient = error * value;
    const squared = gradient * gradient;
    for (const bucket of row) {
      const grown = (squares[bucket] ?? 0) + squared;
      squares[bucket] = grown;
      weights[bucket] = (weights[bucket] ?? 0) - (RATE * gradient) / Math.sqrt(grown);
    }
  }
  // A mail's features have unit length: its gradient is as long as its error.
  return { loss: loss / batch.length, gnorm: Math.sqrt(errors) };
}

emit({ t: 'start', step: state.step, totalSteps: steps, data: key, pid: process.pid });
if (orders.validateFirst) validate();
let savedAt = orders.resume === null ? -1 : state.step;
while (state.step < steps && !stopping.signal.aborted) {
  const { step } = state;
  shuffleFor(Math.floor(step / perEpoch));
  if (!orders.skip.some(({ from, to }) => step >= from && step <= to))
    emit({ t: 'step', step, ...trainBatch((step % perEpoch) * BATCH) });
  state.step += 1;
  // Lets signals in.
  await (stepMs > 0 ? setTimeout(stepMs) : setImmediate());
  if (state.step % orders.checkpointEvery === 0) {
    checkpoint();
    savedAt = state.step;
    const number = state.step / orders.checkpointEvery;
    if (orders.validateEvery > 0 && number % orders.validateEvery === 0 && state.step < steps) validate();
  }
}
if (savedAt !== state.step) checkpoint();
else if (orders.resume !== null && state.step === steps)
  emit({ t: 'checkpoint', step: steps, path: orders.resume.path });
if (state.step < steps) {
  emit({ t: 'stopped', step: state.step });
  process.exit(143);
}
validate();
emit({ t: 'done', step: state.step });
process.exit(0);
