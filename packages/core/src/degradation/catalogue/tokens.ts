/**
 * Words of a text, the same way for every built-in rung that reads text: lower case, compatibility forms folded (NFKC:
 * full-width letters and ligatures become plain ones), letters, digits and marks of any script, an apostrophe inside
 * a word dropped ("don't" is "dont"). Scripts written without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) give
 * overlapping pairs of characters, the usual way to index them without a dictionary.
 * Linear in the length of the text: the pattern has no nested repetition.
 */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const RUNS =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+|[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/gu;
const APOSTROPHE = /['’]/g;

/** Longest word that is kept whole: longer ones (base64, long links) are cut, so that they stay comparable and small. */
const LONGEST_WORD = 64;

function pushPairs(run: string, into: string[]): void {
  const characters = Array.from(run);
  if (characters.length === 1) into.push(run);
  for (let i = 0; i + 1 < characters.length; i++) into.push(`${characters[i]}${characters[i + 1]}`);
}

/** @param maxChars only so much of the text is read (default 100 000 UTF-16 units) */
export function tokenise(text: string, maxChars = 100_000): string[] {
  const whole = text.length > maxChars ? text.slice(0, maxChars) : text;
  const words = whole.normalize('NFKC').toLowerCase().match(WORD);
  if (words === null) return [];
  const tokens: string[] = [];
  for (const word of words) {
    if (UNSPACED.test(word)) {
      for (const run of word.match(RUNS) ?? []) {
        if (UNSPACED.test(run)) pushPairs(run, tokens);
        else tokens.push(run);
      }
    } else {
      const plain = word.includes("'") || word.includes('’') ? word.replace(APOSTROPHE, '') : word;
      tokens.push(plain.length > LONGEST_WORD ? plain.slice(0, LONGEST_WORD) : plain);
    }
  }
  return tokens;
}

/** How often each token occurs, in order of first occurrence. */
export function countTokens(tokens: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}
