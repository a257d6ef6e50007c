import type { Clock } from '../kernel/clock.ts';
import { idMaker } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import { pad, utcFields } from './stamp.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Identifiers of incidents: `AI-20261124-114706123-0000k3x9q2`. The day and the time of day (UTC, milliseconds) can be read and sort; a
 * counter and a part that tells processes apart keep two from ever being the same, however many are open.
 */
export function incidentIdMaker(clock: Clock, random: Random): () => string {
  const next = idMaker('x', clock, random);
  return () => {
    const id = next().slice(2);
    // The kernel's own time part: it holds still when the wall clock steps back.
    let at = 0;
    for (const letter of id.slice(0, 10)) at = at * 32 + ALPHABET.indexOf(letter);
    const t = utcFields(at);
    return `AI-${pad(t.year, 4)}${pad(t.month)}${pad(t.day)}-${pad(t.hour)}${pad(t.minute)}${pad(t.second)}${pad(t.ms, 3)}-${id.slice(10)}`;
  };
}
