import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailOf, readCorpus } from './corpus.ts';
import { keywordsScorer, scored, simpleScorer } from './held-out-scores.ts';
import { mailIsInstalled } from './mail-package.test.support.ts';
import { type Scored, scoresOf } from './metrics.ts';
import { createNgramModel } from './ngram-model.ts';
import { EXAMPLE_DIR, MODEL_DIR } from './paths.ts';
import { type Prepared, prepare } from './prepare.ts';
import { createModel as createPrimary } from './primary.ts';
import { readScores } from './scores-file.ts';
import { readSenders } from './senders-file.ts';
import { createModel as createSimple } from './simple.ts';
import { simpleWeights } from './simple-weights.ts';

/** Machines differ in the last digits of an exponential; more than this is another model. */
const TOLERANCE = 0.005;

const dataDir = mkdtempSync(join(tmpdir(), 'moderation-'));
const nobody = { features: undefined, signal: new AbortController().signal };
const history = (values: Record<string, unknown>) => ({
  ...nobody,
  features: { values, source: 'online' as const, ageMs: 0, missing: [] },
});

describe.skipIf(!mailIsInstalled)('the models', () => {
  let prepared: Prepared;
  beforeAll(() => {
    prepared = prepare({ dataDir });
  }, 60_000);
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('are prepared once', () => {
    expect(prepared.took.map(({ step }) => step)).toEqual([
      'reading the mail',
      'training the simple model',
      'sender history',
      'sample mails',
    ]);
    const before = statSync(prepared.sendersFile).mtimeMs;
    expect(prepare({ dataDir }).took).toEqual([]);
    expect(statSync(prepared.sendersFile).mtimeMs).toBe(before);
    expect(readSenders(prepared.sendersFile).size).toBeGreaterThan(1_000);
  });

  it('score on all held-out strangers what model/scores.json says', () => {
    const corpus = readCorpus();
    const shipped = readScores(join(MODEL_DIR, 'scores.json'));
    expect(shipped.mail_fingerprint).toBe(corpus.fingerprint);
    const strangers = mailOf(corpus, { parts: ['strangers'] });
    const now = {
      simple: scoresOf(scored(strangers, simpleScorer(createNgramModel(simpleWeights(dataDir).weights)))),
      keywords: scoresOf(scored(strangers, keywordsScorer(join(EXAMPLE_DIR, 'rules.yaml')))),
    };
    for (const name of ['simple', 'keywords'] as const) {
      const said = shipped.rungs[name].strangers;
      expect(now[name].mails).toBe(said.mails);
      expect(now[name].accuracy).toBeGreaterThan(said.accuracy - TOLERANCE);
      expect(now[name].auc).toBeGreaterThan(said.auc - TOLERANCE);
    }
    // A ladder goes down: each rung must be better than the one below it.
    const { primary, simple, keywords } = shipped.rungs;
    expect(primary.strangers.auc).toBeGreaterThan(simple.strangers.auc);
    expect(simple.strangers.auc).toBeGreaterThan(keywords.strangers.auc);
    expect(keywords.strangers.auc).toBeGreaterThan(shipped.rungs.static.strangers.auc);
  }, 60_000);

  it('primary repeats its shipped scores on a sample of strangers, through its own module', async () => {
    const corpus = readCorpus();
    const shipped = readScores(join(MODEL_DIR, 'scores.json')).primary_sample;
    const model = await createPrimary({ data_dir: dataDir });
    const sample = mailOf(corpus, { parts: ['strangers'] }).filter((_, i) => i % shipped.every === 0);
    const results: Scored[] = [];
    for (const mail of sample) {
      const { score } = await model(
        { subject: mail.subject, text: mail.text, sender: mail.sender },
        history({}),
      );
      results.push({ spam: mail.label === 'spam', score });
    }
    const now = scoresOf(results);
    expect(now.mails).toBe(shipped.scores.mails);
    expect(now.accuracy).toBeGreaterThan(shipped.scores.accuracy - 2 * TOLERANCE);
    expect(now.auc).toBeGreaterThan(shipped.scores.auc - TOLERANCE);
  }, 120_000);

  it('answer in one shape, and history moves primary the right way', async () => {
    const simple = await createSimple({ data_dir: dataDir });
    const primary = await createPrimary({ data_dir: dataDir });
    const spam = {
      sender: 'x@y.org',
      subject: 'Free money now',
      text: 'Click here to order! No obligation, act now.',
    };
    const ham = {
      sender: 'x@y.org',
      subject: 'Re: kernel patch',
      text: 'Tom wrote:\n> does it apply?\nYes, I think so.',
    };
    for (const model of [simple, primary]) {
      expect(await model(spam, nobody)).toMatchObject({ label: 'spam' });
      expect(await model(ham, nobody)).toMatchObject({ label: 'ham' });
      const { label, score, confidence } = await model(ham, nobody);
      expect(confidence).toBeCloseTo(label === 'spam' ? score : 1 - score, 9);
    }
    const since = new Date(Date.now() - 86_400_000).toISOString();
    const unclear = {
      sender: 'x@y.org',
      subject: 'Meeting',
      text: 'A special offer for the meeting on Tuesday',
    };
    const good = await primary(unclear, history({ mails_seen: 40, spam_share: 0, first_seen: since }));
    const bad = await primary(unclear, history({ mails_seen: 40, spam_share: 1, first_seen: since }));
    expect(bad.score).toBeGreaterThan(good.score);
    expect(good.history).toBe('known');
    expect((await primary(unclear, history({}))).history).toBe('unknown');
    expect((await primary(unclear, nobody)).history).toBe('unasked');
  });

  it.each([
    [undefined],
    [null],
    [[]],
    [7],
    [{}],
    [{ text: 3 }],
    [{ text: '  ' }],
    [{ text: 'x', sender: {} }],
  ])('call %j a bad request', async (input) => {
    const simple = await createSimple({ data_dir: dataDir });
    expect(() => simple(input, nobody)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });

  it('refuse options they do not know', async () => {
    await expect(createSimple({ data_dri: 'x' })).rejects.toThrow('data_dri');
  });

  it('leave samples to send, each with something to judge', () => {
    const lines = readFileSync(prepared.sampleFile, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(500);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ input: { text: expect.any(String) } });
  });
});

describe('the embedded text', () => {
  it('is short, and never empty', async () => {
    const { embeddedText, EMBEDDING_WORDS } = await import('./embedder.ts');
    expect(embeddedText({ subject: '', text: ' \n ' })).toBe('.');
    expect(embeddedText({ subject: 'a b', text: 'word '.repeat(1_000) }).split(' ')).toHaveLength(
      EMBEDDING_WORDS,
    );
    expect(embeddedText({ subject: '', text: 'x'.repeat(100_000) }).length).toBeLessThan(300);
    expect(embeddedText({ subject: 'A', text: 'ﷺ'.repeat(1_000) }).length).toBeLessThan(300);
  });
});
