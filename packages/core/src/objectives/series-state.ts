import { hash32 } from '../kernel/hash.ts';
import type { Budgeting } from './counts.ts';
import { MINUTE_MS } from './minute-block.ts';
import type { MinuteSpans } from './minute-spans.ts';
import type { ObjectiveWindow } from './window.ts';

/** What is kept of a series beside its blocks: its sums and where they stand. Numbers are minutes, hours or counts. */
export interface SeriesState {
  /** Minute that the observation began at. */
  readonly since: number;
  /** End (exclusive) of the last minute that was counted. */
  readonly head: number;
  /** Hours that may have a block; none when first > last. */
  readonly firstHour: number;
  readonly lastHour: number;
  /** Last minute that had an event; -1 for none. */
  readonly lastEvent: number;
  readonly method: number;
  readonly mask: MinuteSpans;
  readonly adjusted: boolean;
  readonly windows: readonly {
    readonly key: number;
    readonly low: number;
    readonly high: number;
    /** good, total, adjusted good, adjusted total */
    readonly sums: readonly [number, number, number, number];
  }[];
}

const VERSION = 1;
const HEADER = 10;
const PER_WINDOW = 7;

/** Whole minutes of a rolling window: a begun minute counts as one. */
export function windowMinutes(lengthMs: number): number {
  return Math.max(1, Math.ceil(lengthMs / MINUTE_MS));
}

/** Identifies a window in what is kept: equal windows have equal keys. */
export function windowKey(window: ObjectiveWindow): number {
  return window.kind === 'rolling'
    ? windowMinutes(window.lengthMs)
    : -1 - hash32(`${window.unit} ${window.timeZone}`);
}

/** Identifies how a series counts: sums of one method mean nothing to another. */
export function methodKey(budgeting: Budgeting): number {
  return budgeting.method === 'occurrences' ? 0 : 1 + hash32(JSON.stringify(budgeting));
}

export function encodeState(state: SeriesState): Uint8Array {
  const numbers = [
    VERSION,
    state.since,
    state.head,
    state.firstHour,
    state.lastHour,
    state.lastEvent,
    state.method,
    state.windows.length,
    state.mask.length,
    state.adjusted ? 1 : 0,
    ...state.windows.flatMap(({ key, low, high, sums }) => [key, low, high, ...sums]),
    ...state.mask,
  ];
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of numbers.entries()) view.setFloat64(8 * i, value, true);
  return bytes;
}

/** Undefined for bytes of another version or shape: the sums are then built again from the blocks. */
export function decodeState(bytes: Uint8Array): SeriesState | undefined {
  const length = bytes.byteLength / 8;
  if (!Number.isInteger(length) || length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (i: number): number => view.getFloat64(8 * i, true);
  const windowCount = at(7);
  const maskLength = at(8);
  if (at(0) !== VERSION || length !== HEADER + PER_WINDOW * windowCount + maskLength) return undefined;
  const windows = Array.from({ length: windowCount }, (_, n) => {
    const base = HEADER + PER_WINDOW * n;
    return {
      key: at(base),
      low: at(base + 1),
      high: at(base + 2),
      sums: [at(base + 3), at(base + 4), at(base + 5), at(base + 6)] as const,
    };
  });
  const maskBase = HEADER + PER_WINDOW * windowCount;
  return {
    since: at(1),
    head: at(2),
    firstHour: at(3),
    lastHour: at(4),
    lastEvent: at(5),
    method: at(6),
    mask: Array.from({ length: maskLength }, (_, n) => at(maskBase + n)),
    adjusted: at(9) === 1,
    windows,
  };
}
