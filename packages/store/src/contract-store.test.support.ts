// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.test.support.ts';
import type { NewQueueItem } from './queues.ts';

const item = (id: string): NewQueueItem => ({
  id,
  service: 'moderation',
  kind: 'hold',
  requestId: `req-${id}`,
  tenant: 'acme',
  reason: 'every classifier is down',
  content: { text: 'hello' },
});

export function storeContract(held: Contract): void {
  describe('queues', () => {
    it('never takes more than the capacity, also over two connections', async () => {
      const second = await held.held.second();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? held.store : second).queues.put(item(`q-${i}`), 7),
        ),
      );
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(7);
      expect(await held.store.queues.figures('moderation')).toEqual({
        waiting: 7,
        oldestWaitingAt: held.clock.wall(),
      });
      if (second !== held.store) await second.close();
    });

    it('decides once and forgets the content in time', async () => {
      const { queues } = held.store;
      await queues.put({ ...item('q-1'), label: 'spam', score: 0.25 }, 10);
      expect(await queues.get('q-1')).toMatchObject({ label: 'spam', score: 0.25, state: 'waiting' });
      expect(await queues.decide('q-1', 'allow', 'ann', 'fine', 100)).toMatchObject({
        verdict: 'allow',
        decidedBy: 'ann',
        content: { text: 'hello' },
      });
      await expect(queues.decide('q-1', 'block', 'bob', undefined, 100)).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await queues.sweep()).toBe(0);
      held.clock.advance(100);
      expect(await queues.sweep()).toBe(1);
      expect(await queues.list({ service: 'moderation', state: 'decided', limit: 5 })).toMatchObject([
        { id: 'q-1', content: undefined, note: 'fine' },
      ]);
      expect(await queues.figures('none')).toEqual({ waiting: 0, oldestWaitingAt: undefined });
    });
  });

  describe('changes', () => {
    it('wakes who waits for a topic, misses nothing between two waits, and ends with its signal', async () => {
      const { store } = held;
      const abort = new AbortController();
      const other = new AbortController();
      let woken = 0;
      const first = store.changed('rollups', abort.signal).then(() => woken++);
      const unmoved = store.changed('outbox', other.signal);
      const row = { replica: 'r', sequence: 1, service: 's', from: 0, to: 1, body: null };
      await store.rollups.append([row]);
      await first;
      expect(woken).toBe(1);
      // Between two waits.
      await store.rollups.append([{ ...row, sequence: 2 }]);
      await store.changed('rollups', abort.signal);
      const idle = store.changed('rollups', abort.signal).then(() => woken++);
      await store.audit.append([]);
      expect(woken).toBe(1);
      abort.abort();
      other.abort();
      await Promise.all([idle, unmoved]);
      await store.changed('rollups', abort.signal);
    });

    it('hears of what another process wrote', async () => {
      const abort = new AbortController();
      const heard = held.store.changed('directives', abort.signal);
      const settled = await Promise.race([heard.then(() => true), held.held.pass(20).then(() => false)]);
      expect(settled).toBe(false);
      const second = await held.held.second();
      const directive = {
        id: 'd',
        service: 's',
        order: { kind: 'forbid', rung: 'x' },
        owner: 'o',
        reason: 'r',
        createdAt: 0,
        expiresAt: 9,
      } as const;
      await second.directives.put(directive);
      await heard;
      if (second !== held.store) await second.close();
    });
  });

  describe('health', () => {
    it('says that it is well, with schema, size and clock', async () => {
      const health = await held.store.health();
      expect(health).toMatchObject({ ok: true, reason: 'ok', schemaVersion: 7 });
      expect(health.bytes).toBeGreaterThan(10_000);
    });
  });

  it('refuses after it was closed, and closes twice', async () => {
    const second = await held.held.second();
    await second.close();
    await second.close();
    await expect(second.keys.list()).rejects.toMatchObject({ isEvenkeelError: true });
  });
}
