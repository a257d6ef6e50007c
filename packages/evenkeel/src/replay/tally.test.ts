import { expect, it } from 'vitest';
import { quantile, tally } from './tally.ts';

it('sorts answers, refusals and failures apart, and times only answers', () => {
  const counts = tally();
  for (let i = 1; i <= 100; i++) counts.add({ status: 200, level: 'full_service', ms: i });
  counts.add({ status: 429, level: 'failed', ms: 9_999 });
  counts.add({ status: 503, level: 'failed', ms: 9_999 });
  counts.add({ status: 500, level: 'failed', ms: 9_999 });
  counts.add({ status: undefined, level: 'ECONNREFUSED', ms: 9_999 });
  expect(counts.summary()).toEqual({
    requests: 104,
    answered: 100,
    refused: 2,
    failed: 2,
    levels: { full_service: 100, failed: 3, ECONNREFUSED: 1 },
    statuses: { 200: 100, 429: 1, 503: 1, 500: 1, 'no answer': 1 },
    latency: { p50: 50, p90: 90, p99: 99, max: 100 },
  });
});

it('has no quantile of nothing', () => {
  expect(quantile(new Float64Array(), 0.5)).toBeNull();
  expect(tally().summary().latency).toEqual({ p50: null, p90: null, p99: null, max: null });
});
