const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  pound: '£',
  euro: '€',
  bull: '•',
  middot: '·',
  mdash: '—',
  ndash: '–',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
};

const UNSEEN = ['script', 'style', 'head', 'title'];
const BREAKS = /^\/?(?:p|br|div|tr|td|th|li|ul|ol|h[1-6]|table|center|hr|blockquote)\b/;

function decodeEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return NAMED[name.toLowerCase()] ?? whole;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return Number.isInteger(code) && code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}

/** The words of a page, as a reader sees them, more or less. One pass: each `<` looks for its `>` only once. */
export function htmlToText(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      pieces.push(html.slice(at));
      break;
    }
    pieces.push(html.slice(at, open));
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      if (end < 0) break;
      at = end + 3;
      continue;
    }
    const close = html.indexOf('>', open);
    if (close < 0) break;
    const tag = html.slice(open + 1, Math.min(close, open + 20)).toLowerCase();
    at = close + 1;
    const unseen = UNSEEN.find((name) => tag === name || tag.startsWith(`${name} `));
    if (unseen !== undefined) {
      const end = html.toLowerCase().indexOf(`</${unseen}`, at);
      if (end >= 0) at = end;
    } else if (BREAKS.test(tag)) pieces.push('\n');
  }
  return pieces.join('').replace(/&(#?\w{1,8});/g, decodeEntity);
}
