import { join } from 'node:path';
import { noPostgres, type PostgresServer, startPostgres } from '@evenkeel/store/testing';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadService, type Sent, startLoad, startModel, tally } from './load.ts';
import { type Process, startProcess, until, workFolder, writeService } from './processes.ts';

/** Seconds that the store is away; `npm run proof` says 600. */
const GONE_S = Number(process.env.EVENKEEL_STORE_GONE_SECONDS ?? 3);
const PER_SECOND = 50;
const skip = noPostgres();
const objectiveShape = z.object({ counts: z.object({ good: z.number(), total: z.number() }) });

const folder = workFolder();
let model: Awaited<ReturnType<typeof startModel>>;
let file: string;
const running: Process[] = [];

beforeAll(async () => {
  model = await startModel();
  file = writeService(folder.dir, loadService(model.url));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
}, 60_000);
afterAll(async () => {
  await model.close();
  folder.remove();
});

const isUp = ({ status }: Sent): boolean => status === 200;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const percentile = (log: readonly Sent[], share: number): number => {
  const sorted = log.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? 0;
};

/** Sends before, while and after the store is away, and looks at what came of it. */
async function through(
  gateways: readonly Process[],
  control: Process,
  away: () => Promise<void>,
  back: () => Promise<void>,
): Promise<void> {
  const load = startLoad((n) => gateways[n % gateways.length]?.gateway ?? '', { perSecond: PER_SECOND });
  await wait(2_000);
  await away();
  const from = Date.now();
  await wait(GONE_S * 1_000);
  await back();
  const to = Date.now();
  await wait(2_000);
  const log = await load.stop();
  // Whatever was not as the model was asked to answer is a failure of ours.
  const failed = log.filter(
    ({ status, ask }) =>
      status !== (ask.fail ? 500 : ask.label === 'forbidden' ? 422 : 200) && !(ask.fail && status >= 500),
  );
  expect(failed).toEqual([]);
  const inside = log.filter(({ at }) => at >= from && at <= to);
  expect(inside.length).toBeGreaterThan(GONE_S * PER_SECOND * 0.8);
  const wanted = tally(
    log.filter(({ ask }) => ask.fail || ask.label !== 'forbidden'),
    isUp,
  );
  const counts = async (): Promise<{ good: number; total: number }> =>
    objectiveShape.parse(
      await control
        .get('/api/v1/objectives/load/availability')
        .catch(() => ({ counts: { good: 0, total: 0 } })),
    ).counts;
  const caughtUpMs = await until(async () => (await counts()).total >= wanted.total, 60_000, 'all rollups');
  await wait(1_500);
  expect(await counts()).toEqual(wanted);
  // A late label finds its prediction: the rows of the time without a store have arrived too.
  const one = inside.find((sent) => isUp(sent));
  const receipt = await control.post('/api/v1/feedback', {
    id: 'late',
    service: 'load',
    request: one?.id,
    label: 'spam',
  });
  expect(receipt.json).toMatchObject({ accepted: 1 });
  const quality = async (): Promise<number> =>
    objectiveShape.parse(await control.get('/api/v1/objectives/load/quality')).counts.total;
  await until(async () => (await quality()) === 1, 10_000, 'the label');
  console.log(
    `store away for ${GONE_S} s: ${inside.length} requests meanwhile, 0 failed, p99 ${percentile(inside, 0.99).toFixed(0)} ms (before and after ${percentile(
      log.filter(({ at }) => at < from || at > to),
      0.99,
    ).toFixed(0)} ms), all counted ${caughtUpMs.toFixed(0)} ms after the last answer`,
  );
}

describe('while the store is away requests are served, and everything is counted afterwards', () => {
  it(
    'the embedded database, locked by somebody else',
    async () => {
      const one = await startProcess({ name: 'sqlite', role: 'all', files: [file], dir: folder.dir });
      running.push(one);
      let other: DatabaseSync | undefined;
      await through(
        [one],
        one,
        async () => {
          other = new DatabaseSync(join(one.dataDir, 'evenkeel.db'));
          other.exec('pragma busy_timeout = 5000');
          other.exec('begin immediate');
        },
        async () => {
          other?.exec('rollback');
          other?.close();
        },
      );
      // The store waits for a lock for five seconds by itself: shorter than that nobody hears of it.
      const told = ['the store does not take what is measured', 'the store takes what is measured again'];
      if (GONE_S >= 10) expect(told.filter((words) => !one.log().includes(words))).toEqual([]);
    },
    (GONE_S + 120) * 1_000,
  );

  describe.skipIf(skip !== undefined)('PostgreSQL', () => {
    let postgres: PostgresServer;
    let databaseUrl: string;
    beforeAll(async () => {
      postgres = await startPostgres();
    }, 60_000);
    afterAll(() => postgres?.end());

    async function pair(name: string): Promise<readonly [Process, Process]> {
      databaseUrl = await postgres.database();
      const control = await startProcess({
        name: `${name}-c`,
        role: 'control',
        files: [file],
        dir: folder.dir,
        databaseUrl,
      });
      const gateway = await startProcess({
        name: `${name}-g`,
        role: 'gateway',
        files: [file],
        dir: folder.dir,
        databaseUrl,
      });
      running.push(gateway, control);
      return [gateway, control];
    }

    it(
      'stopped and started again',
      async () => {
        const [gateway, control] = await pair('stopped');
        await through(
          [gateway],
          control,
          () => postgres.stop(),
          () => postgres.start(),
        );
      },
      (GONE_S + 120) * 1_000,
    );

    it(
      'hanging: connections stay open and nothing answers',
      async () => {
        const [gateway, control] = await pair('hanging');
        await through(
          [gateway],
          control,
          async () => postgres.freeze(),
          async () => postgres.thaw(),
        );
      },
      (GONE_S + 120) * 1_000,
    );

    it('away at the start: a gateway serves all the same, and its counts arrive later', async () => {
      const [, control] = await pair('later');
      await postgres.stop();
      const late = await startProcess({
        name: 'late-g',
        role: 'gateway',
        files: [file],
        dir: folder.dir,
        databaseUrl,
      });
      running.push(late);
      const load = startLoad(() => late.gateway, { perSecond: PER_SECOND, most: 100, troubled: false });
      const log = await load.stop();
      expect(log.filter((sent) => !isUp(sent))).toEqual([]);
      await postgres.start();
      const counts = async (): Promise<unknown> =>
        objectiveShape.parse(
          await control
            .get('/api/v1/objectives/load/availability')
            .catch(() => ({ counts: { good: 0, total: 0 } })),
        ).counts;
      await until(
        async () => JSON.stringify(await counts()) === '{"good":100,"total":100}',
        30_000,
        'all counts',
      );
    }, 120_000);
  });
});
