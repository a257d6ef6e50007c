import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runEvenkeel } from '../process/evenkeel.ts';
import {
  type Load,
  loadService,
  type Sent,
  SLOW_MS,
  startLoad,
  startModel,
  THRESHOLD_MS,
  tally,
} from './load.ts';
import { type Process, startProcess, until, workFolder, writeService } from './processes.ts';
import { noPrometheus, type PrometheusServer, startPrometheus } from './prometheus.ts';

const counts = z.object({ good: z.number(), total: z.number() });
const statusShape = z.object({
  objectives: z.array(
    z.object({ objective: z.string(), category: z.string(), counts, sli: z.number().nullable() }),
  ),
});

/** Long enough for two scrapes of Prometheus with the traffic before, between and after them. */
const REQUESTS = 400;
const PER_SECOND = 40;

const folder = workFolder();
let model: Awaited<ReturnType<typeof startModel>>;
let one: Process;
let file: string;
let prometheus: PrometheusServer | undefined;
let sent: readonly Sent[];
const skip = noPrometheus();

/** What `evenkeel slo status` prints. */
async function status(): Promise<Map<string, z.output<typeof statusShape>['objectives'][number]>> {
  const { out, err, code } = await runEvenkeel(['--json', 'slo', 'status'], {
    EVENKEEL_URL: one.control,
    EVENKEEL_KEY: one.key(),
  });
  // Its exit code says how bad things stand.
  if (out === '') throw new Error(`slo status ended with ${code}: ${err}`);
  return new Map(statusShape.parse(JSON.parse(out)).objectives.map((found) => [found.objective, found]));
}

/** Those that the safety check withheld are neither up nor down. */
const served = (log: readonly Sent[]): readonly Sent[] =>
  log.filter(({ ask }) => ask.fail || ask.label !== 'forbidden');
const answered = (log: readonly Sent[]): readonly Sent[] => log.filter((sent) => sent.status === 200);

beforeAll(async () => {
  model = await startModel();
  file = writeService(folder.dir, loadService(model.url));
  one = await startProcess({ name: 'one', role: 'all', files: [file], dir: folder.dir });
  if (skip === undefined) {
    const rules = await runEvenkeel(['slo', 'export', file, '--as', 'prometheus']);
    if (rules.code !== 0) throw new Error(rules.err);
    prometheus = await startPrometheus(folder.dir, rules.out, one.control);
    // Counters are there before the first request: what Prometheus adds up begins at nothing.
    await until(async () => ((await prometheus?.query('up'))?.[0]?.value ?? 0) === 1, 20_000, 'a scrape');
  }
  const load: Load = startLoad(() => one.gateway, { perSecond: PER_SECOND, most: REQUESTS });
  sent = await load.stop();
  const labels = answered(sent).map(({ id, n }) => ({
    id: `label-${n}`,
    service: 'load',
    request: id,
    label: 'spam',
  }));
  const receipt = await one.post(
    '/api/v1/feedback',
    labels.map((label) => JSON.stringify(label)).join('\n'),
    'application/x-ndjson',
  );
  expect(receipt).toMatchObject({ status: 200, json: { accepted: labels.length, refused: [] } });
  await until(
    async () => (await status()).get('quality')?.counts.total === labels.length,
    10_000,
    'the labels',
  );
}, 90_000);

afterAll(async () => {
  await prometheus?.stop();
  await one?.stop();
  await model?.close();
  folder.remove();
});

describe('one process under traffic of every kind', () => {
  it('was sent what it was to be sent', () => {
    expect(sent).toHaveLength(REQUESTS);
    expect(sent.filter(({ status }) => status === 0)).toEqual([]);
    const levels = new Set(sent.map(({ level }) => level));
    expect([...levels].sort()).toEqual(expect.arrayContaining(['cached_features', 'failed', 'full_service']));
  });

  it('shows five categories, equal to what its sender wrote down', async () => {
    const shown = await status();
    expect(new Set([...shown.values()].map(({ category }) => category))).toEqual(
      new Set(['availability', 'latency', 'quality', 'freshness', 'safety']),
    );
    const got = answered(sent);
    expect(shown.get('availability')?.counts).toEqual(tally(served(sent), ({ status }) => status === 200));
    // A label says spam; the model said what it was asked to.
    expect(shown.get('quality')?.counts).toEqual(tally(got, ({ ask }) => ask.label === 'spam'));
    const withFeatures = got.filter(({ featureAge }) => featureAge !== undefined);
    expect(shown.get('freshness')?.counts).toEqual(
      tally(withFeatures, ({ featureAge = 0 }) => featureAge <= 60),
    );
    expect(withFeatures.some(({ featureAge = 0 }) => featureAge > 60)).toBe(true);
    const checked = sent.filter(({ ask }) => !ask.fail);
    expect(shown.get('safety')?.counts).toEqual(tally(checked, ({ ask }) => ask.label !== 'forbidden'));
    // Its own clock stops before ours does, and a model that sleeps longer than the threshold is over it for certain.
    const latency = shown.get('latency')?.counts;
    expect(latency?.total).toBe(got.length);
    expect(latency?.good).toBeGreaterThanOrEqual(got.filter(({ tookMs }) => tookMs <= THRESHOLD_MS).length);
    expect(latency?.good).toBeLessThanOrEqual(got.filter(({ ask }) => ask.sleep < SLOW_MS).length);
  });

  it('takes a number apart down to the counts', async () => {
    const { good, total } = tally(served(sent), ({ status }) => status === 200);
    const { out } = await runEvenkeel(['slo', 'explain', 'load', 'availability'], {
      EVENKEEL_URL: one.control,
      EVENKEEL_KEY: one.key(),
    });
    expect(out).toContain(`bad share = bad ÷ all = ${total - good} ÷ ${total}`);
  });

  it.skipIf(skip !== undefined)(
    'is scraped by Prometheus, whose own arithmetic over the exported rules comes to the same',
    async () => {
      const shown = await status();
      const server = prometheus;
      if (server === undefined) throw new Error('no Prometheus');
      for (const [objective, { counts }] of shown) {
        if (objective === 'quality') continue;
        const verdict = async (wanted: string): Promise<number> =>
          (
            await server.query(
              `sum(evenkeel_objective_events_total{objective="${objective}",verdict=~"${wanted}"})`,
            )
          )[0]?.value ?? 0;
        await until(
          async () => (await verdict('good|bad')) === counts.total,
          15_000,
          `the events of ${objective}`,
        );
        expect(await verdict('good'), objective).toBe(counts.good);
      }
      const names = (await server.rules()).filter(({ name }) => name.includes(':'));
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter(({ health }) => health !== 'ok')).toEqual([]);
      for (const objective of ['availability', 'safety', 'freshness']) {
        const { sli } = shown.get(objective) ?? {};
        // Their window is the whole life of the process; rate() extrapolates to its ends, so only the ratio can be compared.
        const ratio = async (): Promise<number | undefined> =>
          (await server.query(`evenkeel:sli_error:ratio_rate5m{evenkeel_objective="${objective}"}`))[0]
            ?.value;
        await until(async () => (await ratio()) !== undefined, 15_000, `the recorded ratio of ${objective}`);
        expect(Math.abs(((await ratio()) ?? 0) - (1 - (sli ?? 0))), objective).toBeLessThan(0.005);
      }
    },
    90_000,
  );
});
