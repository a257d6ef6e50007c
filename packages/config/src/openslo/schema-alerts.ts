import { z } from 'zod';
import { description, durationText, metadata, objectName, operator } from './schema-base.ts';

export const conditionSpec = z.looseObject({
  description,
  severity: z.string(),
  condition: z.looseObject({
    kind: z.literal('burnrate').optional(),
    op: operator.optional(),
    threshold: z.number(),
    lookbackWindow: durationText,
    alertAfter: durationText.optional(),
  }),
});

export const targetSpec = z.looseObject({ target: z.string(), description });

const inlineCondition = z.looseObject({
  kind: z.literal('AlertCondition'),
  metadata,
  spec: conditionSpec,
});
// The published schema wants "AlertCondition" here, a slip: both are read.
const inlineTarget = z.looseObject({
  kind: z.enum(['AlertNotificationTarget', 'AlertCondition']),
  metadata,
  spec: targetSpec,
});

export const policySpec = z.looseObject({
  description,
  alertWhenNoData: z.boolean(),
  alertWhenResolved: z.boolean(),
  alertWhenBreaching: z.boolean(),
  conditions: z
    .array(z.union([z.looseObject({ conditionRef: objectName }), inlineCondition]))
    .min(1, 'expected exactly one condition, found none')
    .max(1, 'expected exactly one condition, found more'),
  notificationTargets: z
    .array(z.union([z.looseObject({ targetRef: objectName }), inlineTarget]))
    .min(1, 'expected at least one notification target, found none'),
});
