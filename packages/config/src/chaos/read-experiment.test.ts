import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { faultOrderSchema } from './fault-schema.ts';
import { readExperiment } from './read-experiment.ts';

const CATALOGUE = fileURLToPath(new URL('../../../../examples/moderation/experiments', import.meta.url));

const SOUND = `evenkeel: 1
experiment: primary-fails
service: mail
title: The primary model fails
radius: moderate
duration: 10m
hypothesis:
  title: mail is judged
  probes:
    - { name: few errors, figure: error_rate, less_than: 0.01, during: true }
    - { name: fast, figure: p99_ms, times_baseline: 3 }
    - { name: up, http: { url: "http://127.0.0.1:4100/healthz" }, equals: 200 }
method:
  - fault: { type: model_failure, model: primary, failure: { how: error } }
    at: 10s
    for: 5m
expect:
  - { check: fallback, levels: [simpler_model], least: 95% }
  - { check: cohorts, metric: errors, margin: 1% }
`;

function problems(change: (text: string) => string): string[] {
  const read = readExperiment(change(SOUND), 'x/one.yaml');
  return read.ok
    ? []
    : read.problems.map(
        ({ line, at, message, hint }) => `${line} ${at}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
      );
}

describe('readExperiment', () => {
  it('reads a file into what the runner takes', () => {
    const read = readExperiment(SOUND, 'x/one.yaml');
    expect(read).toMatchObject({
      ok: true,
      experiment: {
        name: 'primary-fails',
        radius: { name: 'moderate', share: 0.25, cohort: 'primary-fails' },
        durationMs: 600_000,
        leaseMs: 15_000,
        method: [{ kind: 'fault', atMs: 10_000, forMs: 300_000, fault: { type: 'model_failure', rate: 1 } }],
        hypothesis: {
          probes: [
            { of: { kind: 'figure', figure: 'error_rate' }, during: true },
            { tolerance: { kind: 'times_baseline', times: 3 } },
            { of: { kind: 'activity', activity: { provider: { type: 'http', timeoutMs: 10_000 } } } },
          ],
        },
        abort: { burnRate: 14.4, errorRate: 0.05, budgetSpent: 0.02 },
      },
    });
  });

  it.each([
    [
      'a duration of zero',
      (s: string) => s.replace('duration: 10m', 'duration: 0s'),
      '6 duration: expected a duration from 10s to 4h, found 0s',
    ],
    [
      'a duration of a year',
      (s: string) => s.replace('duration: 10m', 'duration: 365d'),
      '6 duration: expected a duration from 10s to 4h',
    ],
    [
      'a share over 100 %',
      (s: string) => s.replace('radius: moderate', 'radius: { share: 120% }'),
      'expected a share over 0% and up to 100%',
    ],
    [
      'an unknown fault',
      (s: string) => s.replace('type: model_failure', 'type: model_failur'),
      'did you mean "model_failure"?',
    ],
    [
      'an unknown key',
      (s: string) => s.replace('service: mail', 'service: mail\nrollback: []'),
      '"rollback" is not known here (did you mean "rollbacks"?)',
    ],
    [
      'a step that begins too late',
      (s: string) => s.replace('at: 10s', 'at: 11m'),
      '15 method[0].at: begins after the duration',
    ],
    [
      'a step that ends too late',
      (s: string) => s.replace('for: 5m', 'for: 10m'),
      '16 method[0].for: ends after the duration',
    ],
    [
      'two tolerances',
      (s: string) => s.replace('less_than: 0.01', 'less_than: 0.01, at_least: 0'),
      'expected exactly one of equals',
    ],
    [
      'a probe of nothing',
      (s: string) => s.replace('figure: error_rate, ', ''),
      'expected exactly one of figure, http, process, found none',
    ],
    [
      'a comparison with nobody',
      (s: string) => s.replace('radius: moderate', 'radius: full'),
      'there is nobody to compare with',
    ],
    [
      'a bad schedule',
      (s: string) => `${s}schedule: { cron: "0 3 * * 2", timezone: Mars/Olympus }\n`,
      '"Mars/Olympus" is no time zone',
    ],
    ['a loop', (s: string) => s.replace('service: mail', 'service: &a [*a]'), ''],
    ['text that is no YAML', () => '{ [', 'not valid YAML'],
    ['nothing', () => '', ''],
  ])('refuses %s, with its place', (_, change, message) => {
    const found = problems(change);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join('\n')).toContain(message);
  });

  it('reads every experiment of the flagship, at least twelve, the four of the document of record among them', () => {
    const files = readdirSync(CATALOGUE).filter((file) => file.endsWith('.yaml'));
    const names = new Map<string, string>();
    for (const file of files) {
      const path = join(CATALOGUE, file);
      const read = readExperiment(readFileSync(path, 'utf8'), path);
      expect(read.ok ? [] : read.problems, file).toEqual([]);
      if (!read.ok) continue;
      expect(`${read.experiment.name}.yaml`).toBe(file);
      names.set(read.experiment.name, read.experiment.radius.name);
    }
    expect(names.size).toBeGreaterThanOrEqual(12);
    expect(names.get('feature_store_latency_spike')).toBe('limited');
    expect(names.get('primary_model_failure')).toBe('moderate');
    expect(names.get('stale_feature_injection')).toBe('limited');
    expect(names.get('capacity_overload')).toBe('moderate');
  });

  it('finds the corpus beside the file', () => {
    const path = join(CATALOGUE, 'capacity_overload.yaml');
    const read = readExperiment(readFileSync(path, 'utf8'), path);
    expect(read.ok && read.experiment.method[0]).toMatchObject({
      fault: {
        corpus: join(CATALOGUE, '../data/sample-mails.ndjson'),
        pattern: { kind: 'multiple', multiple: 2 },
      },
    });
  });
});

describe('faultOrderSchema', () => {
  it('takes an order as people write it, limited unless said', () => {
    expect(
      faultOrderSchema.parse({ kind: 'fault', fault: { type: 'stale_features', older: '24h' } }),
    ).toEqual({
      kind: 'fault',
      fault: {
        spec: { type: 'stale_features', rate: 1, olderMs: 86_400_000, fields: [], marked: false },
        radius: { share: 0.05, cohort: 'by-hand', tenants: [], priorities: [] },
      },
    });
  });
  it.each([
    { kind: 'fault', fault: { type: 'nonsense' } },
    { kind: 'fault', fault: { type: 'stale_features', older: '0s' } },
    { kind: 'fault', fault: { type: 'stale_features', older: '1h', rate: 1.5 } },
    { kind: 'fault', fault: { type: 'capacity_overload', corpus: 'x' } },
    { kind: 'fault', fault: { type: 'capacity_overload', corpus: 'x', multiple: 1e6 } },
    {
      kind: 'fault',
      fault: {
        type: 'model_latency',
        model: 'm',
        latency: { shape: 'heavy_tail', median: '1s', p99: '10ms' },
      },
    },
    { kind: 'fault', fault: { type: 'store_outage' }, radius: { share: 0 } },
  ])('refuses %j', (order) => {
    expect(faultOrderSchema.safeParse(order).success).toBe(false);
  });
});
