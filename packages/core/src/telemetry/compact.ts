import type { RequestRecord } from './record.ts';

/** The least that lets a label find its prediction: one for every request. */
export interface CompactRow {
  readonly id: string;
  readonly service: string;
  readonly at: number;
  readonly tenant: string;
  readonly level: string;
  readonly model: string | undefined;
  readonly version: string | undefined;
  readonly label: string | undefined;
  readonly score: number | undefined;
  readonly confidence: number | undefined;
  /** Small named values that labels are joined by (a segment, a cohort). */
  readonly extra: unknown;
}

export interface CompactBufferOptions {
  /** Rows held at most, some 300 bytes each. Default 50000. */
  readonly capacity?: number;
  /** What goes into `extra`; called for every request, so it must be cheap. Default nothing. */
  readonly extra?: (record: RequestRecord) => unknown;
}

/** Rows that wait for the store. Full, it lets go of the oldest and counts them. */
export interface CompactBuffer {
  /** O(1). Shadows and chaos traffic leave no row: labels speak of live predictions. */
  push(record: RequestRecord): void;
  /**
   * Takes out at most `limit` rows, oldest first.
   * @param limit default: all
   */
  take(limit?: number): CompactRow[];
  size(): number;
  /** Rows that were let go since the start: labels of those requests will find nothing. */
  dropped(): number;
}

/** A model's class name is a word; whatever is longer is cut, because rows are many. */
const LONGEST_LABEL = 256;

/** @param options see {@link CompactBufferOptions} */
export function compactBuffer(options: CompactBufferOptions = {}): CompactBuffer {
  const capacity = Math.max(1, Math.floor(options.capacity ?? 50_000));
  const { extra } = options;
  // A ring that grows up to the capacity: an idle service holds an empty array.
  let slots: CompactRow[] = [];
  let oldest = 0;
  let size = 0;
  let dropped = 0;

  return {
    push(record) {
      if (record.kind !== 'live') return;
      const { label } = record;
      const row: CompactRow = {
        id: record.id,
        service: record.service,
        at: record.at,
        tenant: record.tenant,
        level: record.level,
        model: record.model,
        version: record.version,
        label: label !== undefined && label.length > LONGEST_LABEL ? label.slice(0, LONGEST_LABEL) : label,
        score: record.score,
        confidence: record.confidence,
        extra: extra?.(record),
      };
      if (size === capacity) {
        slots[oldest] = row;
        oldest = (oldest + 1) % capacity;
        dropped += 1;
        return;
      }
      slots[(oldest + size) % capacity] = row;
      size += 1;
    },
    take(limit = size) {
      const taken: CompactRow[] = [];
      const count = Math.max(0, Math.min(limit, size));
      for (let i = 0; i < count; i++) {
        const row = slots[(oldest + i) % capacity];
        if (row !== undefined) taken.push(row);
      }
      size -= count;
      oldest = (oldest + count) % capacity;
      if (size === 0) {
        slots = [];
        oldest = 0;
      }
      return taken;
    },
    size: () => size,
    dropped: () => dropped,
  };
}
