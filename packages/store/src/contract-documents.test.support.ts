// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.test.support.ts';
import type { DocumentRow, OutboxPut } from './store.ts';

const document = (id: string, more: Partial<DocumentRow> = {}): DocumentRow => ({
  kind: 'incident',
  id,
  service: 'moderation',
  state: 'open',
  label: '',
  createdAt: 1_000,
  updatedAt: 1_000,
  revision: 0,
  body: { n: 0 },
  ...more,
});
const message = (id: string, stream: string, more: Partial<OutboxPut> = {}): OutboxPut => ({
  id,
  destination: 'mail',
  stream,
  body: { id },
  createdAt: 100,
  ...more,
});
const audit = { at: 5, by: 'ann', action: 'incident.open', subject: 'i', service: undefined, detail: null };

export function documentsContract(held: Contract): void {
  describe('documents', () => {
    it('commits documents, audit and outbox together, and none of them on a conflict', async () => {
      const { documents, outbox } = held.store;
      await documents.commit({
        puts: [document('i-1'), document('i-2')],
        audit: [audit],
        outbox: [message('m-1', 'i-1')],
      });
      expect(await documents.get('incident', 'i-1')).toEqual({ ...document('i-1'), revision: 1 });
      const stale = documents.commit({
        puts: [document('i-3'), document('i-2', { revision: 7 })],
        audit: [audit],
        outbox: [message('m-2', 'i-1')],
      });
      await expect(stale).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('incident i-2'),
      });
      await expect(
        documents.commit({ puts: [document('i-1')], audit: [], outbox: [] }),
      ).rejects.toMatchObject({ code: 'conflict' });
      expect(await documents.get('incident', 'i-3')).toBeUndefined();
      expect(await outbox.list({ limit: 10 })).toHaveLength(1);
      expect(await held.store.audit.list({ limit: 10 })).toHaveLength(1);
      await documents.commit({
        puts: [document('i-2', { revision: 1, state: 'closed', body: [1] })],
        audit: [],
        outbox: [],
      });
      expect(await documents.get('incident', 'i-2')).toMatchObject({
        revision: 2,
        state: 'closed',
        body: [1],
      });
    });

    it('loses no update when many read, decide and write at once', async () => {
      const { documents } = held.store;
      const second = await held.held.second();
      await documents.commit({ puts: [document('a'), document('b')], audit: [], outbox: [] });
      let conflicts = 0;
      const add = async (i: number): Promise<void> => {
        const store = i % 2 === 0 ? held.store : second;
        for (;;) {
          const [a, b] = await Promise.all([
            store.documents.get('incident', 'a'),
            store.documents.get('incident', 'b'),
          ]);
          if (a === undefined || b === undefined) throw new Error('gone');
          const count = (row: DocumentRow): DocumentRow => ({ ...row, body: { n: row.revision } });
          try {
            const puts = i % 3 === 0 ? [count(a), count(b)] : [count(b), count(a)];
            return await store.documents.commit({ puts, audit: [{ ...audit, at: i }], outbox: [] });
          } catch (error) {
            expect(error).toMatchObject({ code: 'conflict' });
            conflicts += 1;
          }
        }
      };
      await Promise.all(Array.from({ length: 12 }, (_, i) => add(i)));
      expect(conflicts).toBeGreaterThan(0);
      for (const id of ['a', 'b']) {
        expect(await documents.get('incident', id)).toMatchObject({ revision: 13, body: { n: 12 } });
      }
      expect(await held.store.audit.verify()).toEqual({ entries: 12, brokenAt: undefined });
      if (second !== held.store) await second.close();
    });

    it('lists by id, both ways, by state, label, service and time', async () => {
      const { documents } = held.store;
      await documents.commit({
        puts: [
          document('i-1', { label: 'spam', createdAt: 10 }),
          document('i-2', { state: 'closed', createdAt: 20 }),
          document('i-3', { service: 'other', createdAt: 30 }),
          document('I-4', { createdAt: 40 }),
          document('r-1', { kind: 'review' }),
        ],
        audit: [],
        outbox: [],
      });
      const ids = async (filter: Omit<Parameters<typeof documents.list>[0], 'kind' | 'limit'>) =>
        (await documents.list({ kind: 'incident', limit: 10, ...filter })).map((row) => row.id);
      // By bytes, whatever the locale of the database.
      expect(await ids({})).toEqual(['i-3', 'i-2', 'i-1', 'I-4']);
      expect(await ids({ oldestFirst: true })).toEqual(['I-4', 'i-1', 'i-2', 'i-3']);
      expect(await ids({ after: 'i-3' })).toEqual(['i-2', 'i-1', 'I-4']);
      expect(await ids({ after: 'i-1', oldestFirst: true })).toEqual(['i-2', 'i-3']);
      expect(await ids({ states: ['closed', 'gone'] })).toEqual(['i-2']);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ label: 'spam' })).toEqual(['i-1']);
      expect(await ids({ service: 'other' })).toEqual(['i-3']);
      expect(await ids({ from: 20, to: 40 })).toEqual(['i-3', 'i-2']);
    });
  });

  describe('leases', () => {
    it('lets one lead at a time, and tells a former leader by its token', async () => {
      const { leases, documents } = held.store;
      const first = await leases.take('evaluator', 'a', 60_000);
      expect(first).toEqual({ name: 'evaluator', holder: 'a', token: 1 });
      expect(await leases.take('evaluator', 'b', 60_000)).toBeUndefined();
      expect(await leases.take('evaluator', 'a', 40)).toEqual(first);
      await held.held.pass(50);
      const second = await leases.take('evaluator', 'b', 60_000);
      expect(second).toEqual({ name: 'evaluator', holder: 'b', token: 2 });
      const late = documents.commit({ puts: [document('x')], audit: [], outbox: [], lease: first });
      await expect(late).rejects.toMatchObject({ code: 'conflict' });
      expect(await documents.get('incident', 'x')).toBeUndefined();
      await documents.commit({ puts: [document('x')], audit: [], outbox: [], lease: second });
      if (second === undefined || first === undefined) throw new Error('no lease');
      await leases.release(first);
      expect(await leases.take('evaluator', 'c', 60_000)).toBeUndefined();
      await leases.release(second);
      expect(await leases.take('evaluator', 'c', 60_000)).toEqual({
        name: 'evaluator',
        holder: 'c',
        token: 3,
      });
    });

    it('has one winner when many try at once', async () => {
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, i) => held.store.leases.take('one', `h${i}`, 60_000)),
      );
      expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
    });
  });

  describe('outbox', () => {
    const put = (...messages: OutboxPut[]) =>
      held.store.documents.commit({ puts: [], audit: [], outbox: messages });
    const take = async (now: number, limit = 10) =>
      (await held.store.outbox.take(now, limit, 1_000)).map((row) => row.id);

    it('hands out the first of each stream, in order, and holds it', async () => {
      const { outbox } = held.store;
      await put(message('a1', 'a'), message('a2', 'a'), message('b1', 'b'), message('a1', 'a'));
      await put(message('a3', 'a', { destination: 'chat' }));
      expect(await take(50)).toEqual([]);
      expect(await take(100)).toEqual(['a1', 'b1', 'a3']);
      expect(await take(100)).toEqual([]);
      await outbox.sent('a1', 150);
      expect(await take(150)).toEqual(['a2']);
      // Whoever took b1 is gone: it comes back when the hold is over.
      expect(await take(1_100, 1)).toEqual(['b1']);
      await outbox.failed('b1', 'refused', 5_000);
      expect(await take(4_999)).toEqual(['a2', 'a3']);
      await outbox.dead('a2', 'gone for good');
      expect(await outbox.list({ state: 'dead', limit: 10 })).toMatchObject([
        { id: 'a2', attempts: 1, lastError: 'gone for good', body: { id: 'a2' } },
      ]);
      expect(await outbox.revive('b1', 5_000)).toBe(false);
      expect(await outbox.revive('a2', 5_000)).toBe(true);
      expect(await take(5_000)).toEqual(['a2', 'b1']);
      expect((await outbox.list({ state: 'sent', limit: 10 })).map((row) => row.sentAt)).toEqual([150]);
      expect(await outbox.list({ destination: 'chat', limit: 10 })).toHaveLength(1);
      expect(await outbox.list({ stream: 'a', limit: 10 })).toHaveLength(3);
    });

    it('gives each message to one of many workers', async () => {
      const second = await held.held.second();
      await put(...Array.from({ length: 60 }, (_, i) => message(`m${i}`, `s${i}`)));
      const taken: string[] = [];
      await Promise.all(
        Array.from({ length: 12 }, async (_, i) => {
          const { outbox } = i % 2 === 0 ? held.store : second;
          for (;;) {
            const rows = await outbox.take(200, 5, 1_000);
            if (rows.length === 0) return;
            taken.push(...rows.map((row) => row.id));
          }
        }),
      );
      expect(new Set(taken).size).toBe(taken.length);
      // Who finds all that is left locked goes home; one more round takes the rest, if any.
      taken.push(...(await take(200, 100)));
      expect(taken.toSorted()).toEqual(Array.from({ length: 60 }, (_, i) => `m${i}`).toSorted());
      if (second !== held.store) await second.close();
    });
  });
}
