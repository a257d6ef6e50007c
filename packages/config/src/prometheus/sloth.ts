import { type BurnPair, type Objective, rolling } from '@evenkeel/core';
import { z } from 'zod';
import type { PathStep } from '../document.ts';
import { hasWindow } from '../openslo/promql.ts';
import { splitStream } from '../openslo/source.ts';
import type { Problem } from '../problem.ts';
import { checkSchema } from '../schema-problems.ts';
import { parseRange } from './range.ts';
import type { Alerting } from './rules.ts';

const texts = z.record(z.string(), z.string());
const severity = z.strictObject({
  disable: z.boolean().optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
});
const query = z
  .string()
  .min(1, 'expected a PromQL query, found an empty text')
  .refine(hasWindow, 'expected a query with "{{.window}}" where its range belongs');

const specSchema = z.strictObject({
  version: z.literal('prometheus/v1'),
  service: z.string().min(1),
  labels: texts.optional(),
  slos: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        description: z.string().optional(),
        objective: z
          .number()
          .refine((value) => value > 0 && value < 100, 'expected a percentage over 0 and under 100'),
        labels: texts.optional(),
        sli: z
          .strictObject({
            events: z.strictObject({ error_query: query, total_query: query }).optional(),
            raw: z.strictObject({ error_ratio_query: query }).optional(),
            plugin: z.looseObject({ id: z.string() }).optional(),
          })
          .refine(
            (sli) => [sli.events, sli.raw, sli.plugin].filter((one) => one !== undefined).length === 1,
            'expected one of "events", "raw" and "plugin"',
          ),
        alerting: z
          .strictObject({
            name: z.string().optional(),
            labels: texts.optional(),
            annotations: texts.optional(),
            page_alert: severity.optional(),
            ticket_alert: severity.optional(),
          })
          .optional(),
      }),
    )
    .min(1, 'expected at least one SLO, found none'),
});

const range = z.string().transform((text, context) => {
  const ms = parseRange(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `expected a duration such as "5m" or "30d", found "${text}"` });
  return z.NEVER;
});
const pairSchema = z.strictObject({
  errorBudgetPercent: z
    .number()
    .refine((value) => value > 0 && value < 100, 'expected a percentage over 0 and under 100'),
  shortWindow: range,
  longWindow: range,
});
const windowsSchema = z.strictObject({
  apiVersion: z.literal('sloth.slok.dev/v1'),
  kind: z.literal('AlertWindows'),
  spec: z.strictObject({
    sloPeriod: range,
    page: z.strictObject({ quick: pairSchema, slow: pairSchema }),
    ticket: z.strictObject({ quick: pairSchema, slow: pairSchema }),
  }),
});

/** The window of all SLOs of a Sloth run, and its burn pairs. */
export interface SlothWindows {
  readonly periodMs: number;
  readonly pairs: readonly BurnPair[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const pairOf = (
  name: string,
  kind: BurnPair['severity'],
  percent: number,
  longMs: number,
  shortMs: number,
): BurnPair => ({
  name,
  severity: kind,
  budgetShare: Number((percent / 100).toPrecision(15)),
  longMs,
  shortMs,
});

/** What Sloth uses unless told otherwise. */
export const SLOTH_DEFAULT: SlothWindows = {
  periodMs: 30 * 24 * HOUR,
  pairs: [
    pairOf('page-fast', 'page', 2, HOUR, 5 * MINUTE),
    pairOf('page-slow', 'page', 5, 6 * HOUR, 30 * MINUTE),
    pairOf('ticket-fast', 'ticket', 10, 24 * HOUR, 2 * HOUR),
    pairOf('ticket-slow', 'ticket', 10, 72 * HOUR, 6 * HOUR),
  ],
};

/** One SLO of a Sloth file: the objective, and how its alerts were named and labelled. */
export interface SlothObjective {
  readonly objective: Objective;
  readonly alerting: Alerting;
}

export interface SlothFile {
  readonly ok: boolean;
  readonly objectives: readonly SlothObjective[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

type Spec = z.infer<typeof specSchema>;
type Slo = Spec['slos'][number];

function sourceOf(slo: Slo): Objective['source'] | undefined {
  const { events, raw } = slo.sli;
  if (events !== undefined)
    return {
      kind: 'promql',
      source: 'prometheus',
      query: { kind: 'bad_over_total', bad: events.error_query.trim(), total: events.total_query.trim() },
    };
  if (raw !== undefined)
    return {
      kind: 'promql',
      source: 'prometheus',
      query: { kind: 'error_ratio', ratio: raw.error_ratio_query.trim() },
    };
  return undefined;
}

function alertingOf(slo: Slo): Alerting {
  const given = slo.alerting;
  const part = (one: z.infer<typeof severity> | undefined): NonNullable<Alerting['page']> => ({
    ...(one?.labels === undefined ? {} : { labels: one.labels }),
    ...(one?.annotations === undefined ? {} : { annotations: one.annotations }),
  });
  return {
    ...(given?.name === undefined ? {} : { name: given.name }),
    ...(given?.labels === undefined ? {} : { labels: given.labels }),
    ...(given?.annotations === undefined ? {} : { annotations: given.annotations }),
    page: part(given?.page_alert),
    ticket: part(given?.ticket_alert),
  };
}

function objectivesOf(
  spec: Spec,
  windows: SlothWindows,
  refuse: (at: readonly PathStep[], message: string) => void,
): SlothObjective[] {
  return spec.slos.flatMap((slo, index) => {
    const source = sourceOf(slo);
    if (source === undefined) {
      refuse(
        ['slos', index, 'sli', 'plugin'],
        `"${slo.sli.plugin?.id}" is a Go plugin, which evenkeel does not run: write the queries that it makes`,
      );
      return [];
    }
    const off = {
      page: slo.alerting?.page_alert?.disable === true,
      ticket: slo.alerting?.ticket_alert?.disable === true,
    };
    const objective: Objective = {
      name: slo.name,
      service: spec.service,
      category: 'availability',
      description: slo.description ?? '',
      source,
      window: rolling(windows.periodMs),
      budgeting: { method: 'occurrences' },
      // 99.9 / 100 is 0.9990000000000001 in binary fractions.
      allowance: { kind: 'target', target: Number((slo.objective / 100).toPrecision(15)), minimumEvents: 0 },
      alerts: windows.pairs.filter((pair) => !off[pair.severity]),
      minimumBad: 2,
      labels: { ...spec.labels, ...slo.labels },
      annotations: {},
    };
    return [{ objective, alerting: alertingOf(slo) }];
  });
}

/**
 * Reads SLOs as Sloth's `prometheus/v1` describes them (one or more YAML documents). Mistakes are problems with their
 * places; SLOs that need one of Sloth's plugins are refused by name, the others are still read. Never throws.
 */
export function readSloth(text: string, path: string, windows: SlothWindows = SLOTH_DEFAULT): SlothFile {
  const { objects, problems: broken } = splitStream(text, path);
  const problems: Problem[] = [...broken];
  const warnings: Problem[] = [];
  const objectives: SlothObjective[] = [];
  const seen = new Set<string>();
  for (const object of objects) {
    const checked = checkSchema(object, specSchema);
    if (!checked.ok) {
      problems.push(...checked.problems);
      continue;
    }
    const { service, slos } = checked.value;
    for (const [index, { name }] of slos.entries()) {
      const identity = `${service}/${name}`;
      if (seen.has(identity))
        problems.push(object.problem(['slos', index, 'name'], `${identity} is there twice`));
      seen.add(identity);
    }
    objectives.push(
      ...objectivesOf(checked.value, windows, (at, message) => problems.push(object.problem(at, message))),
    );
  }
  if (objects.length === 0 && problems.length === 0)
    problems.push({ path, line: 1, column: 1, at: '', message: 'expected SLOs of Sloth, found nothing' });
  return { ok: problems.length === 0, objectives, problems, warnings };
}

/** Reads Sloth's `AlertWindows`: the window of the SLOs and the four burn pairs. */
export function readSlothWindows(
  text: string,
  path: string,
):
  | { readonly ok: true; readonly windows: SlothWindows }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const { objects, problems } = splitStream(text, path);
  const [object] = objects;
  if (problems.length > 0 || object === undefined || objects.length > 1) {
    const message = `expected one object of kind AlertWindows, found ${objects.length}`;
    return { ok: false, problems: [...problems, { path, line: 1, column: 1, at: '', message }] };
  }
  const checked = checkSchema(object, windowsSchema);
  if (!checked.ok) return checked;
  const { sloPeriod, page, ticket } = checked.value.spec;
  const pair = (name: string, kind: BurnPair['severity'], of: z.infer<typeof pairSchema>): BurnPair =>
    pairOf(name, kind, of.errorBudgetPercent, of.longWindow, of.shortWindow);
  return {
    ok: true,
    windows: {
      periodMs: sloPeriod,
      pairs: [
        pair('page-fast', 'page', page.quick),
        pair('page-slow', 'page', page.slow),
        pair('ticket-fast', 'ticket', ticket.quick),
        pair('ticket-slow', 'ticket', ticket.slow),
      ],
    },
  };
}
