import { indicatorQueries } from '@evenkeel/config';
import { type Clock, describeError, type Objective } from '@evenkeel/core';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';

const MINUTE_MS = 60_000;
/** A minute is asked for when its last samples have been scraped. */
const SETTLE_MS = 30_000;
/** Minutes asked for in one round, and how far back after a long silence. */
const MOST_MINUTES = 10;
const FURTHEST_MS = 6 * 3_600_000;
const TIMEOUT_MS = 5_000;
const MOST_BYTES = 1_048_576;

const sample = z.tuple([z.number(), z.string()]);
const answer = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample })) }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.literal('matrix'), result: z.unknown() }),
      z.object({ resultType: z.literal('string'), result: z.unknown() }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/** Asks a Prometheus for one number at an instant. */
export type InstantQuery = (query: string, at: number) => Promise<number | undefined>;

/**
 * One number from `GET /api/v1/query`; undefined when there is none (no series, or NaN).
 * @throws Error naming what came instead: an error of the query, a matrix, several series, nothing in time
 */
export function prometheus(base: string): InstantQuery {
  return async (query, at) => {
    const url = `${base.replace(/\/+$/, '')}/api/v1/query?${new URLSearchParams({ query, time: String(at / 1_000) })}`;
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    if (text.length > MOST_BYTES) throw new Error(`the answer to "${query}" has ${text.length} bytes`);
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      throw new Error(`${base} answered HTTP ${response.status} with something that is not JSON`);
    }
    const parsed = answer.safeParse(raw);
    if (!parsed.success)
      throw new Error(`${base} answered "${query}" with something that is no Prometheus answer`);
    if (parsed.data.status === 'error') {
      throw new Error(`"${query}": ${parsed.data.errorType}: ${parsed.data.error}`);
    }
    const { data } = parsed.data;
    if (data.resultType === 'matrix' || data.resultType === 'string') {
      throw new Error(`"${query}" gives a ${data.resultType}: expected one number`);
    }
    if (data.resultType === 'vector' && data.result.length > 1) {
      throw new Error(`"${query}" gives ${data.result.length} series: sum them up to one`);
    }
    const value = data.resultType === 'scalar' ? data.result : data.result[0]?.value;
    const number = Number(value?.[1]);
    return value === undefined || !Number.isFinite(number) ? undefined : number;
  };
}

/** Address of a source: one that is an address, or one named in the environment. */
export function sourceAddress(
  source: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (/^https?:\/\//.test(source)) return source;
  const name = source.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return env[`EVENKEEL_SOURCE_${name}`];
}

/**
 * Counts objectives whose indicator is a query on an existing Prometheus, minute by minute. A minute without a sample stays
 * empty: absent is not zero.
 */
export function promqlCounts(parts: {
  readonly ledger: Pick<Ledger, 'add' | 'mark' | 'setMark'>;
  readonly clock: Clock;
  readonly objectives: () => readonly Objective[];
  readonly query: (source: string) => InstantQuery | undefined;
}): { readonly read: () => Promise<void>; readonly problems: () => ReadonlyMap<string, string> } {
  const { ledger, clock } = parts;
  const problems = new Map<string, string>();

  async function minuteOf(objective: Objective, ask: InstantQuery, minute: number): Promise<void> {
    const { service, name } = objective;
    const end = minute + MINUTE_MS;
    const queries = indicatorQueries(objective);
    const counted = queries.parts(MINUTE_MS);
    if (counted === undefined) {
      // A ready ratio says nothing of how many there were: each minute weighs the same.
      const ratio = await ask(queries.ratio(MINUTE_MS), end);
      if (ratio !== undefined) ledger.add(service, name, '', minute, Math.min(1, Math.max(0, 1 - ratio)), 1);
      return;
    }
    const [bad, total] = await Promise.all([ask(counted.bad, end), ask(counted.total, end)]);
    if (total === undefined || total <= 0) return;
    ledger.add(service, name, '', minute, total - Math.min(total, Math.max(0, bad ?? 0)), total);
  }

  async function readOne(objective: Objective, source: string): Promise<void> {
    const id = `${objective.service}/${objective.name}`;
    const ask = parts.query(source);
    if (ask === undefined) {
      problems.set(id, `nothing says where "${source}" is: set EVENKEEL_SOURCE_${source.toUpperCase()}`);
      return;
    }
    const mark = `promql/${id}`;
    const now = clock.wall();
    const last = Math.floor((now - SETTLE_MS) / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
    const first = Math.max(
      ledger.mark(mark) + MINUTE_MS,
      last - FURTHEST_MS,
      ledger.mark(mark) === 0 ? last : 0,
    );
    try {
      for (
        let minute = first;
        minute <= last && minute < first + MOST_MINUTES * MINUTE_MS;
        minute += MINUTE_MS
      ) {
        await minuteOf(objective, ask, minute);
        ledger.setMark(mark, minute);
      }
      problems.delete(id);
    } catch (error) {
      problems.set(id, describeError(error));
    }
  }

  let reading: Promise<void> | undefined;
  return {
    /** Starts a round unless one runs: a Prometheus that hangs must not hold up what others count. */
    async read() {
      if (reading !== undefined) return;
      const wanted = parts
        .objectives()
        .flatMap((objective) =>
          objective.source.kind === 'promql' ? [readOne(objective, objective.source.source)] : [],
        );
      if (wanted.length === 0) return;
      reading = Promise.all(wanted)
        .then(() => {})
        .finally(() => {
          reading = undefined;
        });
      await Promise.race([reading, new Promise<void>((resolve) => setImmediate(resolve))]);
    },
    problems: () => problems,
  };
}
