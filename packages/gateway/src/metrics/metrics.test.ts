import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { recordOf, statusOf } from './fixtures.test.support.ts';
import { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';

const installed = spawnSync('promtool', ['--version']).status === 0;
// On a build server the exposition is not taken on trust.
const wanted = installed || process.env.CI === 'true';
if (!wanted) console.warn('SKIPPED: promtool is not installed (Debian: apt-get install prometheus)');

async function withMetrics<T>(
  options: Partial<MetricsOptions>,
  use: (metrics: Metrics) => Promise<T>,
): Promise<T> {
  const metrics = createMetrics({ version: '1.2.3', services: () => [statusOf()], ...options });
  try {
    return await use(metrics);
  } finally {
    metrics.close();
  }
}

/** Samples by `name{labels}`, labels in the order that they were written in. */
function samples(body: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of body.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [sample = ''] = line.split(' # ');
    const at = sample.lastIndexOf(' ');
    expect(found.has(sample.slice(0, at))).toBe(false);
    found.set(sample.slice(0, at), Number(sample.slice(at + 1)));
  }
  return found;
}

const scrape = async (metrics: Metrics): Promise<Map<string, number>> =>
  samples((await metrics.expose(undefined)).body);

describe('what Prometheus sees', () => {
  it('counts a request once, in every family that it belongs to', async () => {
    await withMetrics({}, async (metrics) => {
      metrics.onRecord(recordOf());
      metrics.onRecord(recordOf({ kind: 'shadow' }));
      metrics.onRecord(
        recordOf({
          level: 'failed',
          error: 'shed',
          status: 429,
          model: undefined,
          features: undefined,
          safety: undefined,
          steps: [],
        }),
      );
      metrics.onRecord(recordOf({ level: 'failed', error: 'client_closed', status: 499, steps: [] }));
      metrics.onRecord(recordOf({ level: 'failed', error: 'exhausted', status: 503, steps: [] }));
      const found = await scrape(metrics);
      expect(found.get('evenkeel_requests_total{service="shop",level="full_service",outcome="served"}')).toBe(
        1,
      );
      for (const outcome of ['shed', 'rejected', 'failed']) {
        expect(found.get(`evenkeel_requests_total{service="shop",level="failed",outcome="${outcome}"}`)).toBe(
          1,
        );
      }
      expect(found.get('evenkeel_errors_total{service="shop",code="exhausted"}')).toBe(1);
      expect(found.get('evenkeel_rung_attempts_total{service="shop",rung="model",outcome="answered"}')).toBe(
        1,
      );
      expect(found.get('evenkeel_tokens_total{service="shop",model="ranker",direction="input"}')).toBe(30);
      expect(found.get('evenkeel_tokens_total{service="shop",model="ranker",direction="output"}')).toBe(12);
      expect(found.get('evenkeel_predictions_total{service="shop",model="ranker",version="3"}')).toBe(3);
      expect(found.get('evenkeel_feature_reads_total{service="shop",source="online"}')).toBe(3);
      expect(found.get('evenkeel_features_missing_total{service="shop"}')).toBe(3);
      expect(found.get('evenkeel_feature_age_seconds_count{service="shop"}')).toBe(1);
      expect(found.get('evenkeel_feature_age_seconds_sum{service="shop"}')).toBe(1.5);
      expect(found.get('evenkeel_safety_verdicts_total{service="shop",verdict="allow"}')).toBe(3);
    });
  });

  it('is 0, and not absent, before anything has happened', async () => {
    await withMetrics({}, async (metrics) => {
      metrics.objective('shop', 'answers', 'good', 0);
      const found = await scrape(metrics);
      expect(
        found.get('evenkeel_requests_total{service="shop",level="static_fallback",outcome="served"}'),
      ).toBe(0);
      expect(found.get('evenkeel_errors_total{service="shop",code="internal"}')).toBe(0);
      expect(found.get('evenkeel_rung_attempts_total{service="shop",rung="rules",outcome="failed"}')).toBe(0);
      expect(found.get('evenkeel_request_duration_seconds_count{service="shop",level="failed"}')).toBe(0);
      expect(
        found.get('evenkeel_objective_events_total{service="shop",objective="answers",verdict="bad"}'),
      ).toBe(0);
    });
  });

  it('has a bucket at every threshold, so that the share within it can be read off', async () => {
    const thresholds = { latencyMs: [123, 123, 5_000, Number.NaN, -1], featureAgeMs: [7_000] };
    await withMetrics({ thresholds }, async (metrics) => {
      for (const durationMs of [122, 123, 124]) metrics.onRecord(recordOf({ durationMs }));
      const { body } = await metrics.expose(undefined);
      const bucket = (le: string): number | undefined =>
        samples(body).get(
          `evenkeel_request_duration_seconds_bucket{le="${le}",service="shop",level="full_service"}`,
        );
      expect([bucket('0.1'), bucket('0.123'), bucket('0.25'), bucket('+Inf')]).toEqual([0, 2, 3, 3]);
      expect(body).toContain('evenkeel_feature_age_seconds_bucket{le="7",service="shop"} 3');
    });
  });

  it('tells how things stand when it is asked', async () => {
    let services = [statusOf()];
    const store = () => ({ up: false, pending: 12, lagSeconds: 3 });
    await withMetrics({ services: () => services, store, dropped: () => ({ rows: 5 }) }, async (metrics) => {
      metrics.budget('shop', 'answers', -0.25);
      metrics.budget('shop', 'nothing-known', undefined);
      metrics.objective('shop', 'answers', 'good', 99);
      metrics.objective('shop', 'answers', 'bad', 1);
      const found = await scrape(metrics);
      expect(Object.fromEntries(found)).toMatchObject({
        'evenkeel_ladder_entry{service="shop",rung="rules",level="rule_based"}': 1,
        'evenkeel_ladder_entry{service="shop",rung="model",level="full_service"}': 0,
        'evenkeel_ladder_level{service="shop"}': 3,
        'evenkeel_breaker_state{service="shop",rung="model",state="half_open"}': 1,
        'evenkeel_breaker_state{service="shop",rung="model",state="open"}': 0,
        'evenkeel_gate_limit{service="shop",gate=""}': 12,
        'evenkeel_gate_inflight{service="shop",gate="model"}': 3,
        'evenkeel_gate_queued{service="shop",gate="model"}': 2,
        'evenkeel_gate_queue_wait_seconds{service="shop",gate=""}': 0.04,
        'evenkeel_shed_total{service="shop",gate="",rule="pressure",class="3"}': 6,
        'evenkeel_admitted_total{service="shop",gate="model",class="0"}': 1,
        'evenkeel_component_up{service="shop",component="model:ranker"}': 0,
        'evenkeel_config_refused{service="shop"}': 1,
        'evenkeel_requests_in_flight{service="shop"}': 4,
        evenkeel_store_up: 0,
        evenkeel_store_pending_rows: 12,
        'evenkeel_telemetry_dropped_total{what="rows"}': 5,
        'evenkeel_budget_remaining_ratio{service="shop",objective="answers"}': -0.25,
        'evenkeel_objective_events_total{service="shop",objective="answers",verdict="good"}': 99,
        'evenkeel_objective_events_total{service="shop",objective="answers",verdict="bad"}': 1,
        'evenkeel_build_info{version="1.2.3"}': 1,
        evenkeel_status_up: 1,
      });
      expect(found.has('evenkeel_budget_remaining_ratio{service="shop",objective="nothing-known"}')).toBe(
        false,
      );
      services = [];
      const gone = await scrape(metrics);
      expect([...gone.keys()].some((name) => name.startsWith('evenkeel_gate_limit'))).toBe(false);
    });
  });

  it('goes on when the services cannot be asked', async () => {
    const services = (): Promise<never> => Promise.reject(new Error('gone'));
    await withMetrics({ services }, async (metrics) => {
      metrics.onRecord(recordOf());
      const found = await scrape(metrics);
      expect(found.get('evenkeel_status_up')).toBe(0);
      expect(found.get('evenkeel_requests_total{service="shop",level="full_service",outcome="served"}')).toBe(
        1,
      );
    });
  });

  it('bounds what others may name', async () => {
    await withMetrics({ mostServices: 3, mostObjectives: 2, services: () => [] }, async (metrics) => {
      const some = async (from: number): Promise<number> => {
        for (let i = from; i < from + 250; i++) {
          const steps = [
            {
              rung: `r${i}`,
              level: 'full_service',
              outcome: 'failed',
              reason: '',
              startMs: 0,
              durationMs: 1,
            },
          ] as const;
          metrics.onRecord(recordOf({ model: `m${i}`, version: `v${i}`, steps }));
          metrics.onRecord(recordOf({ model: 'm', version: `v${i}` }));
          metrics.onRecord(recordOf({ service: `s${i}`, model: 'x'.repeat(500) }));
          metrics.objective('shop', `o${i}`, 'bad', 1);
          metrics.budget('shop', `o${i}`, 0.5);
        }
        return (await scrape(metrics)).size;
      };
      const size = await some(0);
      expect(await some(250)).toBe(size);
      const found = await scrape(metrics);
      let requests = 0;
      let predictions = 0;
      for (const [name, value] of found) {
        if (name.startsWith('evenkeel_requests_total')) requests += value;
        if (name.startsWith('evenkeel_predictions_total')) predictions += value;
      }
      // Bounded, but nothing lost.
      expect([requests, predictions]).toEqual([1_500, 1_500]);
      expect(
        found.get('evenkeel_objective_events_total{service="other",objective="other",verdict="bad"}'),
      ).toBe(498);
      expect(
        found.get('evenkeel_requests_total{service="other",level="full_service",outcome="served"}'),
      ).toBe(498);
    });
  });

  it('does not believe a model that counts backwards, or a clock that gives no number', async () => {
    await withMetrics({}, async (metrics) => {
      metrics.onRecord(
        recordOf({
          inputTokens: -5,
          outputTokens: Number.NaN,
          durationMs: Number.NaN,
          confidence: Number.NaN,
        }),
      );
      metrics.onRecord(recordOf({ durationMs: 10 }));
      metrics.objective('shop', 'answers', 'bad', Number.NaN);
      const found = await scrape(metrics);
      expect(found.get('evenkeel_tokens_total{service="shop",model="ranker",direction="input"}')).toBe(10);
      expect(found.get('evenkeel_request_duration_seconds_sum{service="shop",level="full_service"}')).toBe(
        0.01,
      );
      expect(
        found.get('evenkeel_objective_events_total{service="shop",objective="answers",verdict="bad"}'),
      ).toBe(0);
    });
  });

  it('gives OpenMetrics with the trace of the last request in each bucket to those who ask, and text as before to others', async () => {
    await withMetrics({}, async (metrics) => {
      metrics.onRecord(recordOf({ traceId: '0af7651916cd43dd8448eb211c80319c', durationMs: 20 }));
      const before = await metrics.expose('text/plain');
      const open = await metrics.expose('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
      expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      expect(open.body).toContain('# TYPE evenkeel_requests counter\n');
      expect(open.body).toContain(
        'evenkeel_request_duration_seconds_bucket{le="0.025",service="shop",level="full_service"} 1 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.02 1767225600.02',
      );
      expect(open.body.endsWith('\n# EOF\n')).toBe(true);
      const after = await metrics.expose('*/*');
      expect(after.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(after.body).toContain('# TYPE evenkeel_requests_total counter\n');
      expect(after.body).not.toContain('trace_id');
      expect([...samples(after.body).keys()]).toEqual([...samples(before.body).keys()]);
    });
  });

  it.skipIf(!wanted)('is clean under promtool check metrics, whatever names contain', async () => {
    const hostile = 'a"b\\c\nd';
    const options = {
      services: () => [statusOf({ name: hostile }), statusOf()],
      store: () => ({ up: true, pending: 0, lagSeconds: 0 }),
      dropped: () => ({ rows: 0 }),
      thresholds: { latencyMs: [333.3], featureAgeMs: [1e12] },
    };
    await withMetrics(options, async (metrics) => {
      metrics.onRecord(recordOf({ firstChunkMs: 3, meanGapMs: 2 }));
      metrics.onRecord(recordOf({ service: hostile, model: hostile, version: hostile }));
      metrics.objective(hostile, 'answers', 'bad', 1);
      metrics.budget('shop', 'answers', 0.5);
      const { body } = await metrics.expose(undefined);
      expect(body).toContain('a\\"b\\\\c\\nd');
      const output = execFileSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
      expect(output.trim()).toBe('');
    });
  });
});
