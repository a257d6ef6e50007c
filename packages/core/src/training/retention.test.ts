import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckpointNote,
  type CheckpointStanding,
  checkpointName,
  resumeCandidates,
  stepOfName,
} from './checkpoint.ts';
import { retainCheckpoints } from './retention.ts';

const note = (
  step: number,
  standing: CheckpointStanding = 'unjudged',
  metrics?: Record<string, number>,
): CheckpointNote => ({
  name: checkpointName(step),
  step,
  bytes: 1,
  at: step,
  standing,
  ordinal: step / 10,
  ...(metrics === undefined ? {} : { metrics }),
});

describe('checkpoint names', () => {
  it('sort by step and are read back', () => {
    expect(checkpointName(120)).toBe('step-00000120');
    expect(stepOfName('step-00000120')).toBe(120);
    for (const other of ['.tmp-step-00000120', '.corrupt-step-00000120', 'step-12', 'step-0000012x'])
      expect(stepOfName(other)).toBeUndefined();
    expect(() => checkpointName(-1)).toThrow(/whole number/);
  });
});

describe('resumeCandidates', () => {
  it('takes the newest usable first and never one that failed a gate, is tainted, corrupt or gone', () => {
    const notes = [
      note(10),
      note(20, 'passed'),
      note(30, 'failed'),
      note(40, 'tainted'),
      note(50, 'corrupt'),
      note(60, 'deleted'),
    ];
    expect(resumeCandidates(notes).map((n) => n.step)).toEqual([20, 10]);
  });

  it('goes before the step that went wrong; a checkpoint of that very step does not hold it', () => {
    expect(resumeCandidates([note(10), note(20), note(30)], 20).map((n) => n.step)).toEqual([20, 10]);
  });
});

describe('retain', () => {
  it('keeps the last, every Nth, the best and the named, and says why', () => {
    const notes = Array.from({ length: 10 }, (_, i) =>
      note((i + 1) * 10, 'unjudged', { auc: i === 2 ? 1 : 0.5 }),
    );
    const verdict = retainCheckpoints(
      notes,
      { last: 2, every: 5, best: { metric: 'auc', direction: 'higher', keep: 1 } },
      new Map([['step-00000010', 'incident inc-1']]),
    );
    expect(verdict.keep.map((k) => [k.name, k.why])).toEqual([
      ['step-00000010', 'incident inc-1'],
      ['step-00000030', 'best auc'],
      ['step-00000050', 'every 5th'],
      ['step-00000090', 'one of the last 2'],
      ['step-00000100', 'one of the last 2'],
    ]);
  });

  it('never removes the newest usable one, nor anything when none is usable', () => {
    const standing = fc.constantFrom<CheckpointStanding>(
      'unjudged',
      'passed',
      'failed',
      'tainted',
      'corrupt',
      'deleted',
    );
    fc.assert(
      fc.property(
        fc.array(standing, { maxLength: 12 }),
        fc.integer({ min: -1, max: 4 }),
        (standings, last) => {
          const notes = standings.map((s, i) => note((i + 1) * 10, s));
          const { remove } = retainCheckpoints(notes, { last, every: 0 });
          const newest = resumeCandidates(notes)[0];
          if (newest === undefined) return remove.length === 0;
          return remove.every((name) => (stepOfName(name) ?? 0) < newest.step);
        },
      ),
    );
  });
});
