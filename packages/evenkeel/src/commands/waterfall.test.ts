import { expect, it } from 'vitest';
import { painter } from '../output.ts';
import { barOf, requestRecord, waterfall, wrapped } from './waterfall.ts';

const RECORD = requestRecord.parse({
  id: 'req-1',
  service: 'triage',
  kind: 'live',
  at: 1_790_000_000_000,
  durationMs: 100,
  tenant: 'anonymous',
  user: '127.0.0.1',
  priority: 3,
  level: 'simpler_model',
  status: 200,
  reason: 'large: timed out',
  entry: 'large',
  entryReason: 'ok',
  features: { source: 'online', reason: 'ok', ageMs: 1_500, durationMs: 10 },
  safety: { verdict: 'allow', reason: 'ok', durationMs: 0 },
  steps: [
    {
      rung: 'large',
      level: 'full_service',
      outcome: 'timed_out',
      reason: 'its share of the deadline, 60 ms, ran out',
      startMs: 0,
      durationMs: 60,
    },
    { rung: 'small', level: 'simpler_model', outcome: 'answered', reason: 'ok', startMs: 60, durationMs: 40 },
  ],
});

it('a bar lies where its step lay', () => {
  expect(barOf(0, 50, 100, 10)).toBe('█████     ');
  expect(barOf(50, 50, 100, 10)).toBe('     █████');
  expect(barOf(90, 1, 100, 10)).toBe('         ▏');
  expect(barOf(100, 0, 100, 10)).toBe('         ▏');
  expect(barOf(0, 0, 0, 10)).toBe('          ');
});

it('draws every layer in order, fits 80 columns, and cuts no reason', () => {
  const lines = waterfall(RECORD, painter(false), 80).split('\n');
  expect(lines.every((line) => [...line].length <= 80)).toBe(true);
  const named = lines.map((line) => line.split(' ')[0]).filter((name) => name !== '');
  expect(named).toEqual(['features', 'large', 'small', 'safety']);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('60 ms, ran out');
});

it('wraps at words', () => {
  expect(wrapped('a breaker is open', 9)).toEqual(['a breaker', 'is open']);
  expect(wrapped('incomprehensibilities stay', 5)).toEqual(['incomprehensibilities', 'stay']);
});
