// How good each rung is on held-out mail: prints the table and writes model/scores.json, which is checked in.
import { join } from 'node:path';
import { mailOf, readCorpus, TRAINING } from './corpus.ts';
import { loadEmbedder } from './embedder.ts';
import { embedAll } from './embedding-cache.ts';
import { readHead } from './head.ts';
import {
  keywordsScorer,
  primaryScorer,
  type Scorer,
  scored,
  simpleScorer,
  staticScorer,
} from './held-out-scores.ts';
import { type Scores, scoresOf } from './metrics.ts';
import { createNgramModel } from './ngram-model.ts';
import { DATA_DIR, EXAMPLE_DIR, MODEL_DIR } from './paths.ts';
import { progressLine } from './progress.ts';
import { RUNGS, type RungName, type ScoresFile } from './scores-file.ts';
import { historyOf } from './sender-history.ts';
import { writeWhole } from './senders-file.ts';
import { simpleWeights } from './simple-weights.ts';
import { SPAM_FROM } from './verdict.ts';

/** 893 strangers make 149. */
const SAMPLE_EVERY = 6;

const corpus = readCorpus(progressLine('reading'));
const strangers = mailOf(corpus, { parts: ['strangers'] });
const regulars = mailOf(corpus, { parts: ['regulars'] });
const both = [...strangers, ...regulars];

const head = readHead(join(MODEL_DIR, 'head.json'));
const ngrams = createNgramModel(simpleWeights(DATA_DIR, { corpus: () => corpus }).weights);
const progress = progressLine('embedding');
const embeddings = await embedAll(both, join(DATA_DIR, 'embeddings.bin'), loadEmbedder, (done, of) =>
  progress(done / of),
);
const history = historyOf(mailOf(corpus, { parts: TRAINING }));

const scorers: Readonly<Record<RungName, Scorer>> = {
  primary: primaryScorer(head, ngrams, embeddings, history),
  'primary-without-features': primaryScorer(head, ngrams, embeddings, undefined),
  simple: simpleScorer(ngrams),
  keywords: keywordsScorer(join(EXAMPLE_DIR, 'rules.yaml')),
  static: staticScorer,
};

function rounded(scores: Scores): Scores {
  const round = (x: number): number => Number(x.toFixed(4));
  return {
    mails: scores.mails,
    accuracy: round(scores.accuracy),
    auc: round(scores.auc),
    precision: round(scores.precision),
    recall: round(scores.recall),
    threshold: scores.threshold,
    calibrationError: round(scores.calibrationError),
  };
}

function scoresOfRung(name: RungName): ScoresFile['rungs'][RungName] {
  const all = scored(both, scorers[name]);
  const of = (from: number, to: number): Scores => rounded(scoresOf(all.slice(from, to), SPAM_FROM));
  return {
    strangers: of(0, strangers.length),
    regulars: of(strangers.length, both.length),
    both: of(0, both.length),
  };
}

const sample = scored(strangers, scorers.primary).filter((_, i) => i % SAMPLE_EVERY === 0);
const file: ScoresFile = {
  format: 'evenkeel-example-scores/1',
  mail_fingerprint: corpus.fingerprint,
  parts: {
    strangers: 'neither the sender nor a near-duplicate of the text is in training',
    regulars: 'the latest mail of senders known from training, no near-duplicate of which is in training',
  },
  spam: {
    strangers: strangers.filter((mail) => mail.label === 'spam').length,
    regulars: regulars.filter((mail) => mail.label === 'spam').length,
  },
  primary_sample: { every: SAMPLE_EVERY, scores: rounded(scoresOf(sample, SPAM_FROM)) },
  rungs: {
    primary: scoresOfRung('primary'),
    'primary-without-features': scoresOfRung('primary-without-features'),
    simple: scoresOfRung('simple'),
    keywords: scoresOfRung('keywords'),
    static: scoresOfRung('static'),
  },
};
writeWhole(join(MODEL_DIR, 'scores.json'), `${JSON.stringify(file, undefined, 2)}\n`);

console.log(
  `strangers: ${strangers.length} mails, ${file.spam.strangers} spam; regulars: ${regulars.length}, ${file.spam.regulars} spam`,
);
console.log(
  '| rung | strangers: accuracy | AUC | precision | recall | calibration error | regulars: accuracy | both: AUC |',
);
console.log('|---|---|---|---|---|---|---|---|');
const figure = (x: number): string => x.toFixed(3).replace(/^0/, '');
for (const name of RUNGS) {
  const { strangers: s, regulars: r, both: b } = file.rungs[name];
  const cells = [s.accuracy, s.auc, s.precision, s.recall, s.calibrationError, r.accuracy, b.auc];
  console.log(`| ${name} | ${cells.map(figure).join(' | ')} |`);
}
