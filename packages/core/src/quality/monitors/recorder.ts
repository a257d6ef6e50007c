import { binOf, type Reference } from '../bins.ts';
import { slotOfValue } from '../drift-tables.ts';
import type { MonitorDefinition } from './definition.ts';
import { encodeValue, type MonitorDelta, type RawValue, type SeriesDelta } from './delta.ts';

/** Events of one flush whose order is kept: detectors are quicker in small steps, and that many steps are enough. */
const ORDERED = 256;
/** Values of one flush that are kept for a baseline. */
const RAW = 500;

/** What a monitor counts at a replica. */
export interface Monitor<Values> {
  readonly definition: MonitorDefinition;
  /** Counts one event. Once there is a baseline it allocates nothing. */
  observe(values: Values): void;
  /** What was seen since the last call; undefined when nothing was. */
  take(): MonitorDelta | undefined;
  /** Counts against this baseline from now on; what was counted against another one is dropped, for it does not add. */
  useBaseline(segment: string, reference: Reference | undefined): void;
}

export interface MonitorReaders<Values> {
  /** The monitored value of one event; undefined or null is missing. */
  value(values: Values): unknown;
  /** The part of the traffic that it belongs to; undefined for none. */
  segment?(values: Values): string | undefined;
}

/**
 * The side of a monitor that runs on the serving thread: a search in a table and a count. Everything else is the control side's
 * (`createMonitorBoard`), which gets {@link Monitor.take} of every replica.
 */
export function createMonitor<Values>(
  definition: MonitorDefinition,
  read: MonitorReaders<Values>,
): Monitor<Values> {
  const learns = definition.baseline.kind !== 'given';
  const whole = new SeriesRecorder('', learns);
  const parts = new Map<string, SeriesRecorder>();
  let beyond = 0;

  function partOf(segment: string): SeriesRecorder | undefined {
    let part = parts.get(segment);
    if (part === undefined) {
      if (segment === '' || parts.size >= definition.maxSegments) return undefined;
      part = new SeriesRecorder(segment, learns);
      parts.set(segment, part);
    }
    return part;
  }

  return {
    definition,
    observe(values) {
      const value = read.value(values);
      whole.record(value);
      if (definition.maxSegments === 0) return;
      const segment = read.segment?.(values);
      if (segment === undefined) return;
      const part = partOf(segment);
      if (part === undefined) beyond++;
      else part.record(value);
    },
    take() {
      const series: SeriesDelta[] = [];
      for (const part of [whole, ...parts.values()]) {
        const delta = part.take();
        if (delta !== undefined) series.push(delta);
      }
      if (series.length === 0 && beyond === 0) return undefined;
      const delta: MonitorDelta = { v: 1, series, beyond };
      beyond = 0;
      return delta;
    },
    useBaseline(segment, reference) {
      (segment === '' ? whole : partOf(segment))?.use(reference);
    },
  };
}

class SeriesRecorder {
  readonly #segment: string;
  /** Whether values are handed over while there is no baseline. */
  readonly #learns: boolean;
  #reference: Reference | undefined;
  readonly #ordered: Uint16Array = new Uint16Array(ORDERED);
  #orderedCount = 0;
  #counts: Float64Array = new Float64Array(0);
  #counted = 0;
  #below = 0;
  #above = 0;
  #raw: RawValue[] = [];
  #skipped = 0;

  constructor(segment: string, learns: boolean) {
    this.#segment = segment;
    this.#learns = learns;
  }

  record(value: unknown): void {
    const reference = this.#reference;
    if (reference === undefined) {
      if (this.#learns && this.#raw.length < RAW) this.#raw.push(encodeValue(value));
      else this.#skipped++;
      return;
    }
    let slot: number;
    // Only NaN and the infinities differ from themselves by anything but 0.
    if (reference.kind === 'numeric' && typeof value === 'number' && value - value === 0) {
      if (value < reference.low) this.#below++;
      else if (value > reference.high) this.#above++;
      slot = binOf(reference.edges, value);
    } else slot = slotOfValue(reference, value);
    if (this.#orderedCount < ORDERED) this.#ordered[this.#orderedCount++] = slot;
    else {
      this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
      this.#counted++;
    }
  }

  use(reference: Reference | undefined): void {
    // The same slots under another name for the counts: what was counted stays right.
    const same = reference?.fingerprint === this.#reference?.fingerprint;
    this.#reference = reference;
    if (same) return;
    this.#counts = new Float64Array(reference?.counts.length ?? 0);
    this.#clear();
  }

  take(): SeriesDelta | undefined {
    const learning = this.#raw.length + this.#skipped;
    if (this.#orderedCount + learning === 0) return undefined;
    const counts: [number, number][] = [];
    if (this.#counted > 0) {
      this.#counts.forEach((count, slot) => {
        if (count > 0) counts.push([slot, count]);
      });
    }
    const delta: SeriesDelta = {
      segment: this.#segment,
      fingerprint: this.#reference?.fingerprint ?? null,
      ordered: Array.from(this.#ordered.subarray(0, this.#orderedCount)),
      counts,
      below: this.#below,
      above: this.#above,
      raw: this.#raw,
      skipped: this.#skipped,
    };
    this.#clear();
    return delta;
  }

  #clear(): void {
    this.#orderedCount = 0;
    if (this.#counted > 0) this.#counts.fill(0);
    this.#counted = 0;
    this.#below = 0;
    this.#above = 0;
    this.#raw = [];
    this.#skipped = 0;
  }
}
