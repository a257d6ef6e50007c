import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordOf, statusOf } from './fixtures.test.support.ts';
import { createMetrics } from './metrics.ts';

const installed = spawnSync('prometheus', ['--version']).status === 0;
// promtool does not read OpenMetrics: on a build server only a real scrape counts.
const wanted = installed || process.env.CI === 'true';
if (!wanted) console.warn('SKIPPED: prometheus is not installed (Debian: apt-get install prometheus)');

const TRACE = '0af7651916cd43dd8448eb211c80319c';

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return address.port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

const vector = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const exemplars = z.object({
  data: z.array(
    z.object({
      exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()), value: z.string() })),
    }),
  ),
});

describe.skipIf(!wanted)('a real Prometheus', () => {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-prometheus-'));
  const metrics = createMetrics({ version: '1.2.3', services: () => [statusOf()] });
  const accepts: string[] = [];
  const target = createServer((request, response) => {
    accepts.push(request.headers.accept ?? '');
    void metrics.expose(request.headers.accept).then(({ contentType, body }) => {
      response.writeHead(200, { 'content-type': contentType }).end(body);
    });
  });
  let prometheus: ChildProcess | undefined;
  let base = '';

  beforeAll(async () => {
    const port = await listen(target);
    const probe = createServer();
    const free = await listen(probe);
    await new Promise<void>((resolve) => probe.close(() => resolve()));
    base = `http://127.0.0.1:${free}`;
    const config = join(directory, 'prometheus.yml');
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '1s' },
        scrape_configs: [{ job_name: 'evenkeel', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
      }),
    );
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${free}`,
        '--enable-feature=exemplar-storage',
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
  });
  afterAll(async () => {
    metrics.close();
    const gone = new Promise<void>((resolve) => prometheus?.once('exit', () => resolve()) ?? resolve());
    prometheus?.kill('SIGTERM');
    await gone;
    target.closeAllConnections();
    await new Promise<void>((resolve) => target.close(() => resolve()));
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = async (path: string): Promise<unknown> => {
    try {
      const response = await fetch(`${base}${path}`);
      return await response.json();
    } catch {
      return undefined;
    }
  };
  const value = async (query: string): Promise<number | undefined> => {
    const found = vector.safeParse(await ask(`/api/v1/query?query=${encodeURIComponent(query)}`));
    const [first] = found.success ? found.data.data.result : [];
    return first === undefined ? undefined : Number(first.value[1]);
  };

  it('takes our OpenMetrics whole, with exemplars, and counts as we do', async () => {
    for (let i = 0; i < 7; i++) {
      metrics.onRecord(recordOf({ traceId: TRACE, durationMs: 20, at: Date.now() }));
    }
    metrics.objective('shop', 'answers', 'good', 6);
    metrics.objective('shop', 'answers', 'bad', 1);
    await expect.poll(() => value('up{job="evenkeel"}'), { timeout: 15_000, interval: 200 }).toBe(1);
    // The first scrape may have come before the requests.
    await expect
      .poll(() => value('evenkeel_requests_total{service="shop",level="full_service",outcome="served"}'), {
        timeout: 5_000,
      })
      .toBe(7);
    expect(accepts.some((accept) => accept.includes('application/openmetrics-text'))).toBe(true);
    expect(
      await value('evenkeel_objective_events_total{service="shop",objective="answers",verdict="bad"}'),
    ).toBe(1);
    expect(
      await value('histogram_quantile(0.5, evenkeel_request_duration_seconds_bucket{level="full_service"})'),
    ).toBeCloseTo(0.0175);
    expect(await value('scrape_samples_scraped{job="evenkeel"}')).toBeGreaterThan(300);
    const query = encodeURIComponent('evenkeel_request_duration_seconds_bucket{service="shop"}');
    const now = Date.now() / 1_000;
    const kept = exemplars.parse(
      await ask(`/api/v1/query_exemplars?query=${query}&start=${now - 600}&end=${now + 60}`),
    );
    expect(kept.data.flatMap((one) => one.exemplars).map(({ labels }) => labels.trace_id)).toContain(TRACE);
  }, 30_000);
});
