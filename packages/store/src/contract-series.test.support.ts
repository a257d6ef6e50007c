import type { RequestRecord } from '@evenkeel/core';
// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { describe, expect, it } from 'vitest';
import type { Contract } from './contract.test.support.ts';
import type { PredictionRow, RollupRow, SeriesBlock } from './store.ts';

export const HOUR = 3_600_000;
export const rollup = (sequence: number, more: Partial<RollupRow> = {}): RollupRow => ({
  replica: 'r1',
  sequence,
  service: 'moderation',
  from: 0,
  to: 1_000,
  body: { sequence },
  ...more,
});

export function block(
  hour: number,
  good: number,
  total: number,
  more: Partial<SeriesBlock> = {},
): SeriesBlock {
  const minutes = new Float64Array(120);
  minutes[0] = good;
  minutes[1] = total;
  return {
    service: 'moderation',
    objective: 'availability',
    segment: '',
    hour: hour * HOUR,
    good,
    total,
    minutes: new Uint8Array(minutes.buffer),
    ...more,
  };
}

export const prediction = (id: string, at: number, more: Partial<PredictionRow> = {}): PredictionRow => ({
  id,
  service: 'moderation',
  at,
  replica: 'r1',
  tenant: 'acme',
  level: 'full_service',
  model: 'primary',
  version: '3',
  label: 'spam',
  score: 0.9,
  confidence: undefined,
  extra: { cohort: 'b' },
  ...more,
});

export const record = (id: string, at: number, more: Partial<RequestRecord> = {}): RequestRecord => ({
  id,
  traceId: undefined,
  service: 'moderation',
  kind: 'live',
  at,
  durationMs: 12.5,
  firstChunkMs: undefined,
  tenant: 'acme',
  user: 'u',
  priority: 1,
  level: 'full_service',
  rung: 'full',
  model: 'primary',
  version: '3',
  confidence: 0.5,
  score: 0.9,
  label: 'spam',
  inputTokens: undefined,
  outputTokens: undefined,
  status: 200,
  error: undefined,
  reason: 'ok',
  entry: 'full',
  entryReason: 'ok',
  features: undefined,
  safety: undefined,
  steps: [],
  ...more,
});

export function seriesContract(held: Contract): void {
  describe('rollups', () => {
    it('appends once, in the order of arrival', async () => {
      const { rollups } = held.store;
      await rollups.append([rollup(1), rollup(1, { service: 'other' }), rollup(1, { replica: 'r2' })]);
      await rollups.append([rollup(1, { body: 'changed' }), rollup(2)]);
      await rollups.append([]);
      const rows = await rollups.since(0, 10);
      expect(rows.map(({ replica, sequence, service }) => [replica, sequence, service])).toEqual([
        ['r1', 1, 'moderation'],
        ['r1', 1, 'other'],
        ['r2', 1, 'moderation'],
        ['r1', 2, 'moderation'],
      ]);
      expect(rows[0]).toMatchObject({ ...rollup(1), arrivedAt: held.clock.wall() });
      expect(await rollups.since(rows[2]?.cursor ?? 0, 10)).toMatchObject([rollup(2)]);
      expect(await rollups.since(0, 1)).toHaveLength(1);
    });

    it('counts blocks, cursor and state together, and only for who leads', async () => {
      const { rollups, leases } = held.store;
      const lease = await leases.take('evaluator', 'a', 60_000);
      const key = { service: 'moderation', objective: 'availability', segment: '' };
      const state = [{ key: 'w:a', body: new Uint8Array([1, 2, 255]) }];
      await rollups.apply({
        consumer: 'series',
        cursor: 5,
        blocks: [block(1, 3, 4), block(2, 1.5, 2)],
        state,
        lease,
      });
      await rollups.apply({ consumer: 'series', cursor: 5, blocks: [block(1, 5, 6)], state: [], lease });
      expect(await rollups.cursor('series')).toBe(5);
      expect(await rollups.cursor('other')).toBe(0);
      expect(await rollups.state('series', 'w:')).toEqual(state);
      expect(await rollups.state('series', 'v')).toEqual([]);
      expect(await rollups.blocks({ from: 0, to: 3 * HOUR })).toEqual([block(1, 5, 6), block(2, 1.5, 2)]);
      expect(await rollups.sum(key, 0, 3 * HOUR)).toEqual({ good: 6.5, total: 8 });
      expect(await rollups.sum(key, 2 * HOUR, 3 * HOUR)).toEqual({ good: 1.5, total: 2 });
      expect(await rollups.sum({ ...key, segment: 'x' }, 0, 3 * HOUR)).toEqual({ good: 0, total: 0 });
      const refused = [
        rollups.apply({
          consumer: 'series',
          cursor: 9,
          blocks: [block(1, 0, 0)],
          state,
          lease: { name: 'evaluator', holder: 'b', token: 9 },
        }),
        rollups.apply({ consumer: 'series', cursor: 4, blocks: [block(1, 0, 0)], state, lease }),
      ];
      for (const refusal of await Promise.allSettled(refused)) {
        expect(refusal).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } });
      }
      expect(await rollups.cursor('series')).toBe(5);
      expect(await rollups.sum(key, 0, 3 * HOUR)).toEqual({ good: 6.5, total: 8 });
    });

    it('finds blocks by service, objective and segment', async () => {
      const { rollups } = held.store;
      const blocks = [
        block(1, 1, 1),
        block(1, 2, 2, { segment: 'tenant=acme' }),
        block(2, 3, 3, { objective: 'latency' }),
        block(3, 4, 4, { service: 'other' }),
      ];
      await rollups.apply({ consumer: 's', cursor: 1, blocks, state: [], lease: undefined });
      const totals = async (filter: Omit<Parameters<typeof rollups.blocks>[0], 'from' | 'to'>) =>
        (await rollups.blocks({ from: 0, to: 4 * HOUR, ...filter })).map((found) => found.total);
      expect((await totals({})).toSorted()).toEqual([1, 2, 3, 4]);
      expect(await totals({ service: 'moderation', objective: 'availability', segment: '' })).toEqual([1]);
      expect((await totals({ objective: 'availability', service: 'moderation' })).toSorted()).toEqual([1, 2]);
      expect(await totals({ objective: 'latency' })).toEqual([3]);
      expect(await rollups.blocks({ from: 4 * HOUR, to: 9 * HOUR })).toEqual([]);
    });
  });

  describe('predictions', () => {
    it('keeps rows and records once, and finds them again', async () => {
      const { predictions } = held.store;
      const rows = [
        prediction('p1', 10),
        prediction('p2', 20, { model: undefined, score: undefined, extra: undefined }),
      ];
      const sampled = { record: record('p1', 10.25), weight: 2.5, kept: 'slow' };
      await predictions.append(rows, [sampled]);
      await predictions.append([prediction('p1', 99), prediction('p3', 5, { service: 'other' })], []);
      await predictions.append([], []);
      expect(await predictions.row('p1')).toEqual(rows[0]);
      expect(await predictions.row('p9')).toBeUndefined();
      expect((await predictions.rows(['p2', 'p9', 'p1'])).toSorted((a, b) => a.at - b.at)).toEqual(rows);
      expect(await predictions.rows([])).toEqual([]);
      expect(await predictions.record('p1')).toEqual(JSON.parse(JSON.stringify(sampled)));
      expect(await predictions.record('p2')).toBeUndefined();
      expect(await predictions.coverage('moderation')).toEqual({ rows: 2, oldest: 10 });
      expect(await predictions.coverage('none')).toEqual({ rows: 0, oldest: undefined });
    });

    it('pages through records, newest first, with every filter', async () => {
      const { predictions } = held.store;
      const records = [
        record('a', 30),
        record('b', 10, { level: 'rule_based', traceId: 't1' }),
        record('c', 20, { tenant: 'other' }),
        record('d', 20, { service: 'other', traceId: 't1' }),
      ];
      await predictions.append(
        [],
        records.map((one) => ({ record: one, weight: 1, kept: 'random' })),
      );
      const ids = async (filter: Omit<Parameters<typeof predictions.records>[0], 'limit'>, limit = 10) =>
        (await predictions.records({ limit, ...filter })).map((found) => found.record.id);
      expect(await ids({})).toEqual(['a', 'd', 'c', 'b']);
      expect(await ids({ before: 'd' })).toEqual(['c', 'b']);
      expect(await ids({ before: 'a' }, 1)).toEqual(['d']);
      expect(await ids({ before: 'gone' })).toEqual([]);
      expect(await ids({ service: 'moderation' })).toEqual(['a', 'c', 'b']);
      expect(await ids({ level: 'rule_based' })).toEqual(['b']);
      expect(await ids({ traceId: 't1' })).toEqual(['d', 'b']);
      expect(await ids({ tenant: 'other' })).toEqual(['c']);
      expect(await ids({ from: 20, to: 30 })).toEqual(['d', 'c']);
    });
  });
}
