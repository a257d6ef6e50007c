import { runInNewContext } from 'node:vm';
import {
  type Clock,
  describeError,
  EvenkeelError,
  type Exclusion,
  excludedSpans,
  type Span,
} from '@evenkeel/core';
import type { FactRow, Facts } from '@evenkeel/store';
// A CommonJS package whose names Node cannot see: it has to be taken whole.
import rrule from 'rrule';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';

const DAY_MS = 86_400_000;
/** Occurrences of a rule are worked out this far ahead and back. */
const AHEAD_MS = 30 * DAY_MS;
const BACK_MS = 400 * DAY_MS;
/** A rule that comes more often than this is no exclusion but another promise. */
const MOST_SPANS = 2_000;
const MOST_FACTS = 1_000;
/** A rule that never comes is searched for until the year 9999: it is broken off. Milliseconds for a new one, and for a kept one. */
const NEW_RULE_MS = 500;
const KEPT_RULE_MS = 5_000;
/** Before this it is a wrong unit (seconds for milliseconds), not history. 2001-09-09. */
const EARLIEST = 1_000_000_000_000;
const LATEST_MS = 3_660 * DAY_MS;

const body = z.object({
  from: z.number(),
  to: z.number(),
  rrule: z.string().optional(),
  objective: z.string().optional(),
  reason: z.string(),
});

/** Runs something that may not end. @throws when it takes longer */
function within<T>(ms: number, work: () => T): T {
  let result: { readonly value: T } | undefined;
  const run = (): void => {
    result = { value: work() };
  };
  runInNewContext('run()', { run }, { timeout: ms });
  if (result === undefined) throw new Error('it came to nothing');
  return result.value;
}

/**
 * The stretches of a rule (RFC 5545) around now, each as long as the first.
 * @param withinMs milliseconds that it may take to work out
 * @throws EvenkeelError bad_request for what is no rule, comes too often, or takes too long
 */
export function recurringSpans(
  rule: string,
  first: Span,
  now: number,
  withinMs: number = KEPT_RULE_MS,
): readonly Span[] {
  const length = first.end - first.start;
  let starts: readonly Date[];
  try {
    // The library has no bound of its own.
    starts = within(withinMs, () =>
      rrule
        .rrulestr(rule, { dtstart: new Date(first.start) })
        .between(new Date(now - BACK_MS), new Date(now + AHEAD_MS), true, (_, count) => count <= MOST_SPANS),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EvenkeelError('bad_request', `"${rule}" is not a recurrence rule: ${why}`);
  }
  if (starts.length >= MOST_SPANS) {
    throw new EvenkeelError('bad_request', `"${rule}" comes ${MOST_SPANS} times and more: say less`);
  }
  return starts.map((start) => ({ start: start.getTime(), end: start.getTime() + length }));
}

/** What is wrong with an exclusion that its schema let pass; undefined when nothing is. */
export function wrongExclusion(
  wanted: { readonly from: number; readonly to: number; readonly rrule?: string | undefined },
  now: number,
): string | undefined {
  if (wanted.from < EARLIEST) return `from: ${wanted.from} is before 2001: expected milliseconds since 1970`;
  if (wanted.to > now + LATEST_MS) return `to: ${wanted.to} lies more than ten years ahead`;
  if (wanted.rrule === undefined) return undefined;
  try {
    recurringSpans(wanted.rrule, { start: wanted.from, end: wanted.to }, now, NEW_RULE_MS);
    return undefined;
  } catch (error) {
    return `rrule: ${describeError(error)}`;
  }
}

/** Undefined for one that cannot be read, or worked out any more: it must not hold up the others. */
function exclusionOf(fact: FactRow, now: number): Exclusion | undefined {
  const parsed = body.safeParse(fact.body);
  if (!parsed.success) return undefined;
  const { from, to, rrule: rule, objective, reason } = parsed.data;
  const first = { start: from, end: to };
  let spans: readonly Span[];
  try {
    spans = rule === undefined ? [first] : recurringSpans(rule, first, now);
  } catch {
    return undefined;
  }
  return {
    id: fact.id,
    name: fact.id,
    reason,
    by: fact.by,
    recordedAt: fact.arrivedAt,
    service: fact.service,
    objective,
    spans,
    rule,
    withdrawn: undefined,
  };
}

/** Keeps excluded time out of the figures: read at the start, when one is added anywhere, and once a day for rules. */
export function exclusionBook(
  facts: Facts,
  ledger: Ledger,
  clock: Clock,
): {
  /** The exclusions of a service, as they were read last. */
  readonly of: (service: string) => readonly Exclusion[];
  readonly stale: () => void;
  readonly refresh: (services: Iterable<string>) => Promise<void>;
} {
  const known = new Map<string, readonly Exclusion[]>();
  let readAt = Number.NEGATIVE_INFINITY;
  let newest = 0;

  /** Whether one has been added, by whatever process took it in. */
  async function added(): Promise<boolean> {
    const before = newest;
    for (;;) {
      const rows = await facts.list({ kind: 'exclusion', after: newest, limit: MOST_FACTS });
      newest = rows.at(-1)?.cursor ?? newest;
      if (rows.length < MOST_FACTS) return newest !== before;
    }
  }

  return {
    of: (service) => known.get(service) ?? [],
    stale() {
      readAt = Number.NEGATIVE_INFINITY;
    },
    async refresh(services) {
      const now = Math.round(clock.wall());
      if (!(await added()) && now - readAt < DAY_MS) return;
      // Should the store fail in the middle, all of it is read again.
      readAt = Number.NEGATIVE_INFINITY;
      for (const service of services) {
        const rows = await facts.list({ kind: 'exclusion', service, limit: MOST_FACTS });
        const found = rows.map((row) => exclusionOf(row, now)).filter((one) => one !== undefined);
        known.set(service, found);
        ledger.exclude(service, (objective) => excludedSpans(found, service, objective));
      }
      readAt = now;
    },
  };
}
