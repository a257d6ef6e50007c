import { armOf, type Fault } from '../serving/fault.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import { type ArmFigures, addArms, countRecord, newArmFigures } from './arm-figures.ts';
import { countDistinct, distinct, mergeDistinct } from './distinct.ts';

/** What one fault did at one replica, or at several together. */
export interface FaultReport {
  /** Id of the directive. */
  readonly id: string;
  /** Wall milliseconds. */
  readonly since: number;
  /** Undefined while it is in force. */
  readonly until: number | undefined;
  /** Why it ended. */
  readonly reason: string;
  /** Live requests that finished meanwhile. */
  readonly requests: number;
  /** Of these, how many were in the blast radius. */
  readonly inRadius: number;
  /** How often something was really broken: calls, reads, extra requests. */
  readonly injected: number;
  /** Registers of a {@link distinct} of the users in the radius. */
  readonly users: Uint8Array;
  readonly experiment: ArmFigures;
  readonly control: ArmFigures;
}

/** Measures a fault while it is in force: its true radius, and both arms. */
export interface FaultMeter {
  record(record: RequestRecord): void;
  hit(count: number): void;
  end(at: number, reason: string): void;
  report(): FaultReport;
}

/** @param slowMs milliseconds over which an answer counts as late */
export function faultMeter(id: string, fault: Fault, slowMs: number, since: number): FaultMeter {
  const users = distinct();
  const experiment = newArmFigures();
  const control = newArmFigures();
  let requests = 0;
  let inRadius = 0;
  let injected = 0;
  let until: number | undefined;
  let reason = 'in force';
  return {
    record(record) {
      if (record.kind !== 'live') return;
      requests += 1;
      const arm = armOf(fault.radius, record);
      if (arm === 'outside') return;
      if (arm === 'experiment') {
        inRadius += 1;
        users.add(record.user);
        countRecord(experiment, record, slowMs);
      } else countRecord(control, record, slowMs);
    },
    hit(count) {
      injected += count;
    },
    end(at, why) {
      until ??= at;
      reason = why;
    },
    report: () => ({
      id,
      since,
      until,
      reason,
      requests,
      inRadius,
      injected,
      users: users.registers(),
      experiment,
      control,
    }),
  };
}

/** The same fault at two replicas. */
export function mergeReports(a: FaultReport, b: FaultReport): FaultReport {
  return {
    id: a.id,
    since: Math.min(a.since, b.since),
    until: a.until === undefined || b.until === undefined ? undefined : Math.max(a.until, b.until),
    reason: a.until === undefined ? a.reason : b.reason,
    requests: a.requests + b.requests,
    inRadius: a.inRadius + b.inRadius,
    injected: a.injected + b.injected,
    users: mergeDistinct(a.users, b.users),
    experiment: addArms(a.experiment, b.experiment),
    control: addArms(a.control, b.control),
  };
}

/** "4.9 % of requests, 312 users". */
export function radiusInWords(report: Pick<FaultReport, 'requests' | 'inRadius' | 'users'>): string {
  if (report.requests === 0) return 'no requests';
  const share = (100 * report.inRadius) / report.requests;
  return `${share.toFixed(1)} % of requests, ${countDistinct(report.users)} users`;
}
