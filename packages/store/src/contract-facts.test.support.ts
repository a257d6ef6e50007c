// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.test.support.ts';
import type { FactRow } from './store.ts';

const fact = (id: string, body: unknown, more: Partial<FactRow> = {}): FactRow => ({
  kind: 'feedback',
  service: 'moderation',
  id,
  at: 1_000,
  arrivedAt: 2_000,
  by: 'ann',
  request: undefined,
  body,
  ...more,
});

export function factsContract(held: Contract): void {
  describe('facts', () => {
    it('adds once, knows what comes again, and keeps aside what contradicts', async () => {
      const { facts } = held.store;
      expect(await facts.add([fact('a', { label: 'spam', n: 1 }), fact('b', 'x')])).toEqual([
        'added',
        'added',
      ]);
      const again = [
        fact('a', { n: 1, label: 'spam' }, { at: 9 }),
        fact('b', 'y'),
        fact('c', null),
        fact('c', null),
        fact('c', 1),
      ];
      expect(await facts.add(again)).toEqual(['known', 'contradicts', 'added', 'known', 'contradicts']);
      expect(await facts.get('feedback', 'moderation', 'b')).toMatchObject({ body: 'x', at: 1_000 });
      expect(await facts.get('feedback', 'moderation', 'z')).toBeUndefined();
      expect(await facts.get('signal', 'moderation', 'b')).toBeUndefined();
      const [aside] = await (await held.held.other()).run([
        { sql: 'select id, body from fact_aside order by id', params: [] },
      ]);
      expect(aside?.rows).toEqual([
        { id: 'b', body: '"y"' },
        { id: 'c', body: '1' },
      ]);
      // The same contradiction again is not kept twice.
      expect(await facts.add([fact('b', 'y')])).toEqual(['contradicts']);
      const [count] = await (await held.held.other()).run([{ sql: 'select id from fact_aside', params: [] }]);
      expect(count?.rows).toHaveLength(2);
    });

    it('adds each id once when many send it at the same time', async () => {
      const { facts } = held.store;
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          facts.add([fact(`f${i % 10}`, { i: i % 10 }), fact(`g${i}`, null)]),
        ),
      );
      expect(answers.filter(([first]) => first === 'added')).toHaveLength(10);
      expect(answers.filter(([first]) => first === 'known')).toHaveLength(30);
      expect(answers.every(([, second]) => second === 'added')).toBe(true);
      expect(await facts.list({ kind: 'feedback', limit: 100 })).toHaveLength(50);
    });

    it('lists by time and follows by arrival', async () => {
      const { facts } = held.store;
      await facts.add([fact('a', 1, { at: 30 }), fact('b', 2, { at: 10, request: 'req-1' })]);
      await facts.add([
        fact('c', 3, { at: 20, service: 'other' }),
        fact('d', 4, { kind: 'signal', request: 'req-1' }),
      ]);
      const ids = async (filter: Omit<Parameters<typeof facts.list>[0], 'kind' | 'limit'>) =>
        (await facts.list({ kind: 'feedback', limit: 10, ...filter })).map((row) => row.id);
      expect(await ids({})).toEqual(['a', 'c', 'b']);
      expect(await ids({ service: 'moderation' })).toEqual(['a', 'b']);
      expect(await ids({ from: 10, to: 30 })).toEqual(['c', 'b']);
      expect(await ids({ request: 'req-1' })).toEqual(['b']);
      const first = await facts.list({ kind: 'feedback', after: 0, limit: 2 });
      expect(first.map((row) => row.id)).toEqual(['a', 'b']);
      expect(await ids({ after: first[1]?.cursor })).toEqual(['c']);
      expect(first[1]).toMatchObject({ request: 'req-1', by: 'ann', arrivedAt: 2_000, body: 2 });
      expect(first[0]?.request).toBeUndefined();
    });

    it('never lets a follower be overtaken by a lower cursor', async () => {
      const { facts } = held.store;
      const second = await held.held.second();
      const seen: string[] = [];
      let cursor = 0;
      let writing = true;
      const follow = (async () => {
        for (;;) {
          const last = !writing;
          const rows = await facts.list({ kind: 'feedback', after: cursor, limit: 1_000 });
          for (const row of rows) {
            expect(row.cursor).toBeGreaterThan(cursor);
            cursor = row.cursor;
            seen.push(row.id);
          }
          if (last && rows.length === 0) return;
        }
      })();
      await Promise.all(
        Array.from({ length: 150 }, (_, i) => (i % 2 === 0 ? facts : second.facts).add([fact(`w${i}`, i)])),
      );
      writing = false;
      await follow;
      expect(seen.toSorted()).toEqual(Array.from({ length: 150 }, (_, i) => `w${i}`).toSorted());
      if (second !== held.store) await second.close();
    });

    it('keeps any text, and puts what a database cannot hold in its nearest form', async () => {
      const { facts } = held.store;
      const body = { nul: 'a\0b', lone: '\ud800', quote: `'"\\`, pile: '💩', deep: [[1.5, null, true]] };
      const id = `x\0${'é'.repeat(10)}\ud801💩\\u0000`;
      expect(await facts.add([fact(id, body)])).toEqual(['added']);
      expect(await facts.add([fact(id, body)])).toEqual(['known']);
      const [kept] = await facts.list({ kind: 'feedback', limit: 1 });
      expect(kept?.body).toEqual(body);
      expect(kept?.id).toBe(`x\ufffd${'é'.repeat(10)}\ufffd💩\\u0000`);
      expect(await facts.get('feedback', 'moderation', id)).toMatchObject({ body });
    });
  });
}
