const MINUTE = 60_000;
const FIXED: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 1_440 * MINUTE,
  w: 7 * 1_440 * MINUTE,
};

/** OpenSLO's `duration-shorthand`: a positive whole number and one of m (minutes), h, d, w, M (months), Q, Y. */
export const SHORTHAND: RegExp = /^([1-9][0-9]*)([mhdwMQY])$/;

export interface Shorthand {
  readonly count: number;
  readonly unit: 'm' | 'h' | 'd' | 'w' | 'M' | 'Q' | 'Y';
  /** Milliseconds; undefined for months, quarters and years, which have no one length. */
  readonly ms: number | undefined;
}

function isUnit(text: string): text is Shorthand['unit'] {
  return text.length === 1 && 'mhdwMQY'.includes(text);
}

/** Reads `12h`, `4w`, `1M`; undefined for anything else. */
export function parseShorthand(text: string): Shorthand | undefined {
  const match = SHORTHAND.exec(text);
  const count = Number(match?.[1]);
  const unit = match?.[2] ?? '';
  if (!isUnit(unit) || !Number.isSafeInteger(count)) return undefined;
  const fixed = FIXED[unit];
  return { count, unit, ms: fixed === undefined ? undefined : count * fixed };
}

/** The shortest shorthand for a length; undefined when it is not a whole number of minutes, at least one. */
export function printShorthand(ms: number): string | undefined {
  if (!(ms >= MINUTE) || ms % MINUTE !== 0) return undefined;
  for (const unit of ['w', 'd', 'h'] as const) {
    const size = FIXED[unit] ?? MINUTE;
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms / MINUTE}m`;
}
