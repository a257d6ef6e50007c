import {
  type ArmFigures,
  type ArmsView,
  armsOf,
  type Clock,
  type FaultReport,
  mergeReports,
  newArmFigures,
  type WindowFigures,
} from '@evenkeel/core';
import type { RollupBody } from '../replicas/rollup-body.ts';

/** What replicas report of services, kept for whoever runs experiments on them. */
export interface Sight {
  /** @param arrivedAt wall milliseconds, by the store's clock */
  seen(rollup: RollupBody, arrivedAt: number): void;
  /** Live traffic of the last `windowMs`; undefined when no replica has reported since then. */
  window(service: string, windowMs: number): WindowFigures | undefined;
  /** What the faults with these ids did, over all replicas; undefined when none was reported. */
  arms(service: string, directives: readonly string[]): ArmsView | undefined;
  replicas(service: string): { readonly expected: number; readonly reporting: number } | undefined;
  /** An order to these faults was given or taken back just now: what was reported before says nothing of it. */
  touched(directive: string): void;
  /** Those of the ids that are in force at some replica, or of which that cannot be known yet. */
  inForce(service: string, directives: readonly string[]): readonly string[] | undefined;
  /** What is known of these faults is not needed any more. */
  forget(directives: readonly string[]): void;
}

interface ReplicaSight {
  readonly heardAt: number;
  /** When what it says was true. */
  readonly madeAt: number;
  /** Ids of faults in force when it last reported. */
  readonly faults: ReadonlySet<string>;
}

interface Stretch {
  /** Monotonic milliseconds. */
  readonly from: number;
  to: number;
  readonly arm: ArmFigures;
}

interface ServiceSight {
  readonly replicas: Map<string, ReplicaSight>;
  readonly fine: Stretch[];
  readonly coarse: Stretch[];
  /** By directive, then by replica and the time when it began there. */
  readonly reports: Map<string, Map<string, FaultReport>>;
}

/** A replica that reports every second and was silent for this long is missing. */
const SILENT_MS = 10_000;
/** One that was silent for this long is not expected any more: it was taken away. */
const GONE_MS = 120_000;
/** A rollup is on its way to the store for this long at most; the clocks of two hosts may say otherwise. */
const LONGEST_WAY_MS = 5_000;
/** Traffic is kept by the second for this long, by ten seconds beyond. */
const FINE_MS = 120_000;
const COARSE_MS = 10_000;
/** The longest method and its baseline. */
const KEPT_MS = 6 * 3_600_000;
const MOST_REPORTS = 200;

function addInto(sum: ArmFigures, part: ArmFigures): void {
  sum.requests += part.requests;
  sum.errors += part.errors;
  sum.refused += part.refused;
  sum.degraded += part.degraded;
  sum.slow += part.slow;
  for (const [level, n] of Object.entries(part.levels)) sum.levels[level] = (sum.levels[level] ?? 0) + n;
  for (const [i, own] of part.classes.entries()) {
    const into = sum.classes[i];
    if (into === undefined) continue;
    into.requests += own.requests;
    into.good += own.good;
  }
  for (const [i, n] of part.latency.entries()) if (n > 0) sum.latency[i] = (sum.latency[i] ?? 0) + n;
}

export function chaosSight(clock: Clock): Sight {
  const services = new Map<string, ServiceSight>();
  const touchedAt = new Map<string, number>();

  function of(service: string): ServiceSight {
    const known = services.get(service) ?? {
      replicas: new Map(),
      fine: [],
      coarse: [],
      reports: new Map(),
    };
    services.set(service, known);
    return known;
  }

  function age({ fine, coarse }: ServiceSight, now: number): void {
    while ((coarse[0]?.to ?? now) < now - KEPT_MS) coarse.shift();
    for (let first = fine[0]; first !== undefined && first.to < now - FINE_MS; first = fine[0]) {
      fine.shift();
      const last = coarse.at(-1);
      if (last === undefined || first.to - last.from > COARSE_MS) coarse.push(first);
      else {
        addInto(last.arm, first.arm);
        last.to = first.to;
      }
    }
  }

  return {
    seen({ service, replica, from, to, pulse, faults }, arrivedAt) {
      const own = of(service);
      const now = clock.now();
      const heardAt = now - Math.max(0, clock.wall() - arrivedAt);
      const madeAt = heardAt - Math.min(LONGEST_WAY_MS, Math.max(0, arrivedAt - to));
      const before = own.replicas.get(replica);
      if (before === undefined || before.heardAt <= heardAt)
        own.replicas.set(replica, {
          heardAt,
          madeAt,
          faults: new Set((faults ?? []).filter(({ until }) => until === undefined).map(({ id }) => id)),
        });
      if (pulse !== undefined)
        own.fine.push({ from: madeAt - Math.max(0, to - from), to: madeAt, arm: pulse });
      age(own, now);
      for (const report of faults ?? []) {
        const known = own.reports.get(report.id) ?? new Map<string, FaultReport>();
        own.reports.set(report.id, known);
        known.set(`${replica} ${report.since}`, report);
      }
      for (const id of own.reports.keys()) {
        if (own.reports.size <= MOST_REPORTS) break;
        own.reports.delete(id);
      }
      for (const [id, { heardAt: at }] of own.replicas) if (now - at > GONE_MS) own.replicas.delete(id);
    },
    window(service, windowMs) {
      const own = services.get(service);
      const since = clock.now() - windowMs;
      const heard = [...(own?.replicas.values() ?? [])].some(({ heardAt }) => heardAt >= since);
      if (own === undefined || !heard) return undefined;
      const arm = newArmFigures();
      // What was measured partly before the window began belongs to what was before.
      for (const stretch of [...own.coarse, ...own.fine])
        if (stretch.from >= since) addInto(arm, stretch.arm);
      return { windowMs, arm };
    },
    arms(service, directives) {
      const reports = services.get(service)?.reports;
      const merged = directives.flatMap((id) => {
        const own = [...(reports?.get(id)?.values() ?? [])];
        return own.length === 0 ? [] : [own.reduce(mergeReports)];
      });
      // Faults of one experiment hit the same users at the same time: the one that lasted longest stands for all.
      const most = merged.sort((a, b) => b.inRadius - a.inRadius)[0];
      if (most === undefined) return undefined;
      return { ...armsOf(most), injected: merged.reduce((sum, { injected }) => sum + injected, 0) };
    },
    replicas(service) {
      const own = services.get(service);
      if (own === undefined) return undefined;
      const now = clock.now();
      const all = [...own.replicas.values()].filter(({ heardAt }) => now - heardAt <= GONE_MS);
      return {
        expected: all.length,
        reporting: all.filter(({ heardAt }) => now - heardAt <= SILENT_MS).length,
      };
    },
    touched(directive) {
      touchedAt.set(directive, clock.now());
    },
    inForce(service, directives) {
      const own = services.get(service);
      const now = clock.now();
      const all = [...(own?.replicas.values() ?? [])].filter(({ heardAt }) => now - heardAt <= SILENT_MS);
      if (all.length === 0) return undefined;
      return directives.filter((id) => {
        const since = touchedAt.get(id) ?? Number.NEGATIVE_INFINITY;
        return all.some(({ madeAt, faults }) => faults.has(id) || madeAt <= since);
      });
    },
    forget(directives) {
      for (const id of directives) {
        touchedAt.delete(id);
        for (const own of services.values()) own.reports.delete(id);
      }
    },
  };
}
