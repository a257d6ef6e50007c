import { describe, expect, it } from 'vitest';
import { wantsOpenMetrics } from './exposition.ts';

describe('wantsOpenMetrics', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/plain;version=0.0.4', false],
    ['application/openmetrics-text', true],
    // What Prometheus 2.42 sends.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      true,
    ],
    ['text/plain, application/openmetrics-text;q=0.5', false],
    ['application/openmetrics-text;q=0', false],
    ['application/openmetrics-text;q=x', false],
  ])('%s: %s', (accept, wanted) => {
    expect(wantsOpenMetrics(accept)).toBe(wanted);
  });
});
