import {
  type Clock,
  EvenkeelError,
  explainStatus,
  nearestName,
  type QualityBounds,
  qualityBounds,
  readBlock,
  reportHtml,
  reportMarkdown,
} from '@evenkeel/core';
import type { Rollups } from '@evenkeel/store';
import { z } from 'zod';
import { noQuery, Reply, type Route, read } from '../api/route.ts';
import { unknownService } from '../services/routes.ts';
import type { AlertBook } from './alerts.ts';
import type { Evaluator, Standing } from './evaluator.ts';
import type { exclusionBook } from './exclusions.ts';
import type { PolicyBook } from './policies.ts';
import { serviceReport } from './report.ts';
import { byTrouble, shownStanding } from './shown.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Points of one answer at most: a chart has no more pixels. */
const MOST_POINTS = 2_000;

const listFilter = z.strictObject({
  service: z.string().optional(),
  state: z.enum(['no_data', 'healthy', 'warning', 'critical', 'exhausted']).optional(),
  category: z.enum(['availability', 'latency', 'quality', 'freshness', 'safety', 'cost']).optional(),
  /** Segments are left out unless asked for. */
  segments: z.enum(['true', 'false']).default('false'),
});
const oneFilter = z.strictObject({ segment: z.string().default('') });
const serviceFilter = z.strictObject({ service: z.string().optional() });
const alertFilter = z.strictObject({
  state: z.enum(['firing', 'resolved']).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const reportFilter = z.strictObject({
  service: z.string().optional(),
  period: z.enum(['week', 'month']).default('week'),
  format: z.enum(['markdown', 'html', 'json']).default('markdown'),
});
const seriesFilter = z.strictObject({
  segment: z.string().default(''),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  /** Milliseconds of one point; made longer where there would be too many. */
  step: z.coerce.number().int().min(MINUTE_MS).default(MINUTE_MS),
});

/** Counts by time, from the minutes as they are kept. */
export async function seriesPoints(
  rollups: Pick<Rollups, 'blocks'>,
  key: { readonly service: string; readonly objective: string; readonly segment: string },
  from: number,
  to: number,
  step: number,
): Promise<{
  readonly step: number;
  readonly points: readonly { at: number; good: number; total: number }[];
}> {
  const least = Math.ceil((to - from) / MOST_POINTS / MINUTE_MS) * MINUTE_MS;
  const width = Math.max(MINUTE_MS, Math.ceil(Math.max(step, least) / MINUTE_MS) * MINUTE_MS);
  const points = new Map<number, { at: number; good: number; total: number }>();
  const first = Math.floor(from / HOUR_MS) * HOUR_MS;
  for (const { hour, minutes } of await rollups.blocks({ ...key, from: first, to })) {
    const block = readBlock(minutes);
    for (let minute = 0; minute < 60; minute++) {
      const at = hour + minute * MINUTE_MS;
      const total = block[2 * minute + 1] ?? 0;
      if (total === 0 || at < from || at >= to) continue;
      const slot = Math.floor(at / width) * width;
      const point = points.get(slot) ?? { at: slot, good: 0, total: 0 };
      point.good += block[2 * minute] ?? 0;
      point.total += total;
      points.set(slot, point);
    }
  }
  return { step: width, points: [...points.values()].sort((a, b) => a.at - b.at) };
}

export function objectiveRoutes(parts: {
  readonly evaluator: Evaluator;
  readonly rollups: Pick<Rollups, 'blocks' | 'sum'>;
  readonly exclusions: ReturnType<typeof exclusionBook>;
  readonly owner: (service: string) => string;
  readonly clock: Clock;
  readonly services: () => readonly string[];
  /** Why what is shown may be behind; undefined when it is not. */
  readonly problem: () => string | undefined;
  readonly alerts: AlertBook;
  readonly policies: PolicyBook;
}): readonly Route[] {
  const { evaluator, rollups, clock, services } = parts;

  function standing(service = '', objective = '', segment = ''): Standing {
    const found = evaluator.standing(service, objective, segment);
    if (found !== undefined) return found;
    if (!services().includes(service)) throw unknownService(service, services());
    const names = new Set(evaluator.standings(service).map(({ status }) => status.objective));
    if (names.has(objective))
      throw new EvenkeelError('not_found', `${objective} has no segment "${segment}"`);
    const near = nearestName(objective, names);
    throw new EvenkeelError(
      'not_found',
      `${service} has no objective "${objective}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    );
  }

  /** What quality can be said of while labels are missing: of all answers of the window, how many have one. */
  async function boundsOf({ prepared, status }: Standing): Promise<QualityBounds | undefined> {
    const { allowance, source } = prepared.objective;
    if (source.kind !== 'labels' || allowance.kind !== 'target' || status.segment !== '') return undefined;
    const answered = evaluator.standings(status.service).find(({ prepared: { objective } }) => {
      const from = objective.source;
      return from.kind === 'requests' && from.indicator.kind === 'availability';
    });
    if (answered === undefined) return undefined;
    const { service, window } = status;
    const key = { service, objective: answered.status.objective, segment: '' };
    const { good } = await rollups.sum(key, window.start, window.end);
    return qualityBounds(status.adjusted.counts, good, allowance.target);
  }

  return [
    read({
      path: '/api/v1/objectives',
      role: 'viewer',
      tag: 'objectives',
      summary: 'Objectives and their budgets as they stand, worst first.',
      query: listFilter,
      handle({ service, state, category, segments }) {
        if (service !== undefined && !services().includes(service)) throw unknownService(service, services());
        const objectives = evaluator
          .standings(service)
          .filter(({ status }) => segments === 'true' || status.segment === '')
          .map(shownStanding)
          .filter(
            (one) =>
              (state === undefined || one.state === state) &&
              (category === undefined || one.category === category),
          )
          .sort(byTrouble);
        return { objectives, problem: parts.problem() ?? null };
      },
    }),
    read({
      path: '/api/v1/objectives/{service}/{name}',
      role: 'viewer',
      tag: 'objectives',
      summary: 'One objective: budget, alerts with their reasons, time to exhaustion, traffic.',
      query: oneFilter,
      async handle({ segment }, { params }) {
        const found = standing(params.service, params.name, segment);
        return { ...shownStanding(found), bounds: (await boundsOf(found)) ?? null };
      },
    }),
    read({
      path: '/api/v1/objectives/{service}/{name}/explain',
      role: 'viewer',
      tag: 'objectives',
      summary: 'The arithmetic behind the figures, down to the counts.',
      query: oneFilter,
      handle({ segment }, { params }) {
        const { status, prepared } = standing(params.service, params.name, segment);
        return explainStatus(status, prepared, (ms) => new Date(ms).toISOString());
      },
    }),
    read({
      path: '/api/v1/objectives/{service}/{name}/alerts',
      role: 'viewer',
      tag: 'objectives',
      summary: 'When alerts of the objective fired, newest first.',
      query: alertFilter,
      async handle(filter, { params }) {
        standing(params.service, params.name);
        const { service, name: objective } = params;
        return { alerts: await parts.alerts.list({ ...filter, service, objective }) };
      },
    }),
    read({
      path: '/api/v1/objectives-report',
      role: 'viewer',
      tag: 'objectives',
      summary: "The week's or month's page, as Markdown, HTML or data.",
      query: reportFilter,
      async handle({ service, period, format }) {
        if (service !== undefined && !services().includes(service)) throw unknownService(service, services());
        const wanted = service === undefined ? services() : [service];
        const pages = await Promise.all(
          wanted.map((name) => serviceReport(parts, name, parts.owner(name), period)),
        );
        if (format === 'json') return { reports: pages };
        const text = pages.map(format === 'html' ? reportHtml : reportMarkdown).join('\n\n');
        return new Reply(200, text, {
          'content-type': format === 'html' ? 'text/html; charset=utf-8' : 'text/markdown; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        });
      },
    }),
    read({
      path: '/api/v1/policies',
      role: 'viewer',
      tag: 'objectives',
      summary: 'Budget policies and whether they are engaged.',
      query: serviceFilter,
      handle: ({ service }) => ({ policies: parts.policies.standings(service) }),
    }),
    read({
      path: '/api/v1/objectives/{service}/{name}/segments',
      role: 'viewer',
      tag: 'objectives',
      summary: 'The parts of the traffic that have figures of their own, worst first.',
      query: noQuery,
      handle(_, { params }) {
        standing(params.service, params.name);
        const segments = evaluator
          .standings(params.service)
          .filter(({ status }) => status.objective === params.name && status.segment !== '')
          .map(shownStanding)
          .sort(byTrouble);
        return { segments };
      },
    }),
    read({
      path: '/api/v1/objectives/{service}/{name}/series',
      role: 'viewer',
      tag: 'objectives',
      summary: 'Good and all events by time, from the minutes as they are kept.',
      query: seriesFilter,
      async handle({ segment, from, to, step }, { params }) {
        const { status } = standing(params.service, params.name, segment);
        const until = to ?? clock.wall();
        const since = from ?? status.window.start;
        if (!(since < until)) throw new EvenkeelError('bad_request', 'query.from: must lie before to');
        const key = { service: status.service, objective: status.objective, segment };
        return { ...key, from: since, to: until, ...(await seriesPoints(rollups, key, since, until, step)) };
      },
    }),
  ];
}
