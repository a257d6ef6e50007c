import { z } from 'zod';
import { duration, name, parseDuration, share, shortDuration } from '../values.ts';

const MINUTE = 60_000;
const TEN_YEARS = 10 * 366 * 86_400_000;

/** A promised share: over 0 % and under 100 %, because nobody can keep the one and nobody needs the other. */
const target = z
  .union([z.string(), z.number()])
  .describe('Promised share of good events, such as "99.9%" or 0.999.')
  .transform((raw, context) => {
    const match = typeof raw === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(raw) : null;
    // In decimal, so that 99.9% is 0.999 and not 0.9990000000000001.
    const value = match !== null ? Number(`${match[1]}e-2`) : typeof raw === 'number' ? raw : Number.NaN;
    if (value > 0 && value < 1) return value;
    const found = JSON.stringify(raw) ?? String(raw);
    const advice =
      value === 1
        ? ': for none at all, write zero_tolerance: true'
        : typeof raw === 'number' && raw > 1 && raw < 100
          ? `: did you mean "${raw}%"?`
          : '';
    context.addIssue({
      code: 'custom',
      message: `expected a target over 0% and under 100%, such as "99.9%", found ${Number.isNaN(raw) ? 'not a number' : found}${advice}`,
    });
    return z.NEVER;
  });

/** Whole minutes: figures slide minute by minute. */
function minutes(description: string, least: number, most: number) {
  return z
    .string({ error: 'expected a duration such as "5m", "1h" or "30d"' })
    .describe(`${description} A duration of whole minutes such as "5m", "1h" or "30d".`)
    .transform((text, context) => {
      const ms = parseDuration(text);
      const issue =
        ms === undefined
          ? `expected a duration such as "5m", "1h" or "30d", found "${text}"`
          : ms % MINUTE !== 0
            ? `expected whole minutes, found ${text}`
            : ms < least
              ? `expected at least ${least / MINUTE} minutes, found ${text}`
              : ms >= most
                ? `expected less than ${most >= TEN_YEARS ? '10 years' : `${most / 86_400_000} days`}, found ${text}`
                : undefined;
      if (issue === undefined && ms !== undefined) return ms;
      context.addIssue({ code: 'custom', message: issue ?? 'expected a duration' });
      return z.NEVER;
    });
}

const window = z
  .union([
    minutes('A rolling window.', MINUTE, TEN_YEARS),
    z.strictObject({
      calendar: z
        .enum(['day', 'week', 'month', 'quarter', 'year'])
        .describe('A period of the calendar; weeks begin on Monday.'),
      timezone: z.string().optional().describe('IANA time zone of the calendar; default: the service’s.'),
    }),
  ])
  .describe('Time that the budget is for: "30d" rolls, { calendar: month } begins anew.');

const thresholds = {
  p50: shortDuration('Half of the requests are within this.').optional(),
  p95: shortDuration('95 % are within this.').optional(),
  p99: shortDuration('99 % are within this.').optional(),
};

const price = {
  input_per_million: z.number().min(0).describe('Price of a million tokens read.'),
  output_per_million: z.number().min(0).describe('Price of a million tokens written.'),
};

const partName = z.string().min(1).describe('Name of another objective of this file.');

export const indicatorSchema = z
  .strictObject({
    availability: z
      .strictObject({
        minimum_confidence: share('Answers under this confidence are bad.').optional(),
      })
      .optional()
      .describe('Answers that are no errors are good.'),
    full_service: z.literal(true).optional().describe('Only answers at full service are good.'),
    latency: z
      .strictObject({
        ...thresholds,
        of: z
          .enum(['end_to_end', 'model', 'first_token', 'between_tokens'])
          .default('end_to_end')
          .describe('What is timed; between_tokens is the mean time per output token of a stream.'),
      })
      .optional()
      .describe('Exactly one percentile and its threshold: p99: 300ms.'),
    labels: z
      .strictObject({
        predicted: z.string().min(1).optional().describe('Only predictions of this label: precision.'),
        actual: z.string().min(1).optional().describe('Only what truly is this label: recall.'),
      })
      .optional()
      .describe('Predictions that agree with their label, when it comes, are good.'),
    feature_age: duration(1, 366 * 86_400_000, 'Features of an answer were at most this old.').optional(),
    model_age: z
      .strictObject({
        model: name.describe('A model of this file.'),
        max: duration(1, 10 * 366 * 86_400_000, 'The model is at most this old.').prefault('7d'),
      })
      .optional()
      .describe('Minutes in which the model in production is young enough are good.'),
    safety: z.literal(true).optional().describe('Answers that the output safety check let pass are good.'),
    cost: z
      .strictObject({
        ...price,
        models: z
          .record(name, z.strictObject(price))
          .default({})
          .describe('Prices of models that cost something else.'),
      })
      .optional()
      .describe('What answers cost, by their tokens.'),
    pushed: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Events that something else sends under this name.'),
    promql: z
      .strictObject({
        source: z.string().min(1).default('prometheus').describe('Which Prometheus.'),
        good: z.string().min(1).optional().describe('Good events; [{{.window}}] where the range belongs.'),
        bad: z.string().min(1).optional().describe('Bad events; [{{.window}}] where the range belongs.'),
        total: z.string().min(1).optional().describe('All events; [{{.window}}] where the range belongs.'),
        error_ratio: z.string().min(1).optional().describe('Or a ready share of bad events.'),
      })
      .optional()
      .describe('Counters of an existing Prometheus: good or bad and total, or error_ratio.'),
    weighted: z
      .record(z.string().min(1), z.number().gt(0).max(1_000_000))
      .optional()
      .describe('Other objectives of this file by name, each with its weight: the mean of their shares.'),
    all_of: z
      .array(partName)
      .min(2)
      .max(50)
      .optional()
      .describe('Other objectives of this file: minutes in which all keep their targets are good.'),
  })
  .describe('What is measured: exactly one of these.');

const pair = z.strictObject({
  name: name.describe('Name of the alert.'),
  severity: z.enum(['page', 'ticket']).describe('Whether somebody is woken.'),
  budget: share('Share of the whole budget that is gone when it fires.'),
  long: minutes('The window that has to burn.', MINUTE, 366 * 86_400_000),
  short: minutes(
    'A shorter one that has to burn too, so that the alert ends soon; default: a twelfth.',
    MINUTE,
    366 * 86_400_000,
  ).optional(),
});

const count = (description: string) => z.int().min(0).max(1_000_000_000).describe(description);

export const objectiveSchema = z.strictObject({
  category: z
    .enum(['availability', 'latency', 'quality', 'freshness', 'safety', 'cost'])
    .describe('Kind of promise; gives what is left out here.'),
  description: z.string().max(1_000).default('').describe('What is promised, for people.'),
  indicator: indicatorSchema.optional().describe('What is measured; default: what the category measures.'),
  target: target.optional(),
  baseline: share('Quality as it was when all was well: instead of a target.').optional(),
  allowed_degradation: share('Part of the baseline that may be lost.').optional(),
  zero_tolerance: z.boolean().optional().describe('Not one bad event.'),
  amount: z.number().gt(0).max(1e12).optional().describe('What the window may cost.'),
  unit: z.string().min(1).max(20).default('EUR').describe('What the amount is in.'),
  window: window.optional(),
  slices: z
    .strictObject({
      every: minutes('Length of a slice.', MINUTE, 86_400_001),
      target: share(
        'Share of good events that makes a slice a good one; default: the percentile.',
      ).optional(),
      ratio: z.boolean().default(false).describe('The mean of the slices’ shares, instead of good slices.'),
      empty: z
        .enum(['exclude', 'good', 'bad'])
        .default('exclude')
        .describe('What slices without events are.'),
    })
    .optional()
    .describe('Judge slices of time instead of events.'),
  alerts: z
    .union([z.enum(['default', 'none']), z.array(pair).min(1).max(20)])
    .default('default')
    .describe('Burn alerts: the workbook’s pairs fitted to the window, none, or pairs of your own.'),
  minimum_bad: count('Bad events below which burn alerts are silent.').default(2),
  minimum_events: count('Events below which nothing is judged.').optional(),
  segments: z
    .strictObject({
      version: z.int().min(1).max(1_000).optional().describe('Versions with figures of their own, at most.'),
      tenant: z.int().min(1).max(10_000).optional().describe('Tenants with figures of their own, at most.'),
      cohort: z.int().min(1).max(10).optional().describe('Cohorts of users, at most; there are ten.'),
    })
    .default({})
    .describe('Figures for parts of the traffic; what is over the number is counted as "other".'),
  expected_traffic: z
    .union([
      z.enum(['none', 'learned']),
      z.strictObject({
        events: z.int().min(1).max(1_000_000_000).describe('At least so many.'),
        per: minutes('In each stretch of this.', MINUTE, 31 * 86_400_000),
      }),
    ])
    .default('none')
    .describe('Whether silence is an alert: as in the last weeks, or stated.'),
  labels: z.record(z.string().min(1), z.string()).default({}).describe('Labels for exports.'),
});

const action = z
  .union([
    z.enum(['page', 'freeze_promotion', 'forbid_experiments']),
    z.strictObject({ pin: name.describe('A rung of the ladder.') }),
    z.strictObject({ tighten: share('Share of every gate’s capacity that is left.') }),
    z.strictObject({
      strictness: z.enum(['relaxed', 'normal', 'strict']).describe('Of the output safety check.'),
    }),
  ])
  .describe(
    'page, freeze_promotion, forbid_experiments, { pin: RUNG }, { tighten: 50% }, { strictness: strict }.',
  );

export const policySchema = z.strictObject({
  when: z
    .strictObject({
      objective: z.string().min(1).describe('An objective of this file.'),
      remaining_below: share('Less than this is left of its budget.', { zero: true }).optional(),
      alert: z.string().min(1).optional().describe('Or: this alert of it fires.'),
    })
    .describe('Exactly one of remaining_below and alert.'),
  // biome-ignore lint/suspicious/noThenProperty: a key of the file, and no thenable
  then: z.array(action).min(1).max(10).describe('What is done.'),
  release: z
    .strictObject({
      remaining_above: share('At least this is left again.').optional(),
      burn_below: z
        .number()
        .gt(0)
        .max(1_000)
        .optional()
        .describe('The budget burns slower than this over the shortest window of its alerts.'),
      for: shortDuration('For this long.').prefault('10m'),
      most_for: duration(
        1,
        7 * 86_400_000,
        'The wait doubles up to this when it was let go too early.',
      ).prefault('4h'),
    })
    .prefault({})
    .describe(
      'When it is over; default: a tenth of the budget more than the threshold, or the alert is over.',
    ),
  lease: duration(10_000, 86_400_000, 'Without control it ends after this.').prefault('5m'),
});

export type RawObjective = z.output<typeof objectiveSchema>;
export type RawIndicator = z.output<typeof indicatorSchema>;
export type RawPolicy = z.output<typeof policySchema>;
