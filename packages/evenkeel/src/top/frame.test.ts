import { describe, expect, it } from 'vitest';
import { painter } from '../output.ts';
import { frame, sentence, type View } from './frame.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const rung = (name: string, availability: string, reason = 'ok') => ({
  name,
  level: 'full_service',
  budgetMs: 100,
  availability,
  reason,
  gate: { limit: 4, inflight: 3, queued: 2 },
  counts: { answered: 5 },
});
const SERVICE = {
  name: 'triage',
  type: 'custom',
  owner: 'support',
  deadlineMs: 500,
  level: 'simpler_model',
  entry: 'small',
  reason: 'large: breaker: open: 5 failures more than successes took back; 5 is the limit',
  sinceMs: 240_000,
  rungs: [rung('large', 'down', 'breaker: open'), rung('small', 'ready')],
  components: [],
  figures: {
    requests: 10,
    inFlight: 0,
    served: { full_service: 5, simpler_model: 5 },
    refused: { rate_limited: 1 },
  },
  directives: [],
  file: { path: 'triage.yaml' },
};
const INCIDENT = {
  id: 'AI-20260301-115500000-00004pbf1f',
  service: 'triage',
  type: 'model_degradation',
  severity: 'SEV2',
  severityReason: '',
  status: 'detected',
  title: 'Model degradation: large is down, and has been for much longer than a line has room for',
  startedAt: NOW - 300_000,
  likelyCause: '',
  signals: [],
  mitigations: [],
  pages: [],
  revision: 1,
};
const VIEW: View = {
  url: 'http://127.0.0.1:4101',
  now: NOW,
  services: [SERVICE],
  rates: new Map([['triage', 12.34]]),
  shares: new Map([
    ['triage/large', 0],
    ['triage/small', 1],
  ]),
  budgets: Array.from({ length: 30 }, (_, i) => ({
    service: 'triage',
    objective: `objective-${i}`,
    state: 'exhausted',
    remaining: -20,
    firing: ['page-fast'],
  })),
  incidents: [INCIDENT],
  problem: undefined,
  ageMs: 0,
};

describe('a frame', () => {
  it.each([
    [80, 24],
    [200, 60],
    [40, 12],
    [20, 5],
  ])('fits %d × %d', (columns, rows) => {
    const lines = frame(VIEW, { columns, rows }, painter(false));
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines.every((line) => [...line].length <= columns)).toBe(true);
  });
  it('shows at 80 × 24 what is wrong, where requests go, what is left and who has it', () => {
    const text = frame(VIEW, { columns: 80, rows: 24 }, painter(false)).join('\n');
    for (const shown of [
      'has been at simpler_model for 4m',
      '12.3',
      '> small',
      '██████████   100 %',
      '3 +2/4',
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).toContain('< -999 %');
    expect(text).toContain('more');
    expect(text).toContain('00004pbf1f  SEV2');
  });
  it('says how old it is when the control plane does not answer', () => {
    const stale = { ...VIEW, problem: 'connect ECONNREFUSED', ageMs: 5_000 };
    expect(frame(stale, { columns: 80, rows: 24 }, painter(false))[1]).toBe('5s old: connect ECONNREFUSED');
  });
});

it('says in a sentence what is worst', () => {
  const well = { ...SERVICE, level: 'full_service' };
  expect(sentence(VIEW)).toContain('triage has been at simpler_model for 4m: large: breaker');
  expect(sentence({ ...VIEW, services: [well] })).toContain('Model degradation');
  expect(sentence({ ...VIEW, services: [well], incidents: [] })).toBe('every service is at full service');
  expect(sentence({ ...VIEW, services: [], incidents: [] })).toBe('no service is served here');
});
