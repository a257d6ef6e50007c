import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc, scoresOf } from './metrics.ts';

const mails = fc.array(
  fc.record({ spam: fc.boolean(), score: fc.integer({ min: 0, max: 5 }).map((n) => n / 5) }),
  {
    minLength: 2,
    maxLength: 40,
  },
);

describe('auc', () => {
  it('is the share of pairs in the right order, ties counted half', () => {
    fc.assert(
      fc.property(mails, (scored) => {
        const spam = scored.filter((mail) => mail.spam);
        const ham = scored.filter((mail) => !mail.spam);
        fc.pre(spam.length > 0 && ham.length > 0);
        let pairs = 0;
        for (const s of spam)
          for (const h of ham) pairs += s.score > h.score ? 1 : s.score === h.score ? 0.5 : 0;
        expect(auc(scored)).toBeCloseTo(pairs / (spam.length * ham.length), 10);
      }),
    );
  });
});

describe('scoresOf', () => {
  it('counts at the threshold', () => {
    const scores = scoresOf([
      { spam: true, score: 0.9 },
      { spam: true, score: 0.4 },
      { spam: false, score: 0.6 },
      { spam: false, score: 0.1 },
    ]);
    expect(scores).toMatchObject({ mails: 4, accuracy: 0.5, precision: 0.5, recall: 0.5, auc: 0.75 });
    // Bins: 0.9 twice right (0.9 and 1 − 0.1), 0.6 twice wrong.
    expect(scores.calibrationError).toBeCloseTo((0.2 + 1.2) / 4, 10);
  });
});
