import { hash32 } from '../kernel/hash.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import { addLatency, countLatency, type LatencyCounts, latencyCounts } from './latency-counts.ts';

/** What is compared between the arms: each is a share of requests, and more of it is worse. */
export const ARM_METRICS = ['errors', 'refused', 'degraded', 'slow'] as const;
export type ArmMetric = (typeof ARM_METRICS)[number];

/**
 * Users are dealt into this many groups per arm: requests of one user are not independent, and the spread between the
 * groups tells how much less they say.
 */
export const USER_GROUPS = 64;

/** Counts of one arm since its fault began. Plain numbers: they add over replicas and travel as JSON. */
export interface ArmFigures {
  /** Finished live requests, those left out that their callers gave up or got wrong. */
  requests: number;
  /** No answer, and not because of load: status 500 and above without a wait asked for. */
  errors: number;
  /** Turned away for load. */
  refused: number;
  /** Answered below full service. */
  degraded: number;
  /** Answered, but later than the bound of the experiment. */
  slow: number;
  readonly levels: Record<string, number>;
  readonly rungs: Record<string, number>;
  /** By priority class: requests, and those answered in time. */
  readonly classes: { requests: number; good: number }[];
  latency: LatencyCounts;
  /** Requests of each group of users. */
  readonly groupRequests: number[];
  /** By metric: events of each group. */
  readonly groupEvents: Record<ArmMetric, number[]>;
}

const zeros = (): number[] => new Array<number>(USER_GROUPS).fill(0);

export function newArmFigures(): ArmFigures {
  return {
    requests: 0,
    errors: 0,
    refused: 0,
    degraded: 0,
    slow: 0,
    levels: {},
    rungs: {},
    classes: [0, 1, 2, 3].map(() => ({ requests: 0, good: 0 })),
    latency: latencyCounts(),
    groupRequests: zeros(),
    groupEvents: { errors: zeros(), refused: zeros(), degraded: zeros(), slow: zeros() },
  };
}

/**
 * Counts one finished request. Requests that a caller got wrong or gave up say nothing and are left out.
 * @param slowMs milliseconds over which an answer is late
 */
export function countRecord(figures: ArmFigures, record: RequestRecord, slowMs: number): void {
  const { status, error } = record;
  if (error === 'client_closed') return;
  const refused = status === 429 || error === 'shed';
  if (status >= 400 && status < 500 && !refused) return;
  const failed = status >= 500 && !refused;
  const late = !refused && !failed && record.durationMs > slowMs;
  const group = hash32(record.user, 0x1b873593) % USER_GROUPS;
  figures.requests += 1;
  figures.groupRequests[group] = (figures.groupRequests[group] ?? 0) + 1;
  const hit = (metric: ArmMetric): void => {
    figures[metric] += 1;
    const events = figures.groupEvents[metric];
    events[group] = (events[group] ?? 0) + 1;
  };
  if (failed) hit('errors');
  if (refused) hit('refused');
  if (late) hit('slow');
  if (!failed && !refused) {
    countLatency(figures.latency, record.durationMs);
    if (record.level !== 'full_service') hit('degraded');
    if (record.rung !== undefined) figures.rungs[record.rung] = (figures.rungs[record.rung] ?? 0) + 1;
  }
  figures.levels[record.level] = (figures.levels[record.level] ?? 0) + 1;
  const own = figures.classes[record.priority];
  if (own !== undefined) {
    own.requests += 1;
    if (!failed && !refused && !late) own.good += 1;
  }
}

function addRecords(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

const addLists = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, i) => value + (b[i] ?? 0));

/** The figures of two replicas together. */
export function addArms(a: ArmFigures, b: ArmFigures): ArmFigures {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    refused: a.refused + b.refused,
    degraded: a.degraded + b.degraded,
    slow: a.slow + b.slow,
    levels: addRecords(a.levels, b.levels),
    rungs: addRecords(a.rungs, b.rungs),
    classes: a.classes.map((own, i) => ({
      requests: own.requests + (b.classes[i]?.requests ?? 0),
      good: own.good + (b.classes[i]?.good ?? 0),
    })),
    latency: addLatency(a.latency, b.latency),
    groupRequests: addLists(a.groupRequests, b.groupRequests),
    groupEvents: {
      errors: addLists(a.groupEvents.errors, b.groupEvents.errors),
      refused: addLists(a.groupEvents.refused, b.groupEvents.refused),
      degraded: addLists(a.groupEvents.degraded, b.groupEvents.degraded),
      slow: addLists(a.groupEvents.slow, b.groupEvents.slow),
    },
  };
}
