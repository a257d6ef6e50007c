/**
 * FNV-1a over UTF-16 code units with a final avalanche (murmur3's fmix32): a stable, fast spread of names over 32 bits.
 * Not for secrets, and not a defence against people who choose their names.
 * @returns an unsigned 32-bit integer
 */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Where a user stands in [0, 1) for a purpose, always the same: decides canary, chaos and shedding cohorts.
 * Different purposes give independent places, so that the users of a canary are not the first to be shed.
 */
export function cohort(user: string, purpose: string): number {
  return hash32(user, hash32(purpose)) / 4294967296;
}
