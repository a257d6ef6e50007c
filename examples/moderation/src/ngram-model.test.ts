import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@evenkeel/core';
import { afterAll, describe, expect, it } from 'vitest';
import { sigmoid } from './logistic.ts';
import { readNgramFile, writeNgramFile } from './ngram-file.ts';
import { createNgramModel, type TrainingMail, trainNgram } from './ngram-model.ts';

function mails(count: number, seed: number): TrainingMail[] {
  const random = seededRandom(seed);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  return Array.from({ length: count }, () => {
    const spam = random() < 0.4;
    // A fifth of the words come from the other side: nothing here can be told for sure.
    const word = (): string =>
      pick(
        random() < 0.8 === spam
          ? ['offer', 'free', 'cash', 'winner']
          : ['patch', 'list', 'meeting', 'kernel'],
      );
    return { label: spam ? 'spam' : 'ham', subject: word(), text: Array.from({ length: 5 }, word).join(' ') };
  });
}

const trained = trainNgram(mails(600, 1), mails(400, 2));

describe('trainNgram', () => {
  it('is right on mail it has not seen, and as sure as it is right', () => {
    const model = createNgramModel(trained);
    const test = mails(2_000, 3);
    let right = 0;
    let confidence = 0;
    for (const mail of test) {
      const p = sigmoid(model.logOdds(mail.subject, mail.text));
      if (p >= 0.5 === (mail.label === 'spam')) right++;
      confidence += Math.max(p, 1 - p);
    }
    expect(right / test.length).toBeGreaterThan(0.9);
    expect(Math.abs(right - confidence) / test.length).toBeLessThan(0.03);
  });

  it('gives the same weights for the same mail', () => {
    expect(trainNgram(mails(600, 1), mails(400, 2))).toEqual(trained);
  });

  it('answers for mail without a word it knows, or without any', () => {
    const model = createNgramModel(trained);
    expect(Number.isFinite(model.logOdds('', ''))).toBe(true);
    expect(Number.isFinite(model.logOdds('\u0000', '語'.repeat(50_000)))).toBe(true);
  });

  it('costs the same for a text of a megabyte as for one of two thousand characters', () => {
    const model = createNgramModel(trained);
    const long = 'cash offer '.repeat(90_000);
    expect(model.logOdds('', long)).toBe(model.logOdds('', long.slice(0, 2_000)));
  });
});

describe('the file of weights', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ngram-'));
  const file = join(dir, 'deeper', 'weights');
  afterAll(() => rmSync(dir, { recursive: true }));

  it('comes back as it was, and nothing else lies beside it', () => {
    writeNgramFile(file, 'key', trained);
    expect(readNgramFile(file, 'key')).toEqual(trained);
    expect(readdirSync(join(dir, 'deeper'))).toEqual(['weights']);
  });

  it('is not used when it is missing, of other mail, damaged or cut off', () => {
    writeNgramFile(file, 'key', trained);
    expect(readNgramFile(join(dir, 'nothing'), 'key')).toEqual({ unusable: 'there is no such file' });
    expect(readNgramFile(file, 'other')).toEqual({ unusable: 'it was learned from other mail' });
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(readNgramFile(file, 'key')).toEqual({ unusable: 'its weights are damaged' });
    truncateSync(file, 2_000);
    expect(readNgramFile(file, 'key')).toEqual({ unusable: 'its weights are damaged' });
    writeFileSync(file, 'no header');
    expect(readNgramFile(file, 'key')).toEqual({ unusable: 'its header is damaged' });
    writeFileSync(file, '{"format":"something/9"}\n');
    expect(readNgramFile(file, 'key')).toEqual({ unusable: 'it is of another version' });
  });
});
