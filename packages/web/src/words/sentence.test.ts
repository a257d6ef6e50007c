import { describe, expect, it } from 'vitest';
import type { ListedIncident, ServiceStatus, ShownObjective } from '../api/wire.ts';
import { ownerOf, reasonWords } from './owners.ts';
import { summarise } from './sentence.ts';
import { serviceLines, smallestBudgets } from './standing.ts';

function service(name: string, changes: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name,
    type: 'custom',
    owner: 'tests',
    deadlineMs: 500,
    level: 'full_service',
    entry: 'primary',
    reason: 'ok',
    sinceMs: 240_000,
    probing: undefined,
    rungs: [],
    gate: undefined,
    components: [],
    figures: { requests: 0, inFlight: 0, served: served(), refused: {}, rungs: {}, probes: 0 },
    directives: [],
    file: { path: 'x.yaml', loadedAt: 0, problem: undefined },
    ...changes,
  };
}
function served(): ServiceStatus['figures']['served'] {
  return {
    full_service: 0,
    cached_features: 0,
    simpler_model: 0,
    rule_based: 0,
    static_fallback: 0,
    failed: 0,
  };
}
function objective(of: string, name: string, changes: Partial<ShownObjective>): ShownObjective {
  return {
    service: of,
    objective: name,
    segment: '',
    category: 'latency',
    description: '',
    target: 0.99,
    allowance: { kind: 'target', target: 0.99 },
    window: { kind: 'rolling' },
    span: { start: 0, end: 1 },
    at: 0,
    revision: 1,
    state: 'healthy',
    reason: '',
    seen: 1,
    sli: 1,
    consumed: 0,
    remaining: 1,
    counts: { good: 1, total: 1 },
    alerts: [],
    exhaustion: { ms: null, never: true },
    forecast: null,
    ...changes,
  };
}

describe('the sentence on top', () => {
  it('says that all is even', () => {
    const lines = serviceLines([service('a'), service('b')], [objective('a', 'p99', {})], []);
    expect(summarise(lines)).toEqual({
      tilt: 0,
      headline: 'Even keel: all 2 services are at full service and within budget.',
      details: [],
    });
  });

  it('says what is wrong, since when, why, and what is left', () => {
    const lines = serviceLines(
      [
        service('calm'),
        service('moderation', { level: 'simpler_model', reason: 'the embedding worker is down' }),
      ],
      [objective('moderation', 'latency-p99', { remaining: 0.62 })],
      [],
    );
    expect(lines.map((line) => line.service.name)).toEqual(['moderation', 'calm']);
    const summary = summarise(lines);
    expect(summary.headline).toBe(
      'moderation has been on simpler model for 4 min: the embedding worker is down.',
    );
    expect(summary.details).toEqual(['62 % of its latency budget is left (latency-p99).']);
    expect(summary.tilt).toBeGreaterThan(0);
  });

  it('names the pin and who set it, and who is on the incident', () => {
    const incident: Partial<ListedIncident> = {
      id: 'AI-1',
      service: 'm',
      severity: 'SEV2',
      status: 'investigating',
      acknowledgedBy: 'ann',
    };
    const pinned = service('m', {
      level: 'rule_based',
      directives: [
        {
          id: 'd',
          service: 'm',
          order: { kind: 'pin', rung: 'rules' },
          owner: 'bob',
          reason: 'a bad release',
          createdAt: 0,
          expiresAt: 1,
        },
      ],
    });
    const [line] = serviceLines([pinned], [], []);
    if (line === undefined) throw new Error('no line');
    const summary = summarise([{ ...line, incidents: [{ ...fullIncident(), ...incident }] }]);
    expect(summary.headline).toBe('m is held at rules by bob: a bad release.');
    expect(summary.details).toEqual(['One incident is open (SEV2), and ann is on it.']);
  });

  it('says so when there is nothing at all', () => {
    expect(summarise([]).headline).toBe('No service is under protection yet.');
  });
});

describe('whose order it is', () => {
  it('is said as people say it', () => {
    expect(ownerOf('evenkeel:AI-1')).toEqual({ words: 'evenkeel', incident: 'AI-1' });
    expect(ownerOf('policy:burn')).toEqual({ words: 'policy burn', incident: undefined });
    expect(ownerOf('bob').words).toBe('bob');
    expect(reasonWords('AI-20261124-1-x: pin_cached_features')).toBe('pin cached features');
    expect(reasonWords('a_b: c')).toBe('a_b: c');
  });
});

describe('the smallest budget of each category', () => {
  it('prefers what has data, and keeps a fixed order', () => {
    const found = smallestBudgets([
      objective('m', 'p50', { remaining: null, state: 'no_data' }),
      objective('m', 'p99', { remaining: 0.4 }),
      objective('m', 'p95', { remaining: 0.3 }),
      objective('m', 'up', { category: 'availability', remaining: -2, state: 'exhausted' }),
    ]);
    expect(found.map(({ category, worst }) => [category, worst.objective])).toEqual([
      ['availability', 'up'],
      ['latency', 'p95'],
    ]);
  });
});

function fullIncident(): ListedIncident {
  const by = { name: 'evenkeel', automatic: true };
  return {
    id: 'AI-1',
    service: 'm',
    type: 'model_degradation',
    typeBy: by,
    severity: 'SEV2',
    severityReason: '',
    severityBy: by,
    status: 'detected',
    title: '',
    description: '',
    startedAt: 0,
    detectedAt: 0,
    detectedBy: by,
    acknowledgedAt: undefined,
    acknowledgedBy: undefined,
    mitigatedAt: undefined,
    resolvedAt: undefined,
    closedAt: undefined,
    affectedSystems: [],
    affectedMetrics: {},
    dedupKey: '',
    likelyCause: '',
    rootCause: undefined,
    resolution: undefined,
    signals: [],
    recurrences: 0,
    links: [],
    mitigations: [],
    pages: [],
    silencedBy: undefined,
    experiment: undefined,
    waiver: undefined,
    revision: 1,
  };
}
