import { describe, expect, it, vi } from 'vitest';
import { createChanges } from './changes.ts';

describe('changes', () => {
  it('wakes who waits for the topic and nobody else', async () => {
    const changes = createChanges();
    const { signal } = new AbortController();
    const woken: string[] = [];
    const facts = changes.wait('facts', signal, 1e6).then(() => woken.push('facts'));
    void changes.wait('outbox', signal, 1e6).then(() => woken.push('outbox'));
    changes.announce(['facts', 'rollups']);
    await facts;
    expect(woken).toEqual(['facts']);
    expect(changes.waiting()).toBe(1);
    changes.announceAll();
    expect(changes.waiting()).toBe(0);
  });

  it('tells at once what was announced between two waits, to each who waits, once', async () => {
    const changes = createChanges();
    const one = new AbortController().signal;
    const two = new AbortController().signal;
    const both = [changes.wait('facts', one, 1e6), changes.wait('facts', two, 1e6)];
    changes.announce(['facts']);
    await Promise.all(both);
    changes.announce(['facts']);
    changes.announce(['facts']);
    await changes.wait('facts', one, 1e6);
    await changes.wait('facts', two, 1e6);
    void changes.wait('facts', one, 1e6);
    expect(changes.waiting()).toBe(1);
  });

  it('ends with the signal and with its time, and leaves nothing behind', async () => {
    vi.useFakeTimers();
    try {
      const changes = createChanges();
      const abort = new AbortController();
      const removed = vi.spyOn(abort.signal, 'removeEventListener');
      const timed = changes.wait('facts', abort.signal, 500);
      await vi.advanceTimersByTimeAsync(500);
      await timed;
      const aborted = changes.wait('facts', abort.signal, 500);
      abort.abort();
      await aborted;
      await changes.wait('facts', abort.signal, 500);
      expect(removed).toHaveBeenCalledTimes(2);
      expect(changes.waiting()).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
