import { fakeClock } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { callAt, fakeBreaker, fakeSource, row } from './fakes.test.support.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import type { EntityKey } from './source.ts';

const A: EntityKey = { key: 'a', values: { e: 'a' } };

function rig() {
  const clock = fakeClock();
  const source = fakeSource();
  const fake = fakeBreaker();
  const guarded = createGuardedFetch(60, { clock, timers: clock, source, breaker: fake.breaker });
  return { clock, source, fake, guarded };
}

describe('createGuardedFetch', () => {
  it('votes success with the duration and leaves no timer', async () => {
    const { clock, source, fake, guarded } = rig();
    const rows = guarded.fetch([A]);
    clock.advance(12);
    callAt(source, 0).answer([row(1)]);
    expect(await rows).toEqual([row(1)]);
    expect(fake.votes).toEqual(['success 12']);
    expect(clock.pending()).toBe(0);
    expect(callAt(source, 0).budgetMs).toBe(60);
  });

  it('counts a time-out as a failure, aborts the call and ignores its late answer', async () => {
    const { clock, source, fake, guarded } = rig();
    const rows = guarded.fetch([A]);
    const rejected = expect(rows).rejects.toMatchObject({
      code: 'upstream_timeout',
      message: 'feature source timed out after 60 ms',
    });
    clock.advance(60);
    await rejected;
    expect(callAt(source, 0).signal.aborted).toBe(true);
    callAt(source, 0).answer([row(1)]);
    await clock.advanceAsync(100);
    expect(fake.votes).toEqual(['failure 60']);
    expect(guarded.counts()).toEqual({ failures: 1, timeouts: 1, refused: 0 });
  });

  it('counts an error, a source that throws at once, and too few rows as failures', async () => {
    const { source, fake, guarded } = rig();
    const failed = guarded.fetch([A]);
    callAt(source, 0).fail(new Error('no route'));
    await expect(failed).rejects.toThrowError('feature source failed: no route');
    const refused = guarded.fetch([A]);
    callAt(source, 1).fail(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));
    await expect(refused).rejects.toThrowError('feature source failed: ECONNREFUSED');
    const short = guarded.fetch([A]);
    callAt(source, 2).answer([]);
    await expect(short).rejects.toThrowError('0 rows for 1 entities');
    source.fetch = () => {
      throw new Error('at once');
    };
    await expect(guarded.fetch([A])).rejects.toThrowError('feature source failed: at once');
    expect(fake.votes).toHaveLength(4);
    expect(fake.votes.every((vote) => vote.startsWith('failure'))).toBe(true);
  });

  it('does not call the source without a permit', async () => {
    const { source, fake, guarded } = rig();
    fake.permits = 0;
    await expect(guarded.fetch([A])).rejects.toThrowError('breaker of the feature source is open');
    expect(source.calls).toHaveLength(0);
    expect(guarded.counts().refused).toBe(1);
  });

  it('ends calls on close without a vote', async () => {
    const { clock, source, fake, guarded } = rig();
    const rows = guarded.fetch([A]);
    const rejected = expect(rows).rejects.toThrowError('the feature source was closed');
    guarded.close();
    await rejected;
    expect(fake.votes).toEqual(['release']);
    expect(callAt(source, 0).signal.aborted).toBe(true);
    expect(clock.pending()).toBe(0);
    await expect(guarded.fetch([A])).rejects.toThrowError('the feature source was closed');
    expect(source.calls).toHaveLength(1);
  });
});
