import type { ServedLevel } from '../kernel/level.ts';

/** Events of one objective in one minute of event time. Counts add over time and over replicas. */
export interface ObjectiveCounts {
  readonly objective: string;
  /** Segment as `key=value`; '' is all traffic. */
  readonly segment: string;
  /** Start of the minute in which the events happened, wall milliseconds. */
  readonly minute: number;
  readonly good: number;
  readonly total: number;
}

/**
 * What one replica measured of one service since it last handed over: everything in it adds. Event time is in the
 * minutes; the interval says what the replica has seen, so that a gap can be told from silence.
 */
export interface Rollup {
  readonly service: string;
  readonly replica: string;
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
  readonly objectives: readonly ObjectiveCounts[];
  /** Finished live requests by the level that they were served at. */
  readonly served: Readonly<Partial<Record<ServedLevel, number>>>;
  /** What `trafficMeter` counted: levels, errors, attempts, features, people. */
  readonly traffic: unknown;
  /** Answers by bin of their score (`AnswerCounts`), for estimates without labels. */
  readonly answers: unknown;
  /** State of the monitors' sketches, by monitor; whoever wrote it can merge it. */
  readonly monitors: Readonly<Record<string, unknown>>;
}
