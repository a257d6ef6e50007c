import { describe, expect, it } from 'vitest';
import { htmlToText } from './html-text.ts';

describe('htmlToText', () => {
  it('keeps what a reader sees', () => {
    expect(
      htmlToText(
        '<head><title>t</title></head><style>p{}</style>One<br>two<!-- no --><script>x<y</script> &lt;3 &#65;&nosuch;',
      ),
    ).toBe('One\ntwo <3 A&nosuch;');
  });

  it('joins words that only a tag divides, as spammers write them', () => {
    expect(htmlToText('V<b></b>iag<i>r</i>a')).toBe('Viagra');
  });

  it('ends at a tag or comment that does not close', () => {
    expect(htmlToText('seen <b unseen')).toBe('seen ');
    expect(htmlToText('seen <!-- unseen')).toBe('seen ');
  });

  it('is linear in what cannot be closed', () => {
    const began = performance.now();
    htmlToText('<'.repeat(500_000));
    htmlToText('&'.repeat(500_000));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
