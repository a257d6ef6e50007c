import { type Clock, EvenkeelError } from '@evenkeel/core';
import type { FactKind, FactRow, Facts } from '@evenkeel/store';
import type { z } from 'zod';

/** What became of one batch: what is good is kept although something beside it was not. */
export interface Receipt {
  /** New facts, durable now. */
  readonly accepted: number;
  /** Sent before with the same content: nothing to do. */
  readonly known: number;
  /** Ids of facts sent before with another content: the first one stands, this one is kept beside it. */
  readonly contradicting: readonly string[];
  readonly refused: readonly { readonly item: number; readonly problem: string }[];
}

/** Facts at most in one call. */
export const MAX_ITEMS = 10_000;
/** Facts from further ahead than this are a wrong clock, not news. */
const FUTURE_MS = 5 * 60_000;
/** Facts from before this are a wrong unit (seconds for milliseconds), not history. 2001-09-09. */
const EARLIEST = 1_000_000_000_000;
/** The last instant that a Date can hold. */
const MAX_DATE = 8_640_000_000_000_000;
/** Objects and lists in each other at most: whoever walks what is kept must not run out of stack. */
const MOST_DEPTH = 32;

interface Item {
  /** Line of NDJSON or place in the array, from 1. */
  readonly item: number;
  readonly value: unknown;
  readonly problem: string | undefined;
}

function parsed(item: number, text: string): Item {
  try {
    return { item, value: JSON.parse(text), problem: undefined };
  } catch (error) {
    return {
      item,
      value: undefined,
      problem: `not valid JSON: ${error instanceof Error ? error.message : ''}`,
    };
  }
}

function tooDeep(value: unknown, left: number = MOST_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => tooDeep(inner, left - 1));
}

/** One object, `{ "items": […] }`, an array, or one object a line. */
function itemsOf(text: string, ndjson: boolean): readonly Item[] {
  if (ndjson) {
    return text
      .split('\n')
      .map((line, i) => ({ line, i }))
      .filter(({ line }) => line.trim() !== '')
      .map(({ line, i }) => parsed(i + 1, line));
  }
  const whole = parsed(1, text);
  if (whole.problem !== undefined) throw new EvenkeelError('bad_request', `the body is ${whole.problem}`);
  const { value } = whole;
  const list = Array.isArray(value)
    ? value
    : typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)
      ? value.items
      : undefined;
  return list === undefined
    ? [whole]
    : list.map((one: unknown, i) => ({ item: i + 1, value: one, problem: undefined }));
}

export interface Fact {
  readonly service: string;
  readonly id: string;
  readonly at?: number | undefined;
  readonly request?: string | undefined;
}

/** When a fact that came from outside cannot have happened; undefined when it can. */
export function wrongTime(at: number, now: number): string | undefined {
  if (!Number.isFinite(at)) return 'at: expected wall milliseconds';
  // Further ahead than a date can say, its number is all there is.
  if (at > now + FUTURE_MS)
    return `at: ${at <= MAX_DATE ? new Date(at).toISOString() : at} lies in the future`;
  if (at < EARLIEST) return `at: ${at} is before 2001: expected milliseconds since 1970`;
  return undefined;
}

/**
 * Takes a batch in. Durable when it resolves.
 * @throws EvenkeelError bad_request when nothing of it can be read, or it is too long
 */
export async function ingest<T extends Fact>(
  text: string,
  ndjson: boolean,
  options: {
    readonly kind: FactKind;
    readonly schema: z.ZodType<T>;
    readonly by: string;
    readonly facts: Facts;
    readonly clock: Clock;
    /** What else may be wrong with an item that its schema let pass (an unknown service). */
    readonly refuse: (fact: T) => string | undefined;
  },
): Promise<Receipt> {
  const { kind, schema, by, facts, clock } = options;
  const items = itemsOf(text, ndjson);
  if (items.length > MAX_ITEMS) {
    throw new EvenkeelError('payload_too_large', `${items.length} items; at most ${MAX_ITEMS} in one call`);
  }
  const now = Math.round(clock.wall());
  const refused: { item: number; problem: string }[] = [];
  const rows: FactRow[] = [];
  for (const { item, value, problem } of items) {
    if (problem !== undefined) {
      refused.push({ item, problem });
      continue;
    }
    if (tooDeep(value)) {
      refused.push({ item, problem: `deeper than ${MOST_DEPTH} levels` });
      continue;
    }
    const checked = schema.safeParse(value);
    if (!checked.success) {
      const wrong = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      refused.push({ item, problem: wrong.join('; ') });
      continue;
    }
    const { service, id, at = now, request, ...body } = checked.data;
    const wrong = wrongTime(at, now) ?? options.refuse(checked.data);
    if (wrong !== undefined) {
      refused.push({ item, problem: wrong });
      continue;
    }
    rows.push({ kind, service, id, at, arrivedAt: now, by, request, body });
  }
  const results = rows.length === 0 ? [] : await facts.add(rows);
  return {
    accepted: results.filter((result) => result === 'added').length,
    known: results.filter((result) => result === 'known').length,
    contradicting: rows.filter((_, i) => results[i] === 'contradicts').map(({ id }) => id),
    refused,
  };
}
