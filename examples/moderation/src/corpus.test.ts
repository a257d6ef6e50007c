import { describe, expect, it } from 'vitest';
import { GROUPS, mailOf, readCorpus, TRAINING } from './corpus.ts';
import { mailIsInstalled } from './mail-package.test.support.ts';
import { disjointSets, joinNearDuplicates } from './near-duplicates.ts';
import { split } from './split.ts';

describe.skipIf(!mailIsInstalled)('the mail', () => {
  const corpus = readCorpus();
  const training = new Set(TRAINING);

  it('is the whole archive, and every mail has something to judge or nothing at all', () => {
    const counts = Object.fromEntries(
      GROUPS.map((group) => [group, mailOf(corpus, { groups: [group] }).length]),
    );
    expect(counts).toEqual({
      'easy-ham-1': 2500,
      'easy-ham-2': 1400,
      'hard-ham-1': 250,
      'spam-1': 500,
      'spam-2': 1396,
    });
    expect(corpus.mails.filter((mail) => mail.text.length < 10).length).toBeLessThan(60);
  });

  it('does not name the hosts, lists or filters that give the answer away', () => {
    const tell = /taint\.org|netnoteinc|^SPAM: /im;
    const told = corpus.mails.filter((mail) => tell.test(`${mail.subject}\n${mail.text}`));
    expect(told.map((mail) => mail.id)).toEqual([]);
    expect(corpus.mails.some((mail) => /^(?:re: )?\[[^\]]{1,40}\]/i.test(mail.subject))).toBe(false);
  });

  it('has no sender of strangers in training', () => {
    const known = new Set(mailOf(corpus, { parts: TRAINING }).map((mail) => mail.sender));
    known.delete('');
    expect(mailOf(corpus, { parts: ['strangers'] }).filter((mail) => known.has(mail.sender))).toEqual([]);
  });

  it('has no near-duplicate of held-out mail in training', () => {
    const sets = disjointSets(corpus.mails.length);
    joinNearDuplicates(
      corpus.mails.map((mail) => `${mail.subject}\n${mail.text}`),
      sets,
    );
    const inTraining = new Set<number>();
    corpus.mails.forEach((mail, i) => {
      if (training.has(mail.part)) inTraining.add(sets.find(i));
    });
    const copies = corpus.mails.filter(
      (mail, i) => !training.has(mail.part) && mail.part !== 'left_out' && inTraining.has(sets.find(i)),
    );
    expect(copies.map((mail) => mail.id)).toEqual([]);
  });

  it('has regulars who were known before', () => {
    const known = new Set(mailOf(corpus, { parts: TRAINING }).map((mail) => mail.sender));
    const regulars = mailOf(corpus, { parts: ['regulars'] });
    expect(regulars.length).toBeGreaterThan(300);
    expect(regulars.every((mail) => known.has(mail.sender))).toBe(true);
  });

  it('is split the same way every time, and another way by another seed', () => {
    const parts = corpus.mails.map((mail) => mail.part);
    const few = corpus.mails.slice(0, 800);
    expect(split(few, { seed: 5 })).toEqual(split(few, { seed: 5 }));
    expect(split(few, { seed: 5 })).not.toEqual(split(few, { seed: 6 }));
    const both = mailOf(corpus, { parts: ['strangers'] });
    const spam = both.filter((mail) => mail.label === 'spam').length / both.length;
    expect(parts).toHaveLength(6_046);
    expect(spam).toBeGreaterThan(0.3);
    expect(spam).toBeLessThan(0.6);
  });
});
