import {
  type Clock,
  learnedRate,
  type Objective,
  type ObjectiveStatus,
  objectiveStatus,
  type Prepared,
  prepareObjective,
  type Series,
  type Span,
  sameHours,
  seriesSums,
  type WindowSums,
  weightedSums,
  windowAt,
} from '@evenkeel/core';
import type { Rollups } from '@evenkeel/store';
import type { Ledger } from './ledger.ts';

/** One objective in one segment, as it stands. */
export interface Standing {
  readonly prepared: Prepared;
  readonly status: ObjectiveStatus;
  readonly series: Series;
}

export interface Evaluator {
  /** @param revision of each objective's definition, by name */
  put(service: string, objectives: readonly Objective[], revisions: ReadonlyMap<string, number>): void;
  /** Judges everything as of now; the ledger has been settled before. */
  evaluate(): void;
  /** Asks the store what traffic is usual at this hour, where that is needed. */
  learn(): Promise<void>;
  standings(service?: string): readonly Standing[];
  standing(service: string, objective: string, segment?: string): Standing | undefined;
  prepared(service: string, objective: string): Prepared | undefined;
}

const HOUR_MS = 3_600_000;

export function createEvaluator(parts: {
  readonly ledger: Ledger;
  readonly rollups: Pick<Rollups, 'sum'>;
  readonly clock: Clock;
  /** Milliseconds of a span in which no replica of the service reported. */
  readonly gaps: (service: string, span: Span) => number;
}): Evaluator {
  const { ledger, rollups, clock } = parts;
  const services = new Map<string, Map<string, Prepared>>();
  const learned = new Map<string, number | undefined>();
  let learnedHour = -1;
  let standings = new Map<string, Standing>();
  const idOf = (service: string, objective: string, segment: string): string =>
    JSON.stringify([service, objective, segment]);

  function sumsOf(service: string, prepared: Prepared, series: Series): WindowSums {
    const { source } = prepared.objective;
    if (source.kind !== 'composite' || source.method !== 'weighted') return seriesSums(prepared, series);
    const parts = source.parts.flatMap(({ objective, weight }) => {
      const part = ledger.entry(service, objective);
      return part === undefined ? [] : [{ series: part.series, weight }];
    });
    return weightedSums(prepared, parts);
  }

  return {
    put(service, objectives, revisions) {
      services.set(
        service,
        new Map(objectives.map((one) => [one.name, prepareObjective(one, revisions.get(one.name) ?? 1)])),
      );
    },
    evaluate() {
      const now = Math.round(clock.wall());
      const found = new Map<string, Standing>();
      for (const [service, all] of services) {
        for (const { objective, segment, series } of ledger.entries(service)) {
          const prepared = all.get(objective.name);
          if (prepared === undefined) continue;
          const status = objectiveStatus(prepared, sumsOf(service, prepared, series), {
            segment,
            now,
            since: series.since,
            lastEvent: series.lastEvent(),
            gapMs: parts.gaps(service, windowAt(objective.window, now)),
            learnedPerHour: learned.get(idOf(service, objective.name, '')),
          });
          found.set(idOf(service, objective.name, segment), { prepared, status, series });
        }
      }
      standings = found;
    },
    async learn() {
      const now = Math.round(clock.wall());
      const hour = Math.floor(now / HOUR_MS);
      if (hour === learnedHour) return;
      for (const [service, all] of services) {
        for (const { objective } of all.values()) {
          if (objective.expectedTraffic?.kind !== 'learned') continue;
          const key = { service, objective: objective.name, segment: '' };
          const since = ledger.entry(service, objective.name)?.series.since ?? now;
          const same = await Promise.all(
            sameHours(now).map(async (start) =>
              start < since ? undefined : (await rollups.sum(key, start, start + HOUR_MS)).total,
            ),
          );
          learned.set(idOf(service, objective.name, ''), learnedRate(same));
        }
      }
      learnedHour = hour;
    },
    standings: (service) =>
      [...standings.values()].filter(({ status }) => service === undefined || status.service === service),
    standing: (service, objective, segment = '') => standings.get(idOf(service, objective, segment)),
    prepared: (service, objective) => services.get(service)?.get(objective),
  };
}
