import { writeFileSync } from 'node:fs';
import { seededRandom } from '@evenkeel/core';
import { noPostgres, type PostgresServer, startPostgres } from '@evenkeel/store/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadService, type Sent, startLoad, startModel, tally } from './load.ts';
import { type Process, startProcess, until, workFolder, writeService } from './processes.ts';

/** Kills of each store; `node test/product/kills.mjs` says 100. */
const KILLS = Number(process.env.EVENKEEL_KILLS ?? 3);
const SEED = Number(process.env.EVENKEEL_SEED ?? 1);
const RESULTS = process.env.EVENKEEL_KILLS_RESULTS;
const PER_SECOND = 50;
/** What a flush may still hold when it is killed: its own time, and the time of handing it over on a busy machine. */
const FLUSH_MS = 1_500;
const skip = noPostgres();

const objectiveShape = z.object({ counts: z.object({ good: z.number(), total: z.number() }) });
const signalsShape = z.object({ signals: z.array(z.object({ id: z.string(), cursor: z.number() })) });

const folder = workFolder();
let model: Awaited<ReturnType<typeof startModel>>;
let file: string;
const table: Record<string, unknown>[] = [];

beforeAll(async () => {
  model = await startModel();
  const service = loadService(model.url);
  const objectives = {
    ...service.objectives,
    pushed: { category: 'availability', indicator: { pushed: 'checks' }, target: '99%' },
  };
  file = writeService(folder.dir, { ...service, objectives });
});
afterAll(async () => {
  await model.close();
  folder.remove();
  if (RESULTS !== undefined) writeFileSync(RESULTS, JSON.stringify(table));
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const median = (all: readonly number[]): number =>
  Math.round(all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0);
const isUp = ({ status }: Sent): boolean => status === 200;

/** Sends facts one after the other and writes down which were acknowledged. */
function pushSignals(to: Process): {
  readonly acknowledged: Set<string>;
  readonly tried: Set<string>;
  stop(): Promise<void>;
} {
  const acknowledged = new Set<string>();
  const tried = new Set<string>();
  let stopped = false;
  let n = 0;
  async function run(): Promise<void> {
    while (!stopped) {
      const batch = Array.from({ length: 3 }, () => `s${n++}`);
      for (const id of batch) tried.add(id);
      const lines = batch.map((id) =>
        JSON.stringify({ id, service: 'load', name: 'checks', verdict: 'good' }),
      );
      try {
        const { status, json } = await to.post('/api/v1/signals', lines.join('\n'), 'application/x-ndjson');
        if (status === 200 && z.object({ accepted: z.literal(3) }).safeParse(json).success)
          for (const id of batch) acknowledged.add(id);
      } catch {
        await wait(20);
      }
    }
  }
  const running = run();
  return {
    acknowledged,
    tried,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

async function allSignals(from: Process): Promise<string[]> {
  const ids: string[] = [];
  for (let after = 0; ; ) {
    const { signals } = signalsShape.parse(await from.get(`/api/v1/signals?after=${after}&limit=1000`));
    ids.push(...signals.map(({ id }) => id));
    after = signals.at(-1)?.cursor ?? after;
    if (signals.length < 1_000) return ids;
  }
}

async function killAndCheck(name: string, databaseUrl: string | undefined): Promise<void> {
  const one = await startProcess({ name, role: 'all', files: [file], dir: folder.dir, databaseUrl });
  const random = seededRandom(SEED);
  const load = startLoad(() => one.gateway, { perSecond: PER_SECOND });
  const facts = pushSignals(one);
  const restarts: number[] = [];
  const cpus: number[] = [];
  const killedAt: number[] = [];
  try {
    for (let i = 0; i < KILLS; i++) {
      await wait(300 + random() * 3_000);
      killedAt.push(Date.now());
      await one.kill();
      restarts.push(await one.start());
      cpus.push(one.cpuMs());
    }
    await wait(1_500);
    await facts.stop();
    const log = await load.stop();
    const counts = async (objective: string): Promise<{ good: number; total: number }> =>
      objectiveShape.parse(await one.get(`/api/v1/objectives/load/${objective}`)).counts;

    const kept = await allSignals(one);
    const lost = [...facts.acknowledged].filter((id) => !kept.includes(id));
    const doubled = kept.length - new Set(kept).size;
    const invented = kept.filter((id) => !facts.tried.has(id));
    // What stands in the store is in the budget, once.
    await until(
      async () => (await counts('pushed')).total === kept.length,
      20_000,
      'the facts in the budget',
    );

    const counted = log.filter(({ ask }) => ask.fail || ask.label !== 'forbidden');
    const answered = tally(
      counted.filter(({ status }) => status !== 0),
      isUp,
    );
    const atRisk = counted.filter(
      ({ status, at }) => status !== 0 && killedAt.some((kill) => at > kill - FLUSH_MS && at <= kill + 50),
    );
    const unanswered = counted.filter(({ status }) => status === 0);
    let last = -1;
    await until(
      async () => {
        const before = last;
        last = (await counts('availability')).total;
        await wait(1_200);
        return last === before;
      },
      20_000,
      'the last rollup',
    );
    const found = await counts('availability');
    const missing = answered.total - found.total;
    const row = {
      store: databaseUrl === undefined ? 'SQLite' : 'PostgreSQL',
      kills: KILLS,
      requests: log.length,
      'facts acknowledged': facts.acknowledged.size,
      lost: lost.length,
      doubled,
      'restart p50 ms': median(restarts),
      'its CPU p50 ms': median(cpus),
      'restart max ms': Math.round(Math.max(...restarts)),
      'events not counted': missing,
      'of at most': atRisk.length,
    };
    table.push(row);
    console.table([row]);
    expect(lost).toEqual([]);
    expect(invented).toEqual([]);
    expect(doubled).toBe(0);
    expect(missing).toBeLessThanOrEqual(atRisk.length);
    expect(missing).toBeGreaterThanOrEqual(-unanswered.length);
    expect(facts.acknowledged.size).toBeGreaterThan(KILLS);
  } finally {
    await facts.stop();
    await one.stop();
  }
}

describe('killed at random moments under load', () => {
  it('on the embedded database', () => killAndCheck('sqlite', undefined), KILLS * 15_000 + 60_000);

  describe.skipIf(skip !== undefined)('on PostgreSQL', () => {
    let postgres: PostgresServer;
    beforeAll(async () => {
      // As it is delivered: what is committed is on the disk.
      postgres = await startPostgres([]);
    }, 60_000);
    afterAll(() => postgres?.end());
    it(
      'of another process',
      async () => killAndCheck('postgres', await postgres.database()),
      KILLS * 15_000 + 60_000,
    );
  });
});
