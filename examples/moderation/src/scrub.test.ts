import { describe, expect, it } from 'vitest';
import { scrubSubject, scrubText } from './scrub.ts';

describe('scrubSubject', () => {
  it.each([
    ['[ILUG] Re: modem', 'Re: modem'],
    ['Re: [Spambayes] ideas', 'Re: ideas'],
    ['[ILUG] Re: [ILUG] re[2]: film', 'Re: film'],
    ['Fwd: [x] funny', 'Fwd: funny'],
    ['Reply: now', 'Reply: now'],
    ['*****SPAM***** Cheap toner', 'Cheap toner'],
    ['yyyy, your order', 'you, your order'],
    ['Prices [new] today', 'Prices [new] today'],
  ])('%s', (subject, scrubbed) => {
    expect(scrubSubject(subject)).toBe(scrubbed);
  });
});

describe('scrubText', () => {
  it('cuts the footers of lists, sponsors and groups', () => {
    const footers = [
      `${'_'.repeat(47)}\nExmh-users mailing list\nhttp://example.org/list`,
      `${'-'.repeat(55)}\nThis sf.net email is sponsored by: nobody`,
      "-- \nIrish Linux Users' Group: ilug@linux.ie",
      'To unsubscribe from this group, send an email to:\nx@example.org',
    ];
    for (const footer of footers) expect(scrubText(`The text.\n${footer}`)).toBe('The text.');
  });

  it('leaves what looks like a footer in the middle of a long text', () => {
    const text = `One.\n${'_'.repeat(30)}\n${'Two words. '.repeat(300)}`;
    expect(scrubText(text)).toContain('Two words.');
  });

  it('hides those who collected the mail, and the reports of their filter', () => {
    expect(
      scrubText('Dear zzzz,\nmail jm@jmason.org via dogma.slashnull.org\nSPAM: hit (2.1 points)\nBye'),
    ).toBe('Dear you,\nmail you via dogma.slashnull.org\n\nBye');
  });

  it('stays fast on text made to slow it down', () => {
    const began = performance.now();
    for (const evil of [
      'a.'.repeat(20_000),
      'a@'.repeat(20_000),
      '\n '.repeat(20_000),
      `${'-'.repeat(40_000)}`,
      '[re:'.repeat(9_000),
    ]) {
      scrubText(evil);
      scrubSubject(evil);
    }
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
