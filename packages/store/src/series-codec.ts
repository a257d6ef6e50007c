/** Pairs (good, total) of one hour. */
const PAIRS = 60;
const RAW = 0;
const PACKED = 1;
/** Counts above are kept as they came; they fit no 31 bits. */
const LARGEST = 2 ** 31 - 1;

/**
 * Minute counts as they are kept. Counts are whole numbers that are mostly small, and mostly all good: as (total, bad) in
 * variable-length bytes (LEB128) an hour takes 120 bytes or little more instead of 960. What is no whole number is kept raw.
 * @param minutes 60 pairs (good, total) as little-endian float64
 */
export function packMinutes(minutes: Uint8Array): Uint8Array {
  const view = new DataView(minutes.buffer, minutes.byteOffset, minutes.byteLength);
  const packed = new Uint8Array(1 + PAIRS * 10);
  packed[0] = PACKED;
  let at = 1;
  const put = (value: number): void => {
    let rest = value;
    while (rest > 127) {
      packed[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    packed[at++] = rest;
  };
  const whole = (value: number): boolean =>
    Number.isInteger(value) && value >= 0 && value <= LARGEST && !Object.is(value, -0);
  if (minutes.byteLength === PAIRS * 16) {
    let i = 0;
    for (; i < PAIRS; i++) {
      const good = view.getFloat64(i * 16, true);
      const total = view.getFloat64(i * 16 + 8, true);
      if (!whole(good) || !whole(total) || good > total) break;
      put(total);
      put(total - good);
    }
    if (i === PAIRS) return packed.subarray(0, at);
  }
  const raw = new Uint8Array(1 + minutes.byteLength);
  raw[0] = RAW;
  raw.set(minutes, 1);
  return raw;
}

/** The inverse of {@link packMinutes}, to the bit. */
export function unpackMinutes(kept: Uint8Array): Uint8Array {
  if (kept[0] !== PACKED) return kept.slice(1);
  const minutes = new Uint8Array(PAIRS * 16);
  const view = new DataView(minutes.buffer);
  let at = 1;
  const take = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = kept[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (let i = 0; i < PAIRS; i++) {
    const total = take();
    const bad = take();
    view.setFloat64(i * 16, total - bad, true);
    view.setFloat64(i * 16 + 8, total, true);
  }
  return minutes;
}
