import {
  type Answer,
  type Clock,
  EvenkeelError,
  LEVELS,
  type PredictRequest,
  type Priority,
  type ServingService,
} from '@evenkeel/core';
import { type InferResponse, tensorsOfRows } from '../upstreams/index.ts';

type Served = Extract<Answer, { outcome: 'served' }>;
type Refused = Extract<Answer, { outcome: 'refused' }>;

/** Rows of one request in flight at once: a batch takes its turns like several callers would. */
const ROWS_AT_ONCE = 16;

/**
 * Asks row by row, each a prediction with a walk, a place at the gates and a record of its own (`id`, `id.1`, `id.2`, …),
 * all inside one deadline. The protocol has no form for a part of an answer: the first row that is refused ends it.
 */
export async function predictRows(
  serving: ServingService,
  base: PredictRequest,
  rows: readonly unknown[],
  priorityOf: (row: unknown) => Priority,
  clock: Clock,
): Promise<readonly Served[] | Refused> {
  const startedAt = clock.now();
  const answers: Served[] = [];
  let refused: Refused | undefined;
  let next = 0;

  async function lane(): Promise<void> {
    while (next < rows.length && refused === undefined) {
      const i = next++;
      const input = rows[i];
      const answer = await serving.predict({
        ...base,
        id: i === 0 ? base.id : `${base.id}.${i}`,
        input,
        priority: priorityOf(input),
        deadlineMs: Math.max(0, base.deadlineMs - (clock.now() - startedAt)),
      });
      if (answer.outcome === 'refused') refused ??= answer;
      else answers[i] = answer;
    }
  }

  await Promise.all(Array.from({ length: Math.min(ROWS_AT_ONCE, rows.length) }, lane));
  return refused ?? answers;
}

/** The answer that stands for all in headers and parameters: the one furthest down the ladder. */
export function worstOf(answers: readonly Served[]): Served {
  const [first, ...more] = answers;
  if (first === undefined) throw new EvenkeelError('internal', 'there are no rows');
  return more.reduce(
    (worst, answer) => (LEVELS.indexOf(answer.level) > LEVELS.indexOf(worst.level) ? answer : worst),
    first,
  );
}

/** The answers to rows as one answer of the protocol: an output per field, rows first. */
export function inferOfRows(
  answers: readonly Served[],
  service: string,
  id: string | undefined,
  parameters: Readonly<Record<string, unknown>>,
): InferResponse {
  const outputs = answers.map(({ prediction }) => {
    if (prediction.kind === 'stream')
      throw new EvenkeelError('upstream_malformed', 'the model answered with a stream');
    return prediction.output;
  });
  const degraded = answers.filter(({ level }) => level !== 'full_service').length;
  return {
    model_name: service,
    model_version: worstOf(answers).prediction.version,
    ...(id === undefined ? {} : { id }),
    parameters: answers.length === 1 ? parameters : { ...parameters, evenkeel_rows_degraded: degraded },
    outputs: tensorsOfRows(outputs),
  };
}
