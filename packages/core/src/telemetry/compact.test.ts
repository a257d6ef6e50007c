import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactBuffer } from './compact.ts';
import { recordOf } from './record.test.rig.ts';

describe('the buffer of compact rows', () => {
  it('is a bounded queue that lets go of the oldest and counts them', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 0, max: 12 }) }),
      fc.record({ take: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step), (capacity, steps) => {
        const buffer = compactBuffer({ capacity });
        let model: string[] = [];
        let next = 0;
        let dropped = 0;
        for (const one of steps) {
          if ('push' in one) {
            for (let i = 0; i < one.push; i++) {
              const id = `r-${next++}`;
              buffer.push(recordOf({ id }));
              model.push(id);
              if (model.length > capacity) {
                model.shift();
                dropped += 1;
              }
            }
          } else {
            const count = one.take ?? model.length;
            const taken = one.take === undefined ? buffer.take() : buffer.take(one.take);
            expect(taken.map(({ id }) => id)).toEqual(model.slice(0, count));
            model = model.slice(count);
          }
          expect([buffer.size(), buffer.dropped()]).toEqual([model.length, dropped]);
        }
      }),
    );
  });

  it('keeps what a label needs, of live requests only', () => {
    const buffer = compactBuffer({ extra: (record) => ({ cohort: record.user }) });
    buffer.push(recordOf({ kind: 'shadow' }));
    buffer.push(recordOf({ kind: 'chaos' }));
    buffer.push(recordOf({ label: 'x'.repeat(1_000), error: 'exhausted', level: 'failed' }));
    const [row, ...more] = buffer.take();
    expect(more).toEqual([]);
    expect(row).toEqual({
      id: 'req-1',
      service: 'shop',
      at: 1_767_225_600_000,
      tenant: 'acme',
      level: 'failed',
      model: 'ranker',
      version: '3',
      label: 'x'.repeat(256),
      score: 0.7,
      confidence: 0.9,
      extra: { cohort: 'u1' },
    });
  });
});
