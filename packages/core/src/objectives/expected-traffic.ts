import { figure } from './budget.ts';
import { HOUR_MS } from './minute-block.ts';
import type { ExpectedTraffic } from './objective.ts';

/** Whether events come. Silence is a state of its own: it is neither health nor failure. */
export interface TrafficStanding {
  readonly state: /** Events came within what is expected, or lately where nothing is. */
    | 'flowing'
    /** None lately, and none need have come. */
    | 'quiet'
    /** None, or fewer than stated, although they are expected: an alert of its own. */
    | 'silent'
    /** Never any. */
    | 'never';
  readonly reason: string;
}

/** Without expectations, events younger than this count as traffic. */
const LATELY_MS = 5 * 60_000;
/** Expected events from which none at all is no chance: for a Poisson process the odds are e^−10, 1 in 22,000. */
export const SILENCE_EXPECTED = 10;
/** Weeks of the same hour that a learned rate needs. */
export const LEARNING_WEEKS = 2;

const FLOWING: TrafficStanding = { state: 'flowing', reason: 'events come' };
const QUIET: TrafficStanding = { state: 'quiet', reason: 'no events lately, and none are expected' };
const NEVER: TrafficStanding = { state: 'never', reason: 'there has never been an event' };

/**
 * Judges the silence since the last event.
 * @param expected what the objective says
 * @param recent events of the stretch that a stated expectation speaks of
 */
export function judgeTraffic(
  expected: ExpectedTraffic | undefined,
  context: {
    readonly now: number;
    readonly since: number;
    readonly lastEvent: number | undefined;
    readonly learnedPerHour?: number | undefined;
  },
  recent?: number,
): TrafficStanding {
  const { now, lastEvent } = context;
  // The minute of the last event is known, not its second: silence begins at its end.
  const quietMs = Math.max(0, now - (lastEvent === undefined ? context.since : lastEvent + 60_000));
  if (expected?.kind === 'stated') {
    const events = recent ?? 0;
    // A stretch that was not watched from its beginning may have had its events before.
    if (events >= expected.events || now - context.since < expected.perMs)
      return lastEvent === undefined ? NEVER : FLOWING;
    const stretch = duration(expected.perMs);
    const reason = `${figure(events)} events in ${stretch}: at least ${expected.events} are expected`;
    return { state: 'silent', reason };
  }
  if (expected?.kind === 'learned' && context.learnedPerHour !== undefined) {
    const wanted = (context.learnedPerHour * quietMs) / HOUR_MS;
    if (wanted >= SILENCE_EXPECTED) {
      const reason = `no event for ${duration(quietMs)}: ${wanted.toFixed(0)} would have come as in the last weeks at this hour`;
      return { state: 'silent', reason };
    }
  }
  if (lastEvent === undefined) return NEVER;
  return quietMs <= LATELY_MS ? FLOWING : QUIET;
}

/**
 * Events an hour that can be counted on now: the least of what the same hour of the last weeks had, so that a holiday
 * among them keeps silence from being an alert. Undefined while there are too few weeks.
 * @param sameHour events of the same hour of the week, one and more weeks ago; undefined for weeks before the first event
 */
export function learnedRate(sameHour: readonly (number | undefined)[]): number | undefined {
  const known = sameHour.filter((events) => events !== undefined);
  return known.length < LEARNING_WEEKS ? undefined : Math.min(...known);
}

/** The hours that {@link learnedRate} wants, starts in wall milliseconds. */
export function sameHours(now: number, weeks = 4): readonly number[] {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: weeks }, (_, n) => hour - (n + 1) * 7 * 24 * HOUR_MS);
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1_000)}s`;
  if (minutes < 120) return `${minutes}m`;
  return minutes < 48 * 60 ? `${(minutes / 60).toFixed(1)}h` : `${(minutes / 1_440).toFixed(1)}d`;
}
