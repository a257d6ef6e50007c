import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function encode(value: number, length: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < length; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/**
 * Makes identifiers that sort by time and never repeat within a process: 10 characters of wall milliseconds, 4 of a
 * counter, 6 of randomness that tells processes apart (Crockford's base 32, lower case).
 * When the wall clock steps back, the time part holds still, so order is kept.
 * @param prefix put in front with a hyphen, for example `req`
 */
export function idMaker(prefix: string, clock: Clock, random: Random): () => string {
  const process = encode(Math.floor(random() * 2 ** 30), 6);
  let last = 0;
  let stamp = encode(0, 10);
  let counter = 0;
  return () => {
    const now = Math.floor(clock.wall());
    if (now > last) {
      last = now;
      stamp = encode(now, 10);
      counter = 0;
    } else if (++counter >= 2 ** 20) {
      last += 1;
      stamp = encode(last, 10);
      counter = 0;
    }
    return `${prefix}-${stamp}${encode(counter, 4)}${process}`;
  };
}
