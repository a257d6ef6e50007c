import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineChart } from './chart.ts';
import type { IncidentIntent } from './command.ts';
import { EVENKEEL, type Incident, openIncident } from './incident.ts';
import { INCIDENT_TYPES } from './incident-type.ts';
import { applyCommand } from './lifecycle.ts';
import { regressionOf } from './regression.ts';
import { completeReview, draftReview, dueItems, type ImpactFigures } from './review.ts';
import { escapeMarkdown, reviewMarkdown } from './review-markdown.ts';
import type { SignalKind } from './signal.ts';

const MINUTE = 60_000;
const ANN = { name: 'ann', automatic: false };
const T0 = Date.UTC(2026, 10, 24, 11);

function incident(
  type: Incident['type'] = 'feature_pipeline',
  kind: SignalKind = 'features_down',
  title = 'feast is down',
): Incident {
  let record = openIncident(
    {
      id: 'AI-20261124-110100000-0000abcdef',
      service: 'moderation',
      type,
      severity: 'SEV2',
      severityReason: '90 % of requests get less than full service',
      title,
      description: '',
      by: EVENKEEL,
      startedAt: T0,
      signals: [
        {
          key: `${kind}:x`,
          kind,
          name: 'x',
          firstSeen: T0,
          lastSeen: T0,
          strength: 1,
          role: 'cause',
          evidence: { text: title, figures: { recent: 0.4 }, link: '/api/v1/services/moderation' },
        },
      ],
    },
    T0 + MINUTE,
  );
  const steps: [number, typeof ANN, IncidentIntent][] = [
    [
      1,
      EVENKEEL,
      {
        do: 'paged',
        page: { at: T0 + MINUTE, to: 'ann', role: 'Data Engineer On-Call', step: 0, night: false },
      },
    ],
    [3, ANN, { do: 'acknowledge' }],
    [4, EVENKEEL, { do: 'mitigate' }],
    [
      4,
      EVENKEEL,
      {
        do: 'record_mitigation',
        mitigation: {
          id: 'm',
          action: 'pin_cached_features',
          text: 'pin cached',
          by: 'evenkeel',
          automatic: true,
          at: T0 + 4 * MINUTE,
          state: 'kept',
          outcome: 'it helped',
          effect: 0.8,
          endedAt: T0 + 14 * MINUTE,
        },
      },
    ],
    [30, ANN, { do: 'resolve', resolution: 'restarted' }],
  ];
  for (const [minute, by, intent] of steps) {
    const result = applyCommand(record, { by, at: T0 + minute * MINUTE, intent });
    if (!result.ok) throw new Error(result.message);
    record = result.incident;
  }
  return record;
}

const impact: ImpactFigures = {
  budgets: [
    { objective: 'availability', spent: 0.12, bad: 40, link: '/api/v1/objectives/moderation/availability' },
  ],
  requests: { total: 1000, failed: 0, link: '/api/v1/requests?service=moderation&from=1&to=2' },
  people: { all: 300, affected: 120 },
  levels: { full_service: 400, cached_features: 600 },
  degraded: [{ metric: 'feature age', before: 2, worst: 900, link: '/api/v1/services/moderation' }],
  firstReportAt: undefined,
  runbook: { done: 2, possible: 3 },
  course: Array.from({ length: 20 }, (_, i) => ({ at: T0 + i * MINUTE, bad: i > 2 && i < 10 ? 0.6 : 0.01 })),
};

describe('the draft of a review', () => {
  it('is filled from the record: impact, times, what helped, what went well and what did not', () => {
    const review = draftReview(incident(), impact, undefined, T0 + 60 * MINUTE);
    expect(review.times.map(({ name, text }) => `${name} ${text}`)).toEqual([
      'time to detect 1 min',
      'time to acknowledge 2 min',
      'time to mitigate 3 min',
      'time to resolve 29 min',
    ]);
    expect(review.wentWell).toEqual([
      'It was detected, and nobody had to report it.',
      'It was detected within 1 min.',
      'The page reached the one who took it (ann).',
      'It was acknowledged within 2 min.',
      'evenkeel helped by "pin cached": 80 % of the trouble was gone.',
      'Every request got an answer all the time.',
    ]);
    expect(review.toImprove).toEqual(['1 of 3 actions of the runbook were not done.']);
    const late = draftReview(incident(), { ...impact, firstReportAt: T0 }, undefined, T0);
    expect(late.toImprove[0]).toBe('People reported it 1 min before it was detected.');
  });

  it('has a link under every number, its questions and prevention for every type', () => {
    for (const type of INCIDENT_TYPES) {
      const review = draftReview({ ...incident(), type }, impact, undefined, T0);
      for (const figure of [...review.impact, ...review.times, ...review.degraded])
        expect(figure.link.startsWith('/api/v1/')).toBe(true);
      expect(review.questions.length).toBeGreaterThanOrEqual(4);
      expect(review.prevention.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('drawn again keeps what people wrote and marks what was restated', () => {
    const first = draftReview(incident(), impact, undefined, T0);
    const edited = {
      ...first,
      words: { ...first.words, rootCause: 'a full disk' },
      actions: [
        {
          id: 'a',
          text: 'alarm on disks',
          kind: 'detect',
          owner: 'bob',
          due: T0 + 1,
          state: 'open',
        } as const,
      ],
    };
    const labels = { ...impact, requests: { ...impact.requests, failed: 7 } };
    const second = draftReview(incident(), labels, edited, T0 + 5);
    expect(second.version).toBe(2);
    expect(second.words.rootCause).toBe('a full disk');
    expect(second.actions).toEqual(edited.actions);
    expect(second.impact.filter(({ restated }) => restated !== undefined)).toMatchObject([
      { name: 'requests failed', restated: { was: '0 without an answer (0 %)', at: T0 + 5 } },
    ]);
    expect(dueItems(second, T0 + 1).map(({ id }) => id)).toEqual(['a']);
    expect(dueItems(second, T0)).toEqual([]);
    expect(completeReview(second).state).toBe('completed');
  });
});

describe('a review as Markdown', () => {
  it('has the figures as links, the chart, the decisive moments marked', () => {
    const text = reviewMarkdown(draftReview(incident(), impact, undefined, T0), 'https://evenkeel.example');
    expect(text).toContain('](<https://evenkeel.example/api/v1/objectives/moderation/availability>)');
    expect(text).toContain('![Share of bad events over time](data:image/svg+xml,%3Csvg');
    expect(text).toContain('**acknowledged**');
  });

  it('shows what comes from outside, and lets it do nothing', () => {
    const evil =
      '<script>alert(1)</script> [x](javascript:alert(1)) ![](http://evil/?x) | `code` \n# heading';
    const text = reviewMarkdown(
      draftReview(incident('feature_pipeline', 'features_down', evil), impact, undefined, T0),
    );
    expect(text).not.toContain('<script');
    expect(text).not.toMatch(/(?<!\\)\]\((javascript|http)/);
    expect(text).not.toMatch(/^# heading/m);
    const chart = lineChart(
      evil,
      [
        { at: 0, value: 1 },
        { at: 1, value: 2 },
      ],
      [{ at: 1, text: evil }],
    );
    expect(chart).not.toContain('<script');
  });

  it('escapes any text into one line without markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const escaped = escapeMarkdown(text);
        expect(escaped).not.toMatch(/[\n\r<>]/);
        expect(escaped.replace(/\\./g, '')).not.toMatch(/[`*_[\]()#|!]/);
      }),
    );
  });
});

describe('the experiment of an incident', () => {
  const context = {
    models: ['primary'],
    traffic: { requestsPerSecond: 4, timesUsual: 1 },
    corpus: './corpus.ndjson',
  };
  it('reproduces the trigger and expects the same type', () => {
    const made = regressionOf(incident(), context);
    expect(made).toMatchObject({
      ok: true,
      draft: {
        trigger: { kind: 'serving', fault: { type: 'feature_store_latency', rate: 1 } },
        durationMs: 2 * MINUTE,
        expect: { incident: 'feature_pipeline' },
        incident: 'AI-20261124-110100000-0000abcdef',
      },
    });
  });

  it('exists for all types but the one that cannot be injected, and says so there', () => {
    const kinds: Record<string, SignalKind> = {
      model_degradation: 'errors_upstream',
      data_quality: 'request_invalid',
      feature_pipeline: 'features_missing',
      serving_latency: 'latency_shift',
      safety_violation: 'safety_flags',
      drift_detected: 'request_drift',
      training_failure: 'training_diverged',
      feedback_loop: 'toward_served',
    };
    for (const type of INCIDENT_TYPES) {
      const made = regressionOf(incident(type, kinds[type] ?? 'features_down'), context);
      expect(made.ok, type).toBe(type !== 'feedback_loop');
      if (!made.ok) expect(made.reason).toContain('feedback loop');
    }
    expect(regressionOf(incident('model_degradation', 'errors_upstream'), context)).toMatchObject({
      draft: { trigger: { fault: { type: 'model_failure', rate: 0.4 } } },
    });
  });
});
