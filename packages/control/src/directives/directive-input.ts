import { faultOrderSchema } from '@evenkeel/config';
import { MAX_LEASE_MS } from '@evenkeel/core';
import { z } from 'zod';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DEFAULT_MS = 3_600_000;
const DEFAULT_FAULT_MS = 60_000;

/** `90s`, `15m`, `2h`, `1d`, as milliseconds. */
const lease = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = match?.[2];
  const known =
    unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? unit : undefined;
  const ms = known === undefined ? Number.NaN : Number(match?.[1]) * UNITS[known];
  if (ms > 0 && ms <= MAX_LEASE_MS) return ms;
  context.addIssue({ code: 'custom', message: `expected a duration up to 7d such as "15m", not "${text}"` });
  return z.NEVER;
});

const order = z.discriminatedUnion('kind', [
  // Written as in an experiment file; limited unless it says otherwise.
  faultOrderSchema,
  z.strictObject({ kind: z.literal('pin'), rung: z.string() }),
  z.strictObject({ kind: z.literal('forbid'), rung: z.string() }),
  z.strictObject({ kind: z.literal('tighten'), factor: z.number().gt(0).lte(1) }),
  z.strictObject({ kind: z.literal('strictness'), level: z.enum(['relaxed', 'normal', 'strict']) }),
  z.strictObject({ kind: z.literal('roll_back'), model: z.string() }),
]);

/** Body of `POST /api/v1/directives`. */
export const directiveInput = z
  .strictObject({
    service: z.string(),
    order,
    /** Whose order it is; the name of the key unless said. */
    owner: z.string().trim().min(1).max(200).optional(),
    reason: z.string().trim().min(1).max(500),
    /** An hour unless said; a minute for a fault. */
    lease: lease.optional(),
  })
  .transform((input) => ({
    ...input,
    lease: input.lease ?? (input.order.kind === 'fault' ? DEFAULT_FAULT_MS : DEFAULT_MS),
  }));
