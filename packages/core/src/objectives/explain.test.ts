import { describe, expect, it } from 'vitest';
import { BURN_PAIRS } from './burn-alert.ts';
import { explainStatus, printExplanation } from './explain.ts';
import type { Objective } from './objective.ts';
import { prepareObjective } from './prepared.ts';
import { objectiveStatus, type WindowSums } from './status.ts';

const DAY = 86_400_000;
const objective: Objective = {
  name: 'answers',
  service: 'shop',
  category: 'availability',
  description: '',
  source: { kind: 'pushed', name: 'x' },
  window: { kind: 'rolling', lengthMs: 30 * DAY },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
  alerts: BURN_PAIRS.slice(0, 1),
  minimumBad: 2,
  labels: {},
  annotations: {},
};
const sums = (raw: readonly (readonly [number, number])[], adjusted = raw): WindowSums => ({
  good: (i) => raw[i]?.[0] ?? 0,
  total: (i) => raw[i]?.[1] ?? 0,
  adjustedGood: (i) => adjusted[i]?.[0] ?? 0,
  adjustedTotal: (i) => adjusted[i]?.[1] ?? 0,
});
const now = Date.UTC(2026, 0, 31) - 1;
const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const explain = (changes: Partial<Objective>, windows: WindowSums): string => {
  const prepared = prepareObjective({ ...objective, ...changes }, 2);
  const status = objectiveStatus(prepared, windows, { segment: '', now, since: 0, lastEvent: now });
  return printExplanation(explainStatus(status, prepared, time));
};

describe('the arithmetic of a status', () => {
  it('goes down to the counts', () => {
    const text = explain(
      {},
      sums(
        [
          [998_500, 1_000_000],
          [900, 1_000],
          [80, 100],
        ],
        [
          [998_500, 999_500],
          [900, 1_000],
          [80, 100],
        ],
      ),
    );
    expect(text).toBe(`shop/answers: exhausted
  window = [2026-01-01T00:00, 2026-01-31T00:00)
    100 % of the 30d so far was observed
  remaining = 1 − consumed = 1 − 1.0005 = -0.00050025
    consumed = bad share ÷ budget = 0.0010005 ÷ 0.001 = 1.0005
      bad share = bad ÷ all = 1000 ÷ 999500 = 0.0010005
        bad = 1000
          1500 bad measured − 500 excluded
        all = 999500
          1000000 events measured − 500 excluded
      budget = 1 − target = 1 − 0.999 = 0.001
  alert page-fast fires: burns 100.0 times too fast over the long and 200.0 over the short window
    factor = 2 % of the budget × 30d ÷ 1h, never under 1 = 14.4
    long burn over 1h = 100 ÷ 1000 ÷ 0.001 = 100
    short burn over 5m = 20 ÷ 100 ÷ 0.001 = 200
  gone in 0s, if it goes on as over the last 1h (what a rolling window gives back is not counted)
  computed under revision 2 of the objective`);
  });

  it('of an amount, of zero tolerance, and of nothing', () => {
    expect(
      explain(
        { allowance: { kind: 'amount', amount: 720, unit: 'EUR' } },
        sums([
          [0, 36],
          [0, 2],
          [0, 0],
        ]),
      ),
    ).toContain(`  remaining = 1 − consumed = 1 − 0.05 = 0.95
    consumed = spent ÷ allowed = 36 ÷ 720 = 0.05`);
    expect(explain({ allowance: { kind: 'zero_tolerance' } }, sums([[9, 10]]))).toContain(
      'state = exhausted: 1 bad, none is tolerated',
    );
    const nothing = explain({}, sums([]));
    expect(nothing).toContain('state = no_data: no events, so no share of the budget');
    expect(nothing).toContain('long burn over 1h: no events');
  });
});
