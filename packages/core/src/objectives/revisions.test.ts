import { describe, expect, it } from 'vitest';
import { budgetFigures } from './budget.ts';
import type { Objective } from './objective.ts';
import { type ClosedFigures, LABEL_HORIZON_MS, restate, withinHorizon } from './restatement.ts';
import { meaningSince, type ObjectiveRevision, revise, revisionAt } from './revisions.ts';

const DAY = 86_400_000;
const objective: Objective = {
  name: 'right',
  service: 'mail',
  category: 'quality',
  description: '',
  source: { kind: 'labels' },
  window: { kind: 'rolling', lengthMs: 7 * DAY },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.9, minimumEvents: 0 },
  alerts: [],
  minimumBad: 2,
  labels: {},
  annotations: {},
};
const target = (share: number): Objective => ({
  ...objective,
  allowance: { kind: 'target', target: share, minimumEvents: 0 },
});

describe('revisions', () => {
  it('tell a changed promise from a changed meaning and from changed words', () => {
    let history: readonly ObjectiveRevision[] = [];
    history = revise(history, objective, 10, 'file', 'start');
    // The same in another order of keys is the same.
    const { name, ...rest } = objective;
    expect(revise(history, { ...rest, name, segments: undefined }, 11, 'file', 'reload')).toBe(history);
    history = revise(history, target(0.95), 20, 'ann', 'we can do better');
    history = revise(history, { ...target(0.95), description: 'why' }, 30, 'ann', 'words');
    history = revise(
      history,
      { ...target(0.95), source: { kind: 'labels', predicted: 'spam' } },
      40,
      'ann',
      'precision',
    );
    expect(history.map(({ revision, change }) => [revision, change])).toEqual([
      [1, 'first'],
      [2, 'promise'],
      [3, 'words'],
      [4, 'meaning'],
    ]);
    expect([5, 10, 19, 20, 39, 99].map((at) => revisionAt(history, at)?.revision)).toEqual([
      1, 1, 1, 2, 3, 4,
    ]);
    expect(meaningSince(history)).toBe(40);
    expect(meaningSince(history.slice(0, 3))).toBe(10);
    expect(revisionAt([], 1)).toBeUndefined();
  });
});

describe('restatement', () => {
  const closed = (day: number, good: number, total: number): ClosedFigures => ({
    service: 'mail',
    objective: 'right',
    segment: '',
    period: { start: day * DAY, end: (day + 1) * DAY },
    revision: 1,
    statement: 0,
    figures: budgetFigures({ good, total }, objective.allowance),
  });
  const why = { at: 20 * DAY, by: 'feedback', reason: '12 labels came late' };

  it('changes the periods that late labels fall into, under the promise of their time', () => {
    let history = revise([], objective, 0, 'file', 'start');
    history = revise(history, target(0.99), 15 * DAY, 'ann', 'stricter');
    const definition = ({ period }: ClosedFigures): Objective =>
      revisionAt(history, period.end - 1)?.objective ?? objective;
    const { figures, restatements } = restate(
      [closed(9, 95, 100), closed(10, 95, 100), closed(11, 95, 100)],
      [
        { at: 10 * DAY, good: 0, total: 10 },
        // Corrections take back: one that was called good was not.
        { at: 10 * DAY + 5, good: -1, total: 0 },
        { at: 11 * DAY, good: 0, total: 0 },
      ],
      definition,
      why,
    );
    expect(restatements).toHaveLength(1);
    expect(restatements[0]).toMatchObject({
      period: { start: 10 * DAY, end: 11 * DAY },
      statement: 1,
      ...why,
      before: { counts: { good: 95, total: 100 }, state: 'healthy' },
      after: { counts: { good: 94, total: 110 }, state: 'exhausted' },
    });
    expect(restatements[0]?.after.remaining).toBeCloseTo(1 - 16 / 110 / 0.1, 9);
    expect(figures[0]).toMatchObject({ statement: 1, revision: 1 });
    // Told again, and changed again: the second statement.
    const second = restate(figures, [{ at: 10 * DAY, good: 1, total: 1 }], definition, why);
    expect(second.restatements[0]?.statement).toBe(2);
  });

  it('counts slices anew, and refuses what comes after the horizon or from the future', () => {
    const { restatements } = restate(
      [closed(10, 95, 100)],
      [{ at: 10 * DAY, good: 1, total: 1 }],
      () => objective,
      why,
      () => ({ good: 7, total: 24 }),
    );
    expect(restatements[0]?.after.counts).toEqual({ good: 7, total: 24 });
    const now = 100 * DAY;
    const { taken, refused } = withinHorizon(
      [now + 1, now, now - LABEL_HORIZON_MS, now - LABEL_HORIZON_MS - 1, 0].map((at) => ({
        at,
        good: 1,
        total: 1,
      })),
      now,
    );
    expect([taken.length, refused.length]).toEqual([2, 3]);
  });
});
