import type { FeatureReading, Random, RequestFeatures, Timers } from '@evenkeel/core';
import type { FeatureRow, FeatureSource, FeatureValue } from '../features/index.ts';
import { type ActiveFault, touches } from './active-fault.ts';
import { delayOf, pause } from './pause.ts';
import { type Spoiler, spoiler } from './spoil.ts';

/** Features that can be broken on purpose. With no fault in force they cost one comparison. */
export interface InterposedFeatures extends RequestFeatures {
  interpose(faults: readonly ActiveFault[] | undefined): void;
}

interface Host {
  readonly timers: Timers;
  readonly random: Random;
  /** Wall milliseconds. */
  readonly wall: () => number;
}

export function strikesFeatures({ fault: { spec } }: ActiveFault): boolean {
  return (
    spec.type === 'feature_store_latency' ||
    spec.type === 'stale_features' ||
    (spec.type === 'data_quality' && spec.at === 'features')
  );
}

function older(
  value: FeatureValue,
  byMs: number,
  fields: readonly string[],
  marked: boolean,
  wall: number,
): FeatureValue {
  if (fields.length > 0 && !fields.includes(value.name)) return value;
  const eventTime = (value.eventTime ?? wall) - byMs;
  return marked && value.status === 'present'
    ? { ...value, eventTime, status: 'outside_max_age' }
    : { ...value, eventTime };
}

function spoilt(row: FeatureRow, one: Spoiler): FeatureRow {
  const before = Object.fromEntries(row.values.map(({ name, value }) => [name, value]));
  const after = one.spoil(before);
  if (after === before || typeof after !== 'object' || after === null) return row;
  return {
    ...row,
    values: row.values.map((value) => {
      const next: unknown = Reflect.get(after, value.name);
      return next === value.value
        ? value
        : { ...value, value: next, status: next === null ? 'null' : value.status };
    }),
  };
}

/** The source as those in the blast radius see it; closing it leaves the true one alone. */
export function faultySource(
  source: FeatureSource,
  faults: readonly ActiveFault[],
  host: Host,
): FeatureSource {
  const { timers, random } = host;
  const spoilers = new Map(
    faults.flatMap(({ id, fault: { spec } }) =>
      spec.type === 'data_quality' ? [[id, spoiler(spec.fault, random)] as const] : [],
    ),
  );
  const struck = (fault: ActiveFault, rate: number): boolean => {
    if (rate < 1 && random() >= rate) return false;
    fault.struck(1);
    return true;
  };
  return {
    async fetch(keys, signal, budgetMs) {
      let waitMs = 0;
      let chunkMs = 0;
      for (const one of faults) {
        const { spec } = one.fault;
        if (spec.type !== 'feature_store_latency' || !struck(one, spec.rate)) continue;
        waitMs += delayOf(spec.latency, random);
        if (spec.latency.shape === 'drip') chunkMs += spec.latency.chunkMs;
      }
      if (waitMs > 0) await pause(waitMs, timers, signal);
      const rows = await source.fetch(keys, signal, budgetMs);
      if (chunkMs > 0) await pause(chunkMs * rows.length, timers, signal);
      return rows.map((row) => {
        let out = row;
        for (const one of faults) {
          const { spec } = one.fault;
          if (spec.type === 'stale_features' && struck(one, spec.rate)) {
            const { olderMs, fields, marked } = spec;
            out = { ...out, values: out.values.map((v) => older(v, olderMs, fields, marked, host.wall())) };
          } else if (spec.type === 'data_quality' && struck(one, spec.rate)) {
            const own = spoilers.get(one.id);
            if (own !== undefined) out = spoilt(out, own);
          }
        }
        return out;
      });
    },
    healthy: (signal) => source.healthy(signal),
    close: () => Promise.resolve(),
  };
}

/**
 * Those in the blast radius read through a reader of their own, which has the faulty source, the true time-outs and the true
 * breaker. What it learns dies with it: nothing stale or spoilt is left in the true cache when the fault ends.
 * @param faulty makes that reader over a source with the faults
 */
export function interposedFeatures(
  inner: RequestFeatures,
  faulty: (faults: readonly ActiveFault[]) => RequestFeatures,
): InterposedFeatures {
  let faults: readonly ActiveFault[] | undefined;
  const readers = new Map<string, RequestFeatures>();

  function readerOf(hits: readonly ActiveFault[]): RequestFeatures {
    const key = hits.map(({ id }) => id).join(' ');
    let reader = readers.get(key);
    if (reader === undefined) {
      reader = faulty(hits);
      readers.set(key, reader);
    }
    return reader;
  }

  return {
    read(request, signal, budgetMs) {
      if (faults === undefined) return inner.read(request, signal, budgetMs);
      const hits = faults.filter((one) => touches(one, request));
      if (hits.length === 0) return inner.read(request, signal, budgetMs);
      // The faulty reader has no past: where it has nothing, the true one's last known values stand in.
      const orLastKnown = (reading: FeatureReading): FeatureReading => {
        if (reading.set !== undefined) return reading;
        const known = inner.readCached(request);
        const reason = known.set === undefined ? reading.reason : `${reading.reason}; ${known.reason}`;
        return { ...known, fresh: false, reason, durationMs: reading.durationMs };
      };
      const reading = readerOf(hits).read(request, signal, budgetMs);
      return reading instanceof Promise ? reading.then(orLastKnown) : orLastKnown(reading);
    },
    readCached: (request) => inner.readCached(request),
    interpose(next) {
      const own = next?.filter(strikesFeatures);
      const same = own?.map(({ id }) => id).join(' ') === faults?.map(({ id }) => id).join(' ');
      faults = own === undefined || own.length === 0 ? undefined : own;
      if (!same || faults === undefined) readers.clear();
    },
  };
}
