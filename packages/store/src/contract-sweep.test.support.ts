// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.test.support.ts';
import { block, HOUR, prediction, record, rollup } from './contract-series.test.support.ts';
import type { Retention } from './store.ts';

export function sweepContract(held: Contract): void {
  describe('sweep', () => {
    const keepAll: Retention = {
      rollupsMs: 1e12,
      seriesMs: 1e12,
      predictionsMs: 1e12,
      predictionsMax: 1e9,
      recordsMs: 1e12,
      factsMs: 1e12,
      auditMs: 1e12,
    };

    it('deletes what is too old of each kind, in batches, and nothing else', async () => {
      const { store, clock } = held;
      const now = clock.wall();
      const old = now - 10 * HOUR;
      await store.rollups.append([rollup(1), rollup(2)]);
      clock.advance(5 * HOUR);
      await store.rollups.append([rollup(3)]);
      const [, second] = await store.rollups.since(0, 2);
      await store.rollups.apply({
        consumer: 's',
        cursor: second?.cursor ?? 0,
        blocks: [block(1, 1, 1), block(2, 1, 1, { hour: now })],
        state: [],
        lease: undefined,
      });
      const many = Array.from({ length: 4_500 }, (_, i) => prediction(`o${i}`, old));
      await store.predictions.append(
        [...many, prediction('n', now)],
        [
          { record: record('o1', old), weight: 1, kept: 'random' },
          { record: record('n', now), weight: 1, kept: 'random' },
        ],
      );
      const fact = { kind: 'signal', service: 's', by: 'a', request: undefined, at: now, body: 1 } as const;
      await store.facts.add([
        { ...fact, id: 'old', arrivedAt: old },
        { ...fact, id: 'new', arrivedAt: now },
      ]);
      const swept = await store.sweep({
        ...keepAll,
        rollupsMs: 0,
        seriesMs: 8 * HOUR,
        predictionsMs: 8 * HOUR,
        recordsMs: 8 * HOUR,
        factsMs: 8 * HOUR,
      });
      expect(swept).toMatchObject({ rollups: 2, series: 1, predictions: 4_500, records: 1, facts: 1 });
      expect(await store.rollups.since(0, 10)).toMatchObject([rollup(3)]);
      expect(await store.predictions.row('n')).toBeDefined();
      expect(await store.predictions.record('n')).toBeDefined();
      expect(await store.facts.get('signal', 's', 'new')).toBeDefined();
      // A cursor is never used twice, also when the newest row is gone.
      await store.rollups.apply({ consumer: 's', cursor: 3, blocks: [], state: [], lease: undefined });
      clock.advance(5 * HOUR);
      await store.sweep({ ...keepAll, rollupsMs: 0 });
      expect(await store.rollups.since(0, 10)).toEqual([]);
      await store.rollups.append([rollup(4)]);
      expect((await store.rollups.since(3, 10)).map((row) => row.sequence)).toEqual([4]);
    });

    it('keeps at most so many predictions, the newest', async () => {
      const { store, clock } = held;
      const now = clock.wall();
      const rows = Array.from({ length: 30 }, (_, i) => prediction(`p${i}`, now + i));
      await store.predictions.append(rows, []);
      expect(await store.sweep({ ...keepAll, predictionsMax: 10 })).toMatchObject({ predictions: 20 });
      expect(await store.predictions.coverage('moderation')).toEqual({ rows: 10, oldest: now + 20 });
    });

    it('cuts the audit log without breaking its chain', async () => {
      const { store, clock } = held;
      const now = clock.wall();
      const entry = { by: 'ann', action: 'a.b', subject: 's', service: undefined, detail: null };
      await store.audit.append(
        Array.from({ length: 10 }, (_, i) => ({ ...entry, at: now - (10 - i) * HOUR })),
      );
      expect(await store.sweep({ ...keepAll, auditMs: 5.5 * HOUR })).toMatchObject({ audit: 5 });
      expect(await store.audit.verify()).toEqual({ entries: 5, brokenAt: undefined });
      expect(await store.sweep({ ...keepAll, auditMs: 5.5 * HOUR })).toMatchObject({ audit: 0 });
      clock.advance(30 * HOUR);
      expect(await store.sweep({ ...keepAll, auditMs: HOUR })).toMatchObject({ audit: 5 });
      expect(await store.audit.verify()).toEqual({ entries: 0, brokenAt: undefined });
      await store.audit.append([{ ...entry, at: now }]);
      expect(await store.audit.verify()).toEqual({ entries: 1, brokenAt: undefined });
      await (await held.held.other()).run([{ sql: 'delete from audit_entry', params: [] }]);
      expect((await store.audit.verify()).brokenAt).toBe(11);
    });
  });
}
