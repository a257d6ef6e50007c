import { describe, expect, it } from 'vitest';
import type { Mail } from './corpus.ts';
import {
  factsOf,
  HISTORY_INPUTS,
  historyBefore,
  historyInputs,
  historyOf,
  NO_FACTS,
} from './sender-history.ts';

const DAY = 86_400_000;
const mail = (id: string, sender: string, label: Mail['label'], day: number): Mail => ({
  id,
  sender,
  label,
  receivedAt: day * DAY,
  group: 'spam-1',
  part: 'fit',
  subject: '',
  text: '',
});

describe('historyOf and historyBefore', () => {
  const mails = [
    mail('3', 'a', 'spam', 3),
    mail('1', 'a', 'ham', 1),
    mail('2', '', 'spam', 2),
    mail('4', 'b', 'spam', 4),
  ];

  it('count by time of arrival, whatever the order, and leave out mail without a sender', () => {
    expect(Object.fromEntries(historyOf(mails))).toEqual({
      a: { mailsSeen: 2, spamShare: 0.5, firstSeen: DAY },
      b: { mailsSeen: 1, spamShare: 1, firstSeen: 4 * DAY },
    });
  });

  it('know nothing of a mail before it has come', () => {
    const before = historyBefore(mails);
    expect(before.get('1')).toEqual(NO_FACTS);
    expect(before.get('3')).toEqual({ mailsSeen: 1, spamShare: 0, firstSeen: DAY });
    expect(before.get('2')).toEqual(NO_FACTS);
  });
});

describe('factsOf', () => {
  it('reads numbers and times however a feature store writes them', () => {
    const firstSeen = Date.UTC(2026, 0, 2);
    expect(factsOf({ mails_seen: 3, spam_share: 0.25, first_seen: '2026-01-02T00:00:00Z' })).toEqual({
      mailsSeen: 3,
      spamShare: 0.25,
      firstSeen,
    });
    expect(factsOf({ mails_seen: '3', spam_share: '0.25', first_seen: firstSeen })).toMatchObject({
      mailsSeen: 3,
      firstSeen,
    });
  });

  it('takes what is absent or senseless for missing, not for zero', () => {
    expect(factsOf({})).toEqual(NO_FACTS);
    expect(factsOf({ mails_seen: -1, spam_share: Number.NaN, first_seen: 'once' })).toEqual(NO_FACTS);
    expect(factsOf({ mails_seen: null, spam_share: '', first_seen: {} })).toEqual(NO_FACTS);
  });
});

describe('historyInputs', () => {
  it('are finite and as many as they have names, whatever is missing', () => {
    const values = [undefined, 0, 1, 1e9];
    for (const mailsSeen of values)
      for (const spamShare of [undefined, 0, 0.5, 1])
        for (const firstSeen of values) {
          const inputs = historyInputs({ mailsSeen, spamShare, firstSeen }, 0);
          expect(inputs).toHaveLength(HISTORY_INPUTS.length);
          expect(inputs.every(Number.isFinite)).toBe(true);
        }
  });

  it('say more of a sender the more mail there was', () => {
    const [once = 0] = historyInputs({ mailsSeen: 1, spamShare: 1, firstSeen: 0 }, 0);
    const [often = 0] = historyInputs({ mailsSeen: 50, spamShare: 1, firstSeen: 0 }, 0);
    expect(often).toBeGreaterThan(once);
    expect(once).toBeGreaterThan(0);
  });
});
