import { EvenkeelError } from '@evenkeel/core';
import { z } from 'zod';

/**
 * What a trainer says on its standard output: one JSON object a line, named by `t`. Lines that do not begin with `{` are taken for
 * log text. Python writes `NaN` and `Infinity` into its JSON, which is not JSON; they are understood.
 */
const number = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number),
  z.null().transform(() => Number.NaN),
]);
const step = z.int().min(0).describe('Batches consumed before this one: the index of the batch');
const name = z.string().min(1).max(200);
const figure = z.union([
  number.transform((value) => ({ value })),
  z.object({
    value: number,
    n: z.number().min(0).optional().describe('Examples; the value is then a share of them'),
    standardError: z.number().min(0).optional(),
  }),
]);
const figures = z.record(name, figure);
const segments = z.record(name, figures);

const startEvent = z.object({
  t: z.literal('start'),
  step: step.optional().describe('Where it begins: the step of the checkpoint that it was given, else 0'),
  totalSteps: z.int().min(0).optional(),
  data: z.string().min(1).max(200).optional().describe('Fingerprint of the data that it trains on'),
  pid: z.int().optional(),
});
const stepEvent = z.object({
  t: z.literal('step'),
  step,
  loss: number,
  gnorm: number.optional().describe('Norm of the gradient'),
});
const checkpointEvent = z.object({
  t: z.literal('checkpoint'),
  step: step.describe('Batches consumed: the index of the next one'),
  path: z
    .string()
    .min(1)
    .max(1_000)
    .describe(
      'Directory inside the checkpoint directory; one beginning with .tmp- is sealed by the supervisor',
    ),
});
const validationEvent = z.object({
  t: z.literal('validation'),
  step: step.describe('Of the checkpoint that was evaluated'),
  metrics: figures,
  segments: segments.optional(),
  production: z.object({ metrics: figures, segments: segments.optional() }).optional(),
  paired: z
    .record(
      name,
      z.record(
        z.string().max(200),
        z.object({ n: z.int().min(0), better: z.int().min(0), worse: z.int().min(0) }),
      ),
    )
    .optional()
    .describe(
      'By metric and segment ("" is all): examples that only one of candidate and production got right',
    ),
});
const anomalyEvent = z.object({
  t: z.literal('anomaly'),
  step,
  kind: z.string().max(100),
  detail: z.string().max(2_000).optional(),
});
const stoppedEvent = z.object({ t: z.literal('stopped'), step });
const doneEvent = z.object({ t: z.literal('done'), step: step.describe('Batches consumed in all') });

const trainerEvent = z.discriminatedUnion('t', [
  startEvent,
  stepEvent,
  checkpointEvent,
  validationEvent,
  anomalyEvent,
  stoppedEvent,
  doneEvent,
]);

export type TrainerEvent = z.output<typeof trainerEvent>;
/** As a trainer writes it: a metric may be a bare number. */
export type TrainerEventInput = z.input<typeof trainerEvent>;
export type ValidationEvent = z.output<typeof validationEvent>;

/** What a trainer is given, in the environment variable `EVENKEEL_TRAINER` as JSON. */
export const trainerOrders = z.object({
  format: z.literal(1),
  run: z.string(),
  attempt: z.int().min(1).describe('From 1; a trainer may change its seed or its rate after a failed gate'),
  checkpoints: z.string().describe('Directory that checkpoints are written into'),
  resume: z
    .object({ path: z.string(), step: z.int().min(0), name: z.string() })
    .nullable()
    .describe('The checkpoint to go on from; null: fresh weights'),
  checkpointEvery: z.int().min(1).describe('Steps between checkpoints'),
  validateEvery: z.int().min(0).describe('Checkpoints between validations; 0: only at the end'),
  validateFirst: z
    .boolean()
    .describe('Validate the checkpoint that is resumed from before going on: its verdict is owed'),
  skip: z
    .array(z.object({ from: z.int().min(0), to: z.int().min(0) }))
    .describe('Batches to pass over, both ends included'),
  graceMs: z.number().min(0).describe('Milliseconds from SIGTERM to SIGKILL'),
  production: z
    .string()
    .nullable()
    .describe('Where the weights in production are, to compare with; null: nothing is'),
});
export type TrainerOrders = z.output<typeof trainerOrders>;

export const TRAINER_VARIABLE = 'EVENKEEL_TRAINER';

/** JSON Schema (draft 2020-12) of one line of a trainer and of what it is given. */
export function protocolSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'evenkeel trainer protocol, version 1',
    $defs: {
      event: z.toJSONSchema(trainerEvent, { io: 'input', target: 'draft-2020-12' }),
      orders: z.toJSONSchema(trainerOrders, { io: 'input', target: 'draft-2020-12' }),
    },
    $ref: '#/$defs/event',
  };
}

export type ParsedLine =
  | { readonly kind: 'event'; readonly event: TrainerEvent }
  /** Not of the protocol: a log line. */
  | { readonly kind: 'text' }
  | { readonly kind: 'violation'; readonly reason: string };

/** Bare NaN and Infinity as values, which `json.dumps` of Python writes. Tried only where JSON.parse has failed. */
const BARE = /([:[,]\s*)(-?Infinity|NaN)(?=\s*[,\]}])/g;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const mended = text.replace(BARE, '$1"$2"');
    if (mended === text) throw error;
    return JSON.parse(mended);
  }
}

/** Reads one line. Never throws. */
export function parseLine(line: string): ParsedLine {
  const text = line.trim();
  if (!text.startsWith('{')) return { kind: 'text' };
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { kind: 'violation', reason: 'not JSON (half a line?)' };
  }
  const parsed = trainerEvent.safeParse(value);
  if (parsed.success) return { kind: 'event', event: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return { kind: 'violation', reason: `${where}${issue?.message ?? 'not an event'}` };
}

/** @throws EvenkeelError bad_request for an event that a trainer in process may not send */
export function checkEvent(event: TrainerEventInput): TrainerEvent {
  const parsed = trainerEvent.safeParse(event);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new EvenkeelError(
    'bad_request',
    `trainer event ${String(issue?.path.join('.'))}: ${issue?.message ?? ''}`,
  );
}
