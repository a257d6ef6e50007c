import { describe, expect, it } from 'vitest';
import { checkExclusion, type Exclusion, excludedSpans, exclusionKind, exclusionsIn } from './exclusions.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const exclusion = (changes: Partial<Exclusion> = {}): Exclusion => ({
  id: 'x1',
  name: 'database move',
  reason: 'planned work',
  by: 'ann',
  recordedAt: 100 * DAY,
  service: 'shop',
  objective: undefined,
  spans: [{ start: 101 * DAY, end: 101 * DAY + HOUR }],
  rule: undefined,
  withdrawn: undefined,
  ...changes,
});

describe('exclusions', () => {
  it('are planned, after the fact or recurring', () => {
    expect(exclusionKind(exclusion())).toBe('planned');
    expect(exclusionKind(exclusion({ spans: [{ start: 99 * DAY, end: 99 * DAY + HOUR }] }))).toBe(
      'after_the_fact',
    );
    expect(exclusionKind(exclusion({ rule: 'FREQ=WEEKLY;BYDAY=SU' }))).toBe('recurring');
  });

  it('need a name, a reason, an author, and a sane stretch', () => {
    expect(() => checkExclusion(exclusion())).not.toThrow();
    const bad: [Partial<Exclusion>, RegExp][] = [
      [{ name: ' ' }, /needs a name/],
      [{ reason: '' }, /needs a reason/],
      [{ by: '' }, /needs an author/],
      [{ spans: [] }, /needs a stretch/],
      [{ spans: [{ start: 2, end: 1 }] }, /ends after it begins/],
      [{ spans: [{ start: 100 * DAY, end: Number.NaN }] }, /ends after it begins/],
      [{ spans: [{ start: 100 * DAY, end: 132 * DAY }] }, /at most 31 days/],
      [{ spans: [{ start: DAY, end: 2 * DAY }] }, /reaches back at most 90 days/],
    ];
    for (const [changes, message] of bad) expect(() => checkExclusion(exclusion(changes))).toThrow(message);
  });

  it('are those of the objective or of its whole service, and not the withdrawn ones', () => {
    const all = [
      exclusion(),
      exclusion({ id: 'x2', objective: 'answers', spans: [{ start: 1, end: 2 }] }),
      exclusion({ id: 'x3', objective: 'speed' }),
      exclusion({ id: 'x4', service: 'other' }),
      exclusion({ id: 'x5', withdrawn: { at: 1, by: 'bo', reason: 'was none' } }),
    ];
    expect(excludedSpans(all, 'shop', 'answers')).toEqual([
      { start: 101 * DAY, end: 101 * DAY + HOUR },
      { start: 1, end: 2 },
    ]);
    expect(exclusionsIn(all, { start: 0, end: 2 }).map(({ id }) => id)).toEqual(['x2']);
  });
});
