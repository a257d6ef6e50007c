/** 2^18 places for features: collisions are rare among the n-grams of a few thousand mails, and the weights are 1 MiB. */
export const BUCKETS: number = 1 << 18;

const SUBJECT_CHARS = 200;
const TEXT_CHARS = 2_000;
const MASK = BUCKETS - 1;

// Kinds of features; each is hashed with its own salt.
const TEXT_WORD = 0x51ed270b;
const TEXT_PAIR = 0x2545f491;
const SUBJECT_WORD = 0x6c8e9cf5;
const SUBJECT_PAIR = 0x1b873593;
const SHOUTED = 0x7feb352d;
const MARKS = 0x38495ab5;

/** The distinct features of one mail: the first `count` entries of `buckets`. Overwritten by the next mail. */
export interface FeatureBuffer {
  readonly buckets: Int32Array;
  count: number;
}

export interface FeatureExtractor {
  extract(subject: string, text: string): FeatureBuffer;
}

const isWord = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c >= 192 || c === 36 || c === 39;

function mix(h: number): number {
  const x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (x ^ (x >>> 13)) & MASK;
}

/**
 * Words and pairs of words, of subject and text apart, words in capitals, and runs of ! and $, hashed into
 * {@link BUCKETS} places (the hashing trick, Weinberger et al. 2009). Reads character codes and makes no strings: this is
 * the rung that carries the load when the others cannot.
 */
export function createFeatureExtractor(): FeatureExtractor {
  const buffer: FeatureBuffer = { buckets: new Int32Array(4 * (SUBJECT_CHARS + TEXT_CHARS)), count: 0 };
  // A place is taken when its stamp is that of this mail: nothing has to be cleared between two.
  const stamps = new Int32Array(BUCKETS);
  let stamp = 0;

  function add(hash: number): void {
    const bucket = mix(hash);
    if (stamps[bucket] === stamp) return;
    stamps[bucket] = stamp;
    buffer.buckets[buffer.count++] = bucket;
  }

  function scan(text: string, limit: number, wordSalt: number, pairSalt: number): void {
    const end = Math.min(text.length, limit);
    let previous = 0;
    let hash = 0;
    let length = 0;
    let capitals = 0;
    let digits = 0;
    let run = 0;
    for (let i = 0; i <= end; i++) {
      const c = i < end ? text.charCodeAt(i) : 32;
      if (isWord(c)) {
        const upper = c >= 65 && c <= 90;
        if (upper) capitals++;
        const digit = c >= 48 && c <= 57;
        if (digit) digits++;
        // Numbers differ between copies: their digits count as one.
        hash = Math.imul(hash ^ (upper ? c + 32 : digit ? 48 : c), 0x01000193);
        length++;
        run = 0;
        continue;
      }
      if (length > 0) {
        if (length <= 30 && digits < 8) {
          add(hash ^ wordSalt);
          if (previous !== 0) add(Math.imul(previous, 31) ^ hash ^ pairSalt);
          if (capitals === length && length > 3) add(SHOUTED ^ wordSalt);
          previous = hash;
        }
        hash = 0;
        length = 0;
        capitals = 0;
        digits = 0;
      }
      if (c === 33) {
        run++;
        add(MARKS ^ wordSalt ^ Math.min(run, 4));
      }
    }
  }

  return {
    extract(subject, text) {
      stamp += 1;
      buffer.count = 0;
      scan(subject, SUBJECT_CHARS, SUBJECT_WORD, SUBJECT_PAIR);
      scan(text, TEXT_CHARS, TEXT_WORD, TEXT_PAIR);
      return buffer;
    },
  };
}
