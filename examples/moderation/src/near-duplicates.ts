import { hash32 } from '@evenkeel/core';

const HASHES = 64;
const BANDS = 16;
const ROWS = HASHES / BANDS;
const SHINGLE_WORDS = 4;
const MAX_WORDS = 800;
/** Estimated Jaccard similarity of shingles from which two texts are the same one, sent twice. */
const SAME = 0.5;

/** Sets that grow together: union by size, path halving. */
export interface DisjointSets {
  find(member: number): number;
  join(a: number, b: number): void;
}

export function disjointSets(count: number): DisjointSets {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const size = new Int32Array(count).fill(1);
  const at = (array: Int32Array, i: number): number => array[i] ?? 0;
  function find(member: number): number {
    let i = member;
    while (at(parent, i) !== i) {
      parent[i] = at(parent, at(parent, i));
      i = at(parent, i);
    }
    return i;
  }
  return {
    find,
    join(a, b) {
      const [x, y] = [find(a), find(b)];
      if (x === y) return;
      const [small, large] = at(size, x) < at(size, y) ? [x, y] : [y, x];
      parent[small] = large;
      size[large] = at(size, large) + at(size, small);
    },
  };
}

/** Words without digits and addresses: what bulk mailers vary between two copies. */
function wordsOf(text: string): string[] {
  return (
    text
      .slice(0, MAX_WORDS * 12)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  ).slice(0, MAX_WORDS);
}

function multipliers(): Uint32Array {
  return Uint32Array.from({ length: HASHES }, (_, k) => hash32(`minhash ${k}`) | 1);
}

/** Minhash of the word shingles (Broder 1997). Undefined for a text too short to say anything. */
function signature(words: readonly string[], seeds: Uint32Array): Uint32Array | undefined {
  if (words.length < SHINGLE_WORDS) return undefined;
  const hashes = words.map((word) => hash32(word));
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (let i = 0; i + SHINGLE_WORDS <= hashes.length; i++) {
    let shingle = 0;
    for (let j = 0; j < SHINGLE_WORDS; j++) shingle = Math.imul(shingle ^ (hashes[i + j] ?? 0), 0x01000193);
    for (let k = 0; k < HASHES; k++) {
      let h = Math.imul(shingle ^ k, seeds[k] ?? 1);
      h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
      h = (h ^ (h >>> 13)) >>> 0;
      if (h < (least[k] ?? 0)) least[k] = h;
    }
  }
  return least;
}

function similarity(a: Uint32Array, b: Uint32Array): number {
  let same = 0;
  for (let k = 0; k < HASHES; k++) if (a[k] === b[k]) same++;
  return same / HASHES;
}

/** Joins the sets of texts that are nearly the same. Candidates by banding, so the cost is near linear. */
export function joinNearDuplicates(texts: readonly string[], sets: DisjointSets): void {
  const seeds = multipliers();
  const signatures: (Uint32Array | undefined)[] = [];
  const buckets = new Map<string, number>();
  texts.forEach((text, i) => {
    const words = wordsOf(text);
    const own = signature(words, seeds);
    signatures.push(own);
    const keys: string[] = [];
    if (own === undefined) keys.push(`short ${words.join(' ')}`);
    else
      for (let band = 0; band < BANDS; band++)
        keys.push(`${band} ${own.subarray(band * ROWS, (band + 1) * ROWS).join(' ')}`);
    for (const key of keys) {
      const other = buckets.get(key);
      if (other === undefined) {
        buckets.set(key, i);
        continue;
      }
      const theirs = signatures[other];
      if (own === undefined || theirs === undefined || similarity(own, theirs) >= SAME) sets.join(i, other);
    }
  });
}
