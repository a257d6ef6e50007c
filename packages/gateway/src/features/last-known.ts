import type { FeatureReading } from '@evenkeel/core';
import { featureSetOf, type KnownFeatures } from './known-features.ts';
import { lruMap } from './lru-map.ts';

export interface LastKnownOptions {
  /** Entities kept; the least recently used one makes room. */
  readonly entries: number;
  /** Milliseconds since its arrival for which a value stands for a fetch; 0: never. */
  readonly freshForMs: number;
}

/** The last answer of the source for each entity, as long as there is room. */
export interface LastKnown {
  /** Keeps an answer, unless nothing in it is usable: that must not push out what still is. */
  put(key: string, known: KnownFeatures): void;
  get(key: string): KnownFeatures | undefined;
  /** The reading of a value young enough to stand for a fetch. Its age is told to within 10 ms. */
  fresh(key: string, now: number): FeatureReading | undefined;
  readonly size: number;
  readonly evicted: number;
  /** When the oldest values were born; undefined when nothing is kept. A scan. */
  oldestBornAt(): number | undefined;
}

/** Readings of one entity this many milliseconds apart share one object. */
const STEP_MS = 10;

interface Slot {
  readonly known: KnownFeatures;
  reading: FeatureReading | undefined;
  readAt: number;
}

export function createLastKnown(options: LastKnownOptions): LastKnown {
  const { freshForMs } = options;
  const slots = lruMap<Slot>(options.entries);

  return {
    put(key, known) {
      if (known.outdated.length > 0 && Object.keys(known.values).length === 0) return;
      slots.set(key, { known, reading: undefined, readAt: 0 });
    },
    get: (key) => slots.get(key)?.known,
    fresh(key, now) {
      if (freshForMs === 0) return undefined;
      const slot = slots.get(key);
      if (slot === undefined || slot.known.outdated.length > 0) return undefined;
      if (now - slot.known.arrivedAt >= freshForMs) return undefined;
      if (slot.reading === undefined || now - slot.readAt >= STEP_MS) {
        slot.reading = {
          set: featureSetOf(slot.known, 'cache', now),
          fresh: true,
          reason: 'ok',
          durationMs: 0,
        };
        slot.readAt = now;
      }
      return slot.reading;
    },
    get size() {
      return slots.size;
    },
    get evicted() {
      return slots.evicted;
    },
    oldestBornAt() {
      let born: number | undefined;
      for (const { known } of slots.values())
        if (born === undefined || known.bornAt < born) born = known.bornAt;
      return born;
    },
  };
}
