import { z } from 'zod';
import { conditionSpec, policySpec, targetSpec } from './schema-alerts.ts';
import { description, durationText, metadata, objectName, operator } from './schema-base.ts';

// OpenSLO's published schema lets further keys stand in every object, so these do too: they are kept, and reported as
// odd. What the schema lacks and the specification has is marked where it is let in.

const metricSource = z.looseObject({
  metricSourceRef: objectName.optional(),
  type: z.string().optional(),
  spec: z.record(z.string(), z.json()),
});
const metric = z.looseObject({ metricSource });

const sliSpec = z
  .looseObject({
    description,
    thresholdMetric: metric.optional(),
    ratioMetric: z
      .looseObject({
        counter: z.boolean().optional(),
        good: metric.optional(),
        bad: metric.optional(),
        total: metric.optional(),
        rawType: z.enum(['success', 'failure']).optional(),
        raw: metric.optional(),
      })
      .superRefine((ratio, context) => {
        const fail = (message: string, path: string[] = []): void => {
          context.addIssue({ code: 'custom', message, path });
        };
        if (ratio.raw !== undefined) {
          // The schema lacks ready ratios; the specification has them.
          if (ratio.good !== undefined || ratio.bad !== undefined || ratio.total !== undefined)
            fail('"raw" is a ready ratio: it does not go with good, bad and total', ['raw']);
          if (ratio.rawType === undefined) fail('"raw" needs a "rawType": success or failure');
          return;
        }
        if (ratio.total === undefined) fail('"total" is missing: expected a metric');
        if (ratio.counter === undefined) fail('"counter" is missing: expected true or false');
        if (ratio.good !== undefined && ratio.bad !== undefined)
          fail('expected either "good" or "bad", found both', ['bad']);
        if (ratio.good === undefined && ratio.bad === undefined)
          fail('expected either "good" or "bad", found neither');
      })
      .optional(),
  })
  .superRefine((spec, context) => {
    const count = Number(spec.thresholdMetric !== undefined) + Number(spec.ratioMetric !== undefined);
    if (count === 1) return;
    context.addIssue({
      code: 'custom',
      message: `expected either "thresholdMetric" or "ratioMetric", found ${count === 0 ? 'neither' : 'both'}`,
    });
  });

const indicator = z.looseObject({ metadata: metadata.optional(), spec: sliSpec });

const timeWindow = z
  .looseObject({
    duration: durationText,
    isRolling: z.boolean().optional(),
    calendar: z
      .looseObject({
        startTime: z
          .string()
          .regex(
            /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/,
            'expected a local time such as "2024-01-01 00:00:00"',
          ),
        timeZone: z.string(),
      })
      .optional(),
  })
  .superRefine((window, context) => {
    if (window.isRolling === false && window.calendar === undefined) {
      context.addIssue({
        code: 'custom',
        message: '"calendar" is missing: a window that does not roll has a startTime and a timeZone',
      });
    }
  });

const objective = z.looseObject({
  displayName: z.string().min(1, 'expected a text that is not empty').optional(),
  op: operator.optional(),
  value: z.number().optional(),
  target: z
    .number()
    .refine(
      (value) => value >= 0 && value < 1,
      'expected a share from 0 and under 1: OpenSLO has no promise without any budget',
    ),
  timeSliceTarget: z
    .number()
    .refine((value) => value > 0 && value <= 1, 'expected a share over 0 and up to 1')
    .optional(),
  timeSliceWindow: z
    .union([durationText, z.number().refine((value) => value > 0, 'expected minutes over 0')])
    .optional(),
  // Composite SLOs: in the specification, not in the schema.
  indicator: indicator.optional(),
  indicatorRef: objectName.optional(),
  compositeWeight: z
    .number()
    .refine((value) => value > 0, 'expected a weight over 0')
    .optional(),
});

const sloSpec = z
  .looseObject({
    description,
    service: objectName,
    indicator: indicator.optional(),
    indicatorRef: objectName.optional(),
    timeWindow: z.array(timeWindow).max(1, 'expected one time window, found more').optional(),
    budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
    objectives: z.array(objective),
    alertPolicies: z
      .array(
        z.union([
          objectName,
          z.looseObject({ alertPolicyRef: objectName }),
          z.looseObject({ kind: z.literal('AlertPolicy'), metadata, spec: policySpec }),
        ]),
      )
      .optional(),
  })
  .superRefine((spec, context) => {
    const fail = (message: string, path: (string | number)[] = []): void => {
      context.addIssue({ code: 'custom', message, path });
    };
    const own = Number(spec.indicator !== undefined) + Number(spec.indicatorRef !== undefined);
    const composite = spec.objectives.some(
      (one) => one.indicator !== undefined || one.indicatorRef !== undefined,
    );
    if (own === 2) fail('expected either "indicator" or "indicatorRef", found both', ['indicatorRef']);
    if (own === 0 && !composite)
      fail('expected either "indicator" or "indicatorRef", here or in every objective; found neither');
    if (own > 0 && composite)
      fail('an indicator stands either here or in the objectives, not in both', [
        spec.indicator !== undefined ? 'indicator' : 'indicatorRef',
      ]);
    for (const [index, one] of spec.objectives.entries()) {
      const at = ['objectives', index];
      if (composite && own === 0) {
        if (one.indicator === undefined && one.indicatorRef === undefined)
          fail(
            'every objective of a composite has an "indicator" or "indicatorRef"; this one has neither',
            at,
          );
        if (one.indicator !== undefined && one.indicatorRef !== undefined)
          fail('expected either "indicator" or "indicatorRef", found both', [...at, 'indicatorRef']);
      }
      if (spec.budgetingMethod === 'Occurrences') continue;
      if (one.timeSliceWindow === undefined)
        fail(`"timeSliceWindow" is missing: ${spec.budgetingMethod} needs one`, at);
      if (spec.budgetingMethod === 'Timeslices' && one.timeSliceTarget === undefined)
        fail('"timeSliceTarget" is missing: Timeslices needs one', at);
    }
  });

const apiVersion = z.literal('openslo/v1');

/** One schema per kind of object. */
export const SCHEMAS = {
  SLO: z.looseObject({ apiVersion, kind: z.literal('SLO'), metadata, spec: sloSpec }),
  SLI: z.looseObject({ apiVersion, kind: z.literal('SLI'), metadata, spec: sliSpec }),
  Service: z.looseObject({
    apiVersion,
    kind: z.literal('Service'),
    metadata,
    spec: z.looseObject({ description }),
  }),
  DataSource: z.looseObject({
    apiVersion,
    kind: z.literal('DataSource'),
    metadata,
    spec: z.looseObject({
      description,
      type: z.string(),
      connectionDetails: z.record(z.string(), z.json()),
    }),
  }),
  AlertPolicy: z.looseObject({ apiVersion, kind: z.literal('AlertPolicy'), metadata, spec: policySpec }),
  AlertCondition: z.looseObject({
    apiVersion,
    kind: z.literal('AlertCondition'),
    metadata,
    spec: conditionSpec.superRefine(({ condition }, context) => {
      // Written in line, the schema lets both be missing.
      for (const key of ['op', 'alertAfter'] as const) {
        if (condition[key] !== undefined) continue;
        const wanted = key === 'op' ? 'one of lte, gte, lt, gt' : 'a duration such as "5m"';
        context.addIssue({
          code: 'custom',
          message: `"${key}" is missing: expected ${wanted}`,
          path: ['condition'],
        });
      }
    }),
  }),
  AlertNotificationTarget: z.looseObject({
    apiVersion,
    kind: z.literal('AlertNotificationTarget'),
    metadata,
    spec: targetSpec,
  }),
} as const;

export type Kind = keyof typeof SCHEMAS;
export const KINDS: readonly Kind[] = [
  'SLO',
  'SLI',
  'Service',
  'DataSource',
  'AlertPolicy',
  'AlertCondition',
  'AlertNotificationTarget',
];

export type SloDocument = z.infer<typeof SCHEMAS.SLO>;
export type SliDocument = z.infer<typeof SCHEMAS.SLI>;
export type ServiceDocument = z.infer<typeof SCHEMAS.Service>;
export type DataSourceDocument = z.infer<typeof SCHEMAS.DataSource>;
export type AlertPolicyDocument = z.infer<typeof SCHEMAS.AlertPolicy>;
export type AlertConditionDocument = z.infer<typeof SCHEMAS.AlertCondition>;
export type AlertNotificationTargetDocument = z.infer<typeof SCHEMAS.AlertNotificationTarget>;

/** One OpenSLO v1 object as it was written; keys that the specification does not know are kept. */
export type OpenSloDocument =
  | SloDocument
  | SliDocument
  | ServiceDocument
  | DataSourceDocument
  | AlertPolicyDocument
  | AlertConditionDocument
  | AlertNotificationTargetDocument;

export type OpenSloMetadata = SloDocument['metadata'];
export type SliSpec = SliDocument['spec'];
export type SloObjective = SloDocument['spec']['objectives'][number];
export type MetricSource = z.infer<typeof metricSource>;
