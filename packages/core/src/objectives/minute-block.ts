/**
 * Minute counts of one hour: 60 pairs (good, total). The bytes are little-endian float64, 960 of them, as they are
 * kept; in memory it is the same as numbers.
 */
export type MinuteBlock = Float64Array;

export const MINUTE_MS = 60_000;
export const MINUTES_PER_HOUR = 60;
export const HOUR_MS = 3_600_000;
/** Bytes of a kept block. */
export const BLOCK_BYTES = 960;

export function emptyBlock(): MinuteBlock {
  return new Float64Array(2 * MINUTES_PER_HOUR);
}

export function blockBytes(block: MinuteBlock): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 2 * MINUTES_PER_HOUR; i++) view.setFloat64(8 * i, block[i] ?? 0, true);
  return bytes;
}

/** @throws RangeError for bytes that are no block */
export function readBlock(bytes: Uint8Array): MinuteBlock {
  if (bytes.byteLength !== BLOCK_BYTES) {
    throw new RangeError(`a block of minutes has ${BLOCK_BYTES} bytes, not ${bytes.byteLength}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const block = emptyBlock();
  for (let i = 0; i < 2 * MINUTES_PER_HOUR; i++) block[i] = view.getFloat64(8 * i, true);
  return block;
}

/** Resolution of fractional counts, as a power of two: sums of such numbers below 2^23 are exact in float64. */
const FRACTION = 2 ** 30;

/**
 * A count whose sums stay exact however often they are added and taken away: whole numbers as they are, fractions (a
 * price, a slice's share) to the nearest 2⁻³⁰.
 */
export function exactCount(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * FRACTION) / FRACTION;
}
