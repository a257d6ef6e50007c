import {
  type ArmFigures,
  countRecord,
  type FaultReport,
  newArmFigures,
  type RequestRecord,
} from '@evenkeel/core';

/** Traffic of one flush, as a rollup carries it: what an experiment is judged and stopped by. */
export interface Pulse {
  readonly requests: number;
  readonly errors: number;
  readonly refused: number;
  readonly degraded: number;
  readonly slow: number;
  readonly levels: Readonly<Record<string, number>>;
  /** By priority class: requests, and those answered in time. */
  readonly classes: readonly (readonly [number, number])[];
  /** Buckets of `countLatency` that hold something, with what they hold. */
  readonly latency: readonly (readonly [number, number])[];
}

/** A fault's report as a rollup carries it: the registers of its users in base64. */
export type WireFaultReport = Omit<FaultReport, 'users'> & { readonly users: string };

export interface PulseMeter {
  record(record: RequestRecord): void;
  /** What was counted since the last call; undefined when nothing was. */
  take(): Pulse | undefined;
}

/** @param slowMs milliseconds over which an answer is late */
export function pulseMeter(slowMs: number): PulseMeter {
  let arm: ArmFigures = newArmFigures();
  return {
    record: (record) => countRecord(arm, record, slowMs),
    take() {
      if (arm.requests === 0) return undefined;
      const { requests, errors, refused, degraded, slow, levels, classes, latency } = arm;
      arm = newArmFigures();
      return {
        requests,
        errors,
        refused,
        degraded,
        slow,
        levels,
        classes: classes.map((own) => [own.requests, own.good]),
        latency: [...latency.entries()].filter(([, count]) => count > 0),
      };
    },
  };
}

/** An ended fault is told of for this long, in milliseconds: a lost flush or two must not hide its last figures. */
const TOLD_MS = 30_000;

/** @param wall milliseconds */
export function wireReports(reports: readonly FaultReport[], wall: number): WireFaultReport[] {
  return reports
    .filter(({ until }) => until === undefined || wall - until < TOLD_MS)
    .map((report) => ({ ...report, users: Buffer.from(report.users).toString('base64') }));
}
