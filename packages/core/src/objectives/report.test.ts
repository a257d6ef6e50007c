import { describe, expect, it } from 'vitest';
import { budgetFigures } from './budget.ts';
import type { Objective } from './objective.ts';
import { qualityBounds } from './quality-bounds.ts';
import {
  periodReport,
  type ReportedObjective,
  type ReportInput,
  reportHtml,
  reportMarkdown,
} from './report.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);
const objective: Objective = {
  name: 'answers',
  service: 'mail',
  category: 'availability',
  description: '',
  source: { kind: 'pushed', name: 'x' },
  window: { kind: 'rolling', lengthMs: 7 * DAY },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
  alerts: [],
  minimumBad: 2,
  labels: {},
  annotations: {},
};
const figures = (bad: number) => budgetFigures({ good: 100_000 - bad, total: 100_000 }, objective.allowance);
const reported = (changes: Partial<ReportedObjective>): ReportedObjective => {
  const raw = changes.raw ?? figures(10);
  return {
    objective,
    revision: 2,
    segment: '',
    raw,
    adjusted: raw,
    before: figures(30),
    seen: 1,
    bounds: undefined,
    alerts: [],
    ...changes,
  };
};
const EVIL = '<img src=x onerror="alert(1)"> | **bold** [a](b)';
const input: ReportInput = {
  service: 'mail',
  owner: 'ann & co',
  period: { start: START, end: START + 7 * DAY },
  at: START + 7 * DAY,
  objectives: [
    reported({}),
    reported({
      objective: {
        ...objective,
        name: 'right',
        allowance: { kind: 'target', target: 0.9, minimumEvents: 0 },
      },
      segment: 'tenant=acme',
      raw: figures(120),
      adjusted: figures(110),
      seen: 0.5,
      bounds: qualityBounds({ good: 90, total: 100 }, 200, 0.9),
      alerts: [
        {
          pair: 'page-fast',
          entry: { kind: 'resolved', at: START + 3, firedAt: START + 1, reason: 'over', peakBurn: 20 },
        },
        { pair: 'page-fast', entry: { kind: 'fired', at: START + 1, reason: EVIL, burn: 20 } },
      ],
    }),
  ],
  exclusions: [
    {
      id: 'x',
      name: EVIL,
      reason: 'planned',
      by: 'bo',
      recordedAt: START - DAY,
      service: 'mail',
      objective: undefined,
      spans: [
        { start: START, end: START + 3_600_000 },
        { start: START + 30 * DAY, end: START + 31 * DAY },
      ],
      rule: undefined,
      withdrawn: undefined,
    },
  ],
  restatements: [
    {
      service: 'mail',
      objective: 'right',
      segment: '',
      period: { start: START - 7 * DAY, end: START },
      statement: 1,
      at: START + DAY,
      by: 'feedback',
      reason: '12 labels came late',
      before: figures(10),
      after: figures(90),
    },
  ],
  revisions: [],
};
const print = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

describe('the page of a week', () => {
  const report = periodReport(input, print);
  const rows = (title: string): readonly (readonly string[])[] =>
    report.sections.find((section) => section.title === title)?.rows ?? [];

  it('has the worst first, with the figures and their reasons', () => {
    expect(report.title).toBe('mail: 2026-01-05 00:00 – 2026-01-12 00:00');
    expect(report.summary).toMatch(/^2 objectives: 1 exhausted, 1 healthy\. Owner: ann & co/);
    expect(rows('Objectives')).toEqual([
      [
        'right (tenant=acme)',
        '90 %',
        '99.9 %',
        '-10.0 %',
        '−80.0 points',
        'exhausted',
        expect.stringMatching(
          /as measured -20\.0 % left; 50\.0 % of the period was observed; 50\.0 % is labelled: between 45\.0 % and 95\.0 %/,
        ),
        '2',
      ],
      ['answers', '99.9 %', '99.990 %', '90.0 %', '+20.0 points', 'healthy', expect.any(String), '2'],
    ]);
    expect(rows('Alerts').map(([time, , , what]) => [time, what])).toEqual([
      ['2026-01-05 00:00', 'fired'],
      ['2026-01-05 00:00', 'resolved'],
    ]);
    expect(rows('Excluded')[0]?.slice(1, 4)).toEqual([
      'planned',
      'all',
      '2026-01-05 00:00 – 2026-01-05 01:00',
    ]);
    expect(rows('Restated')[0]?.slice(3, 5)).toEqual(['90.0 % left, healthy', '10.0 % left, critical']);
    expect(rows('Changed promises')).toEqual([]);
  });

  it('lets nothing that people write become markup', () => {
    const html = reportHtml(report);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
    expect(html).toContain('ann &amp; co');
    expect(html).toContain('<p>No objective was changed.</p>');
    const markdown = reportMarkdown(report);
    expect(markdown).toContain('\\<img src=x onerror="alert(1)"\\> \\| \\*\\*bold\\*\\* \\[a\\](b)');
    // Every row of a table has the cells of its head, whatever is in them.
    const table = markdown.split('\n').filter((line) => line.startsWith('|'));
    const cells = (line: string): number => line.replaceAll('\\|', '').split('|').length;
    const excluded = table.filter((line) => line.includes('planned') || line.includes('recorded'));
    expect(new Set(excluded.map(cells)).size).toBe(1);
    expect(markdown).toContain('| --- |');
  });
});
