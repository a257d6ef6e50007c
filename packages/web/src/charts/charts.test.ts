import { describe, expect, it } from 'vitest';
import { burnDown, burnRates, withHoles } from './budget.ts';
import { csvField, plotCsv } from './csv.ts';
import type { Plotted } from './plotted.ts';
import { plotSvg, ticks } from './svg.ts';

const points = [
  { at: 0, good: 50, total: 50 },
  { at: 60, good: 49, total: 50 },
];

describe('the burn-down of a budget', () => {
  it('begins whole and ends at what is left', () => {
    const { times, remaining, bad } = burnDown(points, 60, { kind: 'target', target: 0.98 });
    expect(times).toEqual([0, 60, 120]);
    expect(bad).toEqual([0, 0, 1]);
    expect(remaining[0]).toBe(1);
    expect(remaining[1]).toBe(1);
    expect(remaining[2]).toBeCloseTo(0.5, 12);
  });

  it('spends amounts, and breaks zero tolerance at once', () => {
    expect(burnDown(points, 60, { kind: 'amount', amount: 4, unit: 'EUR' }).remaining).toEqual([1, 1, 0.75]);
    expect(burnDown(points, 60, { kind: 'zero_tolerance' }).remaining).toEqual([1, 1, 0]);
    expect(burnDown([], 60, { kind: 'zero_tolerance' }).times).toEqual([]);
  });

  it('says how fast, and nothing where nothing came', () => {
    const rates = burnRates([...points, { at: 120, good: 0, total: 0 }], { kind: 'target', target: 0.98 });
    expect(rates[0]).toBe(0);
    expect(rates[1]).toBeCloseTo(1, 12);
    expect(rates[2]).toBeNull();
  });

  it('shows holes where nothing was measured', () => {
    expect(
      withHoles(
        [
          { at: 0, good: 1, total: 1 },
          { at: 300, good: 1, total: 1 },
        ],
        60,
      ),
    ).toEqual([
      { at: 0, good: 1, total: 1 },
      { at: 60, good: 0, total: 0 },
      { at: 300, good: 1, total: 1 },
    ]);
  });
});

const plot: Plotted = {
  title: 'p95 <b>"of" moderation & more',
  times: [0, 60_000],
  lines: [{ label: 'left', values: [1, null], tone: 'accent', shape: 'line' }],
  unit: 'share',
  markers: [{ at: 30_000, text: '=cmd()', kind: 'change' }],
};

describe('what leaves the page', () => {
  it('is CSV that a spreadsheet reads and does not run', () => {
    expect(csvField('a "b", c')).toBe('"a ""b"", c"');
    expect(csvField('=1+1')).toBe("'=1+1");
    expect(plotCsv(plot)).toBe(
      "time,left\r\n1970-01-01T00:00:00.000Z,1\r\n1970-01-01T00:01:00.000Z,\r\n\r\ntime,kind,what\r\n1970-01-01T00:00:30.000Z,change,'=cmd()\r\n",
    );
  });

  it('is SVG in which names are text, never markup', () => {
    const svg = plotSvg(plot);
    expect(svg).toContain('p95 &lt;b&gt;&quot;of&quot; moderation &amp; more');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('stroke-dasharray');
    expect(svg).not.toContain('NaN');
  });

  it('has round steps on its axis', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    expect(ticks(3, 3, 5)).toEqual([3]);
  });
});
