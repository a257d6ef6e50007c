import { isAlphanumeric, isDigit, isLetter, isSpace, isTokenCharacter } from './characters.ts';
import type { Marks } from './marks.ts';

/** How the keys of well-known issuers begin, and how long they are at least. */
const PREFIXES: readonly (readonly [prefix: string, least: number])[] = [
  ['sk-', 16],
  ['sk_', 16],
  ['pk_live_', 16],
  ['rk_live_', 16],
  ['whsec_', 16],
  ['ek_', 16],
  ['evk_', 16],
  ['ghp_', 20],
  ['gho_', 20],
  ['ghu_', 20],
  ['ghs_', 20],
  ['ghr_', 20],
  ['github_pat_', 20],
  ['glpat-', 16],
  ['xoxb-', 16],
  ['xoxp-', 16],
  ['xoxa-', 16],
  ['xoxr-', 16],
  ['xapp-', 16],
  ['AKIA', 20],
  ['ASIA', 20],
  ['AIza', 30],
  ['ya29.', 20],
  ['hf_', 20],
  ['npm_', 20],
  ['pypi-', 20],
  ['dop_v1_', 20],
  ['SG.', 20],
  ['gsk_', 20],
  ['r8_', 20],
  // A JSON Web Token: the first part is a JSON object in base64.
  ['eyJ', 24],
];
/** A mixed token of this length is no word of any language. */
const LONG_TOKEN = 32;
const KEY_BEGIN = '-----BEGIN ';
const KEY_END = '-----END ';
/** Characters of a word that are looked at when a value follows it. */
const LONGEST_NAME = 40;
/** Longest user and password in front of a host. */
const LONGEST_USERINFO = 256;

const SECRET_WORDS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'apikey',
  'accesskey',
  'privatekey',
  'signingkey',
  'encryptionkey',
  'authorization',
  'credential',
];
const SECRET_ENDS = ['token', 'cookie', 'pwd', 'sessionid'];
const SECRET_NAMES = new Set([
  'auth',
  'pass',
  'pin',
  'cvv',
  'cvc',
  'cvv2',
  'ssn',
  'sid',
  'session',
  'jwt',
  'bearer',
]);

/** Whether a name of a field, a header or a variable says that its value is secret: `X-Api-Key`, `dbPassword`, `id_token`. */
export function namesSecret(name: string): boolean {
  // Nothing that long is a name; what it hides is not kept.
  if (name.length > 200) return true;
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return (
    SECRET_NAMES.has(bare) ||
    SECRET_ENDS.some((end) => bare.endsWith(end)) ||
    SECRET_WORDS.some((word) => bare.includes(word))
  );
}

/** PEM private keys, to their end or that of the text. Each search begins where the last one ended. */
function markPrivateKeys(text: string, found: Marks): void {
  for (let at = text.indexOf(KEY_BEGIN); at >= 0; ) {
    let next = at + KEY_BEGIN.length;
    const [title = ''] = text.slice(next, next + 64).split('-----', 1);
    const isPrivate = title.includes('PRIVATE KEY');
    if (isPrivate) {
      const endAt = text.indexOf(KEY_END, next);
      const lineEnd = endAt < 0 ? -1 : text.indexOf('-----', endAt + KEY_END.length);
      next = lineEnd < 0 ? text.length : lineEnd + 5;
      found.mark(at, next, 'secret');
    }
    at = next >= text.length ? -1 : text.indexOf(KEY_BEGIN, next);
  }
}

/** `user:password@` after `://`. */
function markUserinfo(text: string, found: Marks): void {
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const from = at + 3;
    const until = Math.min(text.length, from + LONGEST_USERINFO);
    let colon = false;
    for (let i = from; i < until; i++) {
      const code = text.charCodeAt(i);
      if (code === 58) colon = true;
      else if (code === 64) {
        if (colon) found.mark(from, i, 'secret');
        break;
      } else if (code === 47 || code === 34 || code === 39 || isSpace(code)) break;
    }
  }
}

/** Where in a token a key of a well-known issuer begins, at the start of a word; -1: nowhere. */
function knownKeyAt(token: string): number {
  for (let i = 0; i < token.length; i++) {
    if (i > 0 && isAlphanumeric(token.charCodeAt(i - 1))) continue;
    for (const [prefix, least] of PREFIXES) {
      if (token.length - i >= least && token.startsWith(prefix, i)) return i;
    }
  }
  return -1;
}

/** Long, and of digits and both cases, without the separators that paths and host names have. */
function looksRandom(token: string): boolean {
  if (token.length < LONG_TOKEN) return false;
  let digits = 0;
  let upper = 0;
  let lower = 0;
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    if (isDigit(code)) digits += 1;
    else if (code >= 65 && code <= 90) upper += 1;
    else if (isLetter(code)) lower += 1;
    else if (code === 47 || code === 46) return false;
  }
  return digits >= 3 && upper >= 3 && lower >= 3;
}

/** No plain word, as one behind "bearer" or "basic" may be: it has a digit, or a capital inside. */
function isNoWord(token: string): boolean {
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    if (isDigit(code) || (i > 0 && code >= 65 && code <= 90)) return true;
  }
  return false;
}

const SCHEMES = new Set(['bearer', 'basic', 'digest', 'negotiate', 'token', 'apikey']);

/** Where a quoted value ends: at the quote that opened it, unless a backslash stands in front as none did there. */
function quoteEnd(text: string, start: number): number {
  const quote = text.charCodeAt(start - 1);
  const escaped = text.charCodeAt(start - 2) === 92;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92 && !escaped) i += 1;
    else if (code === quote) return escaped && text.charCodeAt(i - 1) === 92 ? i - 1 : i;
  }
  return text.length;
}

/**
 * Marks the value behind `name=` or `name: `, to its closing quote or else the next space, quote, comma, semicolon,
 * ampersand or brace; after a scheme (`Authorization: Bearer …`) it is the word behind that.
 * @returns where it ends: everything before is dealt with
 */
function markValue(text: string, from: number, found: Marks): number {
  let start = from;
  for (;;) {
    const lead = start;
    while (start < lead + 8 && isValueLead(text.charCodeAt(start))) start += 1;
    const quoted = start > lead && isQuote(text.charCodeAt(start - 1));
    let wordEnd = start;
    while (wordEnd < text.length && !isValueEnd(text.charCodeAt(wordEnd))) wordEnd += 1;
    const word = wordEnd - start <= 12 ? text.slice(start, wordEnd).toLowerCase() : '';
    if (SCHEMES.has(word) && isSpace(text.charCodeAt(wordEnd))) {
      start = wordEnd;
      continue;
    }
    const end = quoted ? Math.max(wordEnd, quoteEnd(text, start)) : wordEnd;
    if (end > start) found.mark(start, end, 'secret');
    return end;
  }
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39;
}

function isValueLead(code: number): boolean {
  return isSpace(code) || isQuote(code) || code === 92;
}

function isValueEnd(code: number): boolean {
  return isValueLead(code) || code === 44 || code === 59 || code === 38 || code === 125;
}

/** Start of the value after a name that ends at `end`: behind `=` or `:`, with quotes and spaces around; -1 without. */
function valueAfter(text: string, end: number): number {
  let i = end;
  for (let steps = 0; steps < 4 && i < text.length && isValueLead(text.charCodeAt(i)); steps++) i += 1;
  const code = text.charCodeAt(i);
  return code === 61 || code === 58 ? i + 1 : -1;
}

/** Tokens of known or random shape, and values of names that say "secret". Every run of token characters is looked at once. */
function markTokens(text: string, found: Marks): void {
  let previous = '';
  let i = 0;
  while (i < text.length) {
    if (!isTokenCharacter(text.charCodeAt(i))) {
      i += 1;
      continue;
    }
    const start = i;
    while (i < text.length && isTokenCharacter(text.charCodeAt(i))) i += 1;
    const token = text.slice(start, i);
    const scheme = previous === 'bearer' || previous === 'basic';
    const known = knownKeyAt(token);
    if (known >= 0) found.mark(start + known, i, 'secret');
    else if (looksRandom(token) || (scheme && token.length >= 8 && isNoWord(token)))
      found.mark(start, i, 'secret');
    previous = token.slice(-LONGEST_NAME).toLowerCase();
    if (namesSecret(previous)) {
      const at = valueAfter(text, i);
      if (at >= 0) i = Math.max(i, markValue(text, at, found));
    }
  }
}

/** Marks credentials. */
export function markSecrets(text: string, found: Marks): void {
  markPrivateKeys(text, found);
  markUserinfo(text, found);
  markTokens(text, found);
}
