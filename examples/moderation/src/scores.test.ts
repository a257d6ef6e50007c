import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Corpus, HELD_OUT, type Mail, mailOf, readCorpus, TRAINING } from './corpus.ts';
import { embeddedText, loadEmbedder } from './embedder.ts';
import { type Head, readHead } from './head.ts';
import {
  keywordsScorer,
  primaryScorer,
  type Scorer,
  scored,
  simpleScorer,
  staticScorer,
} from './held-out-scores.ts';
import { type Scores, scoresOf } from './metrics.ts';
import { createNgramModel, type NgramModel, trainNgram } from './ngram-model.ts';
import { EXAMPLE_DIR, MODEL_DIR } from './paths.ts';
import { type RungName, readScores } from './scores-file.ts';
import { historyOf } from './sender-history.ts';
import { simpleKey } from './simple-weights.ts';
import { SPAM_FROM } from './verdict.ts';

// Everything but the head is made anew here, nothing is read from the data folder: what is checked is the code as it is.
/** Worse than the shipped figure by more than this, on the same mail, fails. The figures are deterministic to rounding. */
const SAME_MAIL = 0.002;
/** The same for the primary on a sample: its shipped figure is of all mail, and a mail of 100 is 0.01. */
const ON_A_SAMPLE = 0.04;
const SAMPLE = 100;

const shipped = readScores(join(MODEL_DIR, 'scores.json'));
let corpus: Corpus;
let heldOut: readonly Mail[];
let ngrams: NgramModel;
let head: Head;

beforeAll(() => {
  corpus = readCorpus();
  heldOut = mailOf(corpus, { parts: HELD_OUT });
  ngrams = createNgramModel(
    trainNgram(mailOf(corpus, { parts: ['fit'] }), mailOf(corpus, { parts: ['validation'] })),
  );
  head = readHead(join(MODEL_DIR, 'head.json'));
}, 60_000);

const fresh = (scorer: Scorer, mails: readonly Mail[] = heldOut): Scores =>
  scoresOf(scored(mails, scorer), SPAM_FROM);

function expectNoWorse(now: Scores, rung: RungName, tolerance: number): void {
  const { accuracy, auc } = shipped.rungs[rung].both;
  expect(now.accuracy).toBeGreaterThanOrEqual(accuracy - tolerance);
  expect(now.auc).toBeGreaterThanOrEqual(auc - tolerance);
}

/** Spam and ham in their proportion, the same each time. */
function everyNth(mails: readonly Mail[], count: number): Mail[] {
  const step = mails.length / count;
  return mails.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}

describe('scores on held-out mail', () => {
  it('are of the mail that is installed', () => {
    expect(shipped.mail_fingerprint).toBe(corpus.fingerprint);
    expect(shipped.rungs.simple.both.mails).toBe(heldOut.length);
  });

  it('are of mail that training has not seen', () => {
    const training = mailOf(corpus, { parts: TRAINING });
    const known = new Set(training.map((mail) => mail.sender));
    const texts = new Set(training.map((mail) => `${mail.subject}\n${mail.text}`));
    const strangers = mailOf(corpus, { parts: ['strangers'] });
    expect(strangers.filter((mail) => mail.sender !== '' && known.has(mail.sender))).toEqual([]);
    expect(heldOut.filter((mail) => texts.has(`${mail.subject}\n${mail.text}`))).toEqual([]);
  });

  it('of the simple model are no worse than shipped', () => {
    expectNoWorse(fresh(simpleScorer(ngrams)), 'simple', SAME_MAIL);
  });

  it('of the keywords are no worse than shipped, and better than answering without looking', () => {
    const keywords = fresh(keywordsScorer(join(EXAMPLE_DIR, 'rules.yaml')));
    const nothing = fresh(staticScorer);
    expectNoWorse(keywords, 'keywords', SAME_MAIL);
    expect(keywords.auc).toBeGreaterThan(nothing.auc + 0.3);
    expect(keywords.accuracy).toBeGreaterThan(Math.max(nothing.accuracy, 1 - nothing.accuracy));
  });

  it(`of the primary on ${SAMPLE} mails are no worse than shipped`, async () => {
    const sample = everyNth(heldOut, SAMPLE);
    expect(sample).toHaveLength(SAMPLE);
    const embedder = await loadEmbedder();
    const embeddings: (readonly number[])[] = [];
    for (const mail of sample) embeddings.push(await embedder.embed(embeddedText(mail)));
    const history = historyOf(mailOf(corpus, { parts: TRAINING }));
    expectNoWorse(fresh(primaryScorer(head, ngrams, embeddings, history), sample), 'primary', ON_A_SAMPLE);
    expectNoWorse(
      fresh(primaryScorer(head, ngrams, embeddings, undefined), sample),
      'primary-without-features',
      ON_A_SAMPLE,
    );
  }, 120_000);

  it('belong to a head that was trained on the same mail and the same simple model', () => {
    expect(head.provenance.mail_fingerprint).toBe(corpus.fingerprint);
    expect(head.provenance.simple_model).toBe(simpleKey(corpus.packageVersion));
  });
});
