/**
 * Buckets of scores that every replica cuts alike, whatever it sees: a number's octave and its place in 128 steps within it, so a bucket is
 * at most 0.8 % wide relative to the score; between ½ and 1 relative to the distance from 1, where probabilities of sure answers crowd.
 * Order is kept: a larger score never has a smaller bucket.
 */
const view = new DataView(new ArrayBuffer(8));

/** Octave and step of a number above 0, ascending. */
function stepOf(positive: number): number {
  view.setFloat64(0, positive);
  // Eleven bits of exponent and the seven leading ones of the fraction.
  return view.getUint32(0) >>> 13;
}

const HALF = stepOf(0.5);
const ONE = stepOf(1);
/** Below ½ come the steps up to ½, then those of the way from ½ to 1 backwards, then those from 1 on. */
const MIRRORED = 2 * HALF + 1;

/** @param score finite */
export function scoreBucket(score: number): number {
  if (score === 0) return 0;
  if (score < 0) return -stepOf(-score) - 1;
  if (score <= 0.5) return stepOf(score) + 1;
  if (score < 1) return MIRRORED - stepOf(1 - score) + 1;
  return MIRRORED + 1 + stepOf(score) - ONE + 1;
}
