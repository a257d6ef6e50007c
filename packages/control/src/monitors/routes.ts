import { type Clock, EvenkeelError, type MonitorReport, nearestName } from '@evenkeel/core';
import { z } from 'zod';
import { noQuery, type Route, read, write, writeText } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { unknownService } from '../services/routes.ts';
import type { BoardBook } from './board-book.ts';
import { readColumn } from './rows.ts';

const listFilter = z.strictObject({
  service: z.string().optional(),
  role: z.enum(['input', 'prediction', 'confidence']).optional(),
});
const oneFilter = z.strictObject({ segment: z.string().default('') });
const eventFilter = z.strictObject({
  service: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const valuesInput = z.strictObject({
  values: z
    .array(z.union([z.number(), z.string(), z.null()]))
    .min(1)
    .max(100_000),
  segment: z.string().default(''),
  /** True when the values are in the order in which they came. */
  ordered: z.boolean().default(false),
});
const MAX_FILE = 16 * 1024 * 1024;

/** Worst first: what is likely violated, then what may be. */
const ORDER: Readonly<Record<string, number>> = { likely_violated: 0, potential_issue: 1, likely_healthy: 3 };
const byTrouble = (a: MonitorReport, b: MonitorReport): number =>
  (ORDER[a.status] ?? 2) - (ORDER[b.status] ?? 2) || a.monitor.localeCompare(b.monitor);

export function monitorRoutes(parts: {
  readonly boards: BoardBook;
  readonly services: () => readonly string[];
  readonly audit: Recorder;
  readonly clock: Clock;
}): readonly Route[] {
  const { boards, services, audit } = parts;

  function boardOf(service = '') {
    const board = boards.get(service);
    if (board === undefined) throw unknownService(service, services());
    return board;
  }
  function known(service: string, monitor = ''): void {
    const names = boardOf(service).board.definitions.map(({ name }) => name);
    if (names.includes(monitor)) return;
    const near = nearestName(monitor, names);
    throw new EvenkeelError(
      'not_found',
      `${service} has no monitor "${monitor}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    );
  }

  return [
    read({
      path: '/api/v1/monitors',
      role: 'viewer',
      tag: 'monitors',
      summary: 'What is watched without labels, and how it stands; worst first.',
      query: listFilter,
      handle({ service, role }) {
        if (service !== undefined) boardOf(service);
        const wanted = service === undefined ? services() : [service];
        return {
          monitors: wanted.flatMap((name) =>
            boards
              .reports(name)
              .filter((report) => role === undefined || report.role === role)
              .map((report) => ({ service: name, ...report }))
              .sort(byTrouble),
          ),
        };
      },
    }),
    read({
      path: '/api/v1/monitors/{service}/{name}',
      role: 'viewer',
      tag: 'monitors',
      summary: 'One monitor: baseline, what moved and since when, histograms before and after.',
      query: oneFilter,
      handle({ segment }, { params }) {
        const { service = '', name = '' } = params;
        known(service, name);
        const report = boards.reports(service).find((one) => one.monitor === name && one.segment === segment);
        if (report === undefined) throw new EvenkeelError('not_found', `${name} has no segment "${segment}"`);
        const definition = boardOf(service).board.definitions.find((one) => one.name === name);
        return { service, ...report, definition };
      },
    }),
    read({
      path: '/api/v1/monitor-events',
      role: 'viewer',
      tag: 'monitors',
      summary: 'When monitors spoke, newest first.',
      query: eventFilter,
      handle: async ({ service, limit }) => ({ events: await boards.events(service, limit) }),
    }),
    read({
      path: '/api/v1/estimates',
      role: 'viewer',
      tag: 'monitors',
      summary:
        'Quality of the last hour estimated without labels, with its interval, and whether labels hold it to be right.',
      query: noQuery,
      handle: () => ({
        estimates: services().map((service) => ({
          service,
          ...boards.estimate(service),
          fates: boardOf(service).estimator.fates,
        })),
      }),
    }),
    write({
      method: 'put',
      path: '/api/v1/monitors/{service}/{name}/baseline',
      role: 'operator',
      tag: 'monitors',
      summary: 'Hands a baseline over, as values.',
      body: valuesInput,
      async handle({ values, segment, ordered }, { params, caller }) {
        const { service = '', name = '' } = params;
        known(service, name);
        await boards.setBaseline(service, name, segment, values, ordered);
        await audit(caller, 'monitor.baseline', name, service, { values: values.length, segment });
        return boards.reports(service).find((one) => one.monitor === name && one.segment === segment);
      },
    }),
    writeText({
      method: 'post',
      path: '/api/v1/monitors/{service}/{name}/baseline',
      role: 'operator',
      tag: 'monitors',
      summary: 'Hands a baseline over, as a CSV or NDJSON file whose column has the name of the monitor.',
      types: ['text/csv', 'application/x-ndjson'],
      maxBody: MAX_FILE,
      async handle(text, { params, caller }) {
        const { service = '', name = '' } = params;
        known(service, name);
        const values = readColumn(text, 'body', name);
        await boards.setBaseline(service, name, '', values, true);
        await audit(caller, 'monitor.baseline', name, service, { values: values.length });
        return boards.reports(service).find((one) => one.monitor === name && one.segment === '');
      },
    }),
  ];
}
