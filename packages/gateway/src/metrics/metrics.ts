import type { RequestRecord, ServiceStatus } from '@evenkeel/core';
import { type Exposition, expose } from './exposition.ts';
import { type Cell, counterFamily, type Family, gaugeFamily } from './family.ts';
import { labelCap } from './label-cap.ts';
import { processMetrics } from './process-metrics.ts';
import { familiesOf, requestFamilies, type Thresholds } from './request-families.ts';
import { requestMetrics } from './request-metrics.ts';
import { snapshotMetrics } from './snapshot-metrics.ts';

/** How the store stands, as the flusher sees it. */
export interface StoreFigures {
  readonly up: boolean;
  /** Rows and rollups that wait to be written. */
  readonly pending: number;
  /** Seconds since something was last written; 0 when nothing waits. */
  readonly lagSeconds: number;
}

export interface MetricsOptions {
  /** What runs, for `evenkeel_build_info`. */
  readonly version: string;
  /** Asked at every scrape. When it throws or rejects, what is counted is exposed without it. */
  readonly services: () => readonly ServiceStatus[] | Promise<readonly ServiceStatus[]>;
  /** Thresholds of objectives, which become bounds of buckets. */
  readonly thresholds?: Thresholds | undefined;
  readonly store?: (() => StoreFigures) | undefined;
  /** What had to be let go since the start, by kind: compact rows, records, spans. */
  readonly dropped?: (() => Readonly<Record<string, number>>) | undefined;
  /** Services told apart; the rest is `other`. Default 200. */
  readonly mostServices?: number | undefined;
  /** Objectives of all services told apart; the rest is `other`. Default 2000. */
  readonly mostObjectives?: number | undefined;
}

/** Everything that Prometheus sees of this replica. */
export interface Metrics {
  /** Series of a service at 0 before its first request. */
  declare(service: string, rungs: readonly string[]): void;
  /** Counts a finished request: a few map look-ups, no allocation but the exemplar of a traced request. */
  onRecord(record: RequestRecord): void;
  /** Adds events of an objective; the first word of an objective makes both its series. `n` 0 only makes them. */
  objective(service: string, objective: string, verdict: 'good' | 'bad', n: number): void;
  /** Share of an objective's budget that is left (may be negative); undefined: nothing can be said, no series. */
  budget(service: string, objective: string, remaining: number | undefined): void;
  /** @param accept the scraper's `accept` header: OpenMetrics with exemplars for those who ask for it */
  expose(accept: string | undefined): Promise<Exposition>;
  close(): void;
}

interface VerdictCells {
  readonly good: Cell;
  readonly bad: Cell;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const families = requestFamilies(options.thresholds ?? { latencyMs: [], featureAgeMs: [] });
  const requests = requestMetrics(families, options.mostServices ?? 200);
  const snapshots = snapshotMetrics();
  const own = processMetrics(options.version);
  const objectiveName = labelCap(options.mostObjectives ?? 2_000);
  const events = counterFamily('evenkeel_objective_events_total', 'Events that an objective judged.', [
    'service',
    'objective',
    'verdict',
  ]);
  const remaining = gaugeFamily(
    'evenkeel_budget_remaining_ratio',
    'Share of the error budget that is left in the objective’s window; negative when it is overspent.',
    ['service', 'objective'],
  );
  const storeUp = gaugeFamily('evenkeel_store_up', 'Whether the store took what it was last given.');
  const storePending = gaugeFamily('evenkeel_store_pending_rows', 'Rows that wait to be written.');
  const storeLag = gaugeFamily(
    'evenkeel_store_lag_seconds',
    'Age of the oldest row that waits to be written.',
  );
  const dropped = counterFamily('evenkeel_telemetry_dropped_total', 'What had to be let go, by kind.', [
    'what',
  ]);
  const statusUp = gaugeFamily('evenkeel_status_up', 'Whether the services could be asked how they stand.');
  const judged = new Map<string, Map<string, VerdictCells>>();
  const budgets = new Map<string, { service: string; objective: string; value: number }>();
  const all: readonly Family[] = [
    ...familiesOf(families),
    ...snapshots.families,
    events,
    remaining,
    ...(options.store === undefined ? [] : [storeUp, storePending, storeLag]),
    ...(options.dropped === undefined ? [] : [dropped]),
    statusUp,
    ...own.families,
  ];

  async function update(): Promise<void> {
    own.update();
    try {
      const services = await options.services();
      for (const { name, rungs } of services)
        requests.declare(
          name,
          rungs.map((rung) => rung.name),
        );
      snapshots.update(services);
      statusUp.cell().value = 1;
    } catch {
      snapshots.update([]);
      statusUp.cell().value = 0;
    }
    const store = options.store?.();
    if (store !== undefined) {
      storeUp.cell().value = store.up ? 1 : 0;
      storePending.cell().value = store.pending;
      storeLag.cell().value = store.lagSeconds;
    }
    for (const [what, count] of Object.entries(options.dropped?.() ?? {})) dropped.cell(what).value = count;
    remaining.clear();
    for (const { service, objective, value } of budgets.values())
      remaining.cell(service, objective).value = value;
  }

  /** One name of both, because the same objective of two services is two. */
  function capped(service: string, objective: string): readonly [service: string, objective: string] {
    const key = `${service}/${objective}`;
    return objectiveName(key) === key ? [service, objective] : ['other', 'other'];
  }

  /** Looked up by two names without joining them: this is asked for every request and objective. */
  function verdictCells(service: string, objective: string): VerdictCells {
    const known = judged.get(service)?.get(objective);
    if (known !== undefined) return known;
    const [serviceLabel, label] = capped(service, objective);
    const made = {
      good: events.cell(serviceLabel, label, 'good'),
      bad: events.cell(serviceLabel, label, 'bad'),
    };
    // What is `other` is looked up by its name each time: the map stays bounded.
    if (serviceLabel !== service || label !== objective) return made;
    const own = judged.get(service) ?? new Map<string, VerdictCells>();
    judged.set(service, own.set(objective, made));
    return made;
  }

  return {
    declare: requests.declare,
    onRecord: requests.onRecord,
    objective(service, objective, verdict, n) {
      const cell = verdictCells(service, objective)[verdict];
      if (n > 0 && Number.isFinite(n)) cell.value += n;
    },
    budget(service, objective, value) {
      const key = `${service}/${objective}`;
      // A sum of others would mean nothing: beyond the cap there is no series.
      if (objectiveName(key) !== key) return;
      if (value === undefined || !Number.isFinite(value)) budgets.delete(key);
      else budgets.set(key, { service, objective, value });
    },
    async expose(accept) {
      await update();
      return expose(all, accept);
    },
    close: own.close,
  };
}
