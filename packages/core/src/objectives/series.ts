import { addUnit, type Unit, unitOf } from './budget-unit.ts';
import type { Budgeting, Counts } from './counts.ts';
import {
  blockBytes,
  emptyBlock,
  exactCount,
  HOUR_MS,
  MINUTE_MS,
  MINUTES_PER_HOUR,
  type MinuteBlock,
  readBlock,
} from './minute-block.ts';
import { differingSpans, inSpans, type MinuteSpans, minuteSpans } from './minute-spans.ts';
import { decodeState, encodeState, methodKey, windowKey, windowMinutes } from './series-state.ts';
import { type ObjectiveWindow, type Span, windowAt } from './window.ts';

/** An hour of minutes that changed, to be written whole. */
export interface ChangedBlock {
  /** Start of the hour, wall milliseconds. */
  readonly hour: number;
  readonly good: number;
  readonly total: number;
  readonly minutes: Uint8Array;
}

export interface SeriesOptions {
  /** Every window whose sums are wanted; equal ones share theirs. */
  readonly windows: readonly ObjectiveWindow[];
  readonly budgeting: Budgeting;
  /** When the observation began, wall milliseconds: empty slices before it say nothing. */
  readonly since: number;
  /** What {@link Series.state} gave; windows that it does not know are built from the blocks. */
  readonly state?: Uint8Array | undefined;
  /** Hours that may have blocks although there is no state of them, wall milliseconds, the end exclusive. */
  readonly stored?: Span | undefined;
}

/**
 * The counts of one objective in one segment, over windows that slide exactly, minute by minute: a window ends with the
 * minute that has begun, and holds whole minutes. In memory are the sums and the hours at the windows' edges, and not
 * the minutes between them; hours that are needed are asked for.
 */
export interface Series {
  /**
   * Counts events of the minute around `at`, late ones too. False: its hour has to be loaded first, and it waits.
   * Counts may be negative: a correction takes back what it gave.
   */
  add(at: number, good: number, total: number): boolean;
  /** Moves all windows to `now`. Hours (starts, wall milliseconds) that must be loaded first; empty: done. */
  advance(now: number): readonly number[];
  /** As `advance`, without moving: what has to be loaded to get to `now`, so that it can be loaded beforehand. */
  needs(now: number): readonly number[];
  /** Gives an hour that was asked for: the bytes of its block, or undefined when there is none. */
  load(hour: number, minutes: Uint8Array | undefined): void;
  /** Takes these spans out of the adjusted sums, from the next complete `advance` on. */
  exclude(spans: readonly Span[]): void;
  /** The sums of a window of the options: as measured, and without what is excluded. */
  counts(window: ObjectiveWindow): Counts;
  adjusted(window: ObjectiveWindow): Counts;
  /** As `counts` and `adjusted`, by {@link Series.slot}, one number each: allocates nothing. */
  good(slot: number): number;
  total(slot: number): number;
  adjustedGood(slot: number): number;
  adjustedTotal(slot: number): number;
  slot(window: ObjectiveWindow): number;
  /** Counts of one minute that is in memory; undefined when its hour is not. */
  minute(at: number): Counts | undefined;
  /** End of the last counted minute, wall milliseconds; 0 before the first `advance`. */
  head(): number;
  readonly since: number;
  /** Start of the last minute with an event, wall milliseconds. */
  lastEvent(): number | undefined;
  /** Hours that changed since the last call. */
  takeBlocks(): readonly ChangedBlock[];
  /** The sums, to be kept with the blocks that were taken at the same time. */
  state(): Uint8Array;
  /** Bytes of counts in memory. */
  bytes(): number;
}

/** Hours that one edge of one window asks for at once: bounds the memory of catching up and of building anew. */
const LOOKAHEAD = 48;
/** Stands for an hour without a block. Never written to. */
const ABSENT: MinuteBlock = emptyBlock();
const NONE: readonly number[] = [];

/** @throws RangeError for a window that is not among the options */
export function createSeries(options: SeriesOptions): Series {
  const { budgeting } = options;
  const unit: Unit = unitOf(budgeting);
  const size = unit.minutes;
  const plain = budgeting.method === 'occurrences';
  const keys = [...new Set(options.windows.map(windowKey))];
  const windows = keys.flatMap((key) => options.windows.filter((one) => windowKey(one) === key).slice(0, 1));
  const count = windows.length;
  const kept = options.state === undefined ? undefined : decodeState(options.state);
  const since = kept?.since ?? Math.floor(options.since / MINUTE_MS);
  // Of each window, in one array because they are used together: its edges in units [low, high), minutes (0 for a
  // calendar one), and the hour of the block that its low edge stands in (-1: not looked up).
  const edges = new Int32Array(4 * count);
  // Good, total, adjusted good, adjusted total.
  const sums = new Float64Array(4 * count);
  for (const [i, one] of windows.entries())
    edges[4 * i + 2] = one.kind === 'rolling' ? windowMinutes(one.lengthMs) : 0;
  const forgetEdges = (): void => {
    for (let i = 0; i < count; i++) edges[4 * i + 3] = -1;
  };
  forgetEdges();
  // That block: the hot path looks it up once an hour.
  const edgeBlocks: (MinuteBlock | undefined)[] = windows.map(() => undefined);
  const periods: (Span | undefined)[] = windows.map(() => undefined);
  const blocks = new Map<number, MinuteBlock>();
  const dirty = new Set<number>();
  let waiting: { minute: number; good: number; total: number }[] = [];
  let head = 0;
  let firstHour = Number.POSITIVE_INFINITY;
  let lastHour = Number.NEGATIVE_INFINITY;
  let lastEvent = -1;
  let mask: MinuteSpans = [];
  let wanted: MinuteSpans = [];
  let adjusting = false;
  let swept = -1;
  let lastDirty = -1;
  // Not all the way yet: so it is before the first `advance`, which may have to build windows.
  let partial = true;
  // What one unit comes to, raw and adjusted: written by `measure`, so that the hot path allocates nothing.
  const one = new Float64Array(4);

  if (options.stored !== undefined) {
    firstHour = Math.floor(options.stored.start / HOUR_MS);
    lastHour = Math.ceil(options.stored.end / HOUR_MS) - 1;
  }
  if (kept !== undefined) {
    head = kept.head;
    firstHour = Math.min(firstHour, kept.firstHour);
    lastHour = Math.max(lastHour, kept.lastHour);
    lastEvent = kept.lastEvent;
    mask = kept.mask;
    wanted = mask;
    adjusting = kept.adjusted;
    for (const state of kept.windows) {
      const i = keys.indexOf(state.key);
      if (i < 0 || kept.method !== methodKey(budgeting)) continue;
      edges[4 * i] = state.low;
      edges[4 * i + 1] = state.high;
      sums.set(state.sums, 4 * i);
    }
  }

  // The block of the latest hour, where nearly everything happens.
  let latestHour = -1;
  let latestBlock: MinuteBlock = ABSENT;

  /** Undefined: has to be loaded. */
  function blockOf(hour: number): MinuteBlock | undefined {
    if (hour === latestHour) return latestBlock;
    const block = blocks.get(hour);
    if (block !== undefined) {
      if (hour > latestHour && block !== ABSENT) {
        latestHour = hour;
        latestBlock = block;
      }
      return block;
    }
    return hour < firstHour || hour > lastHour ? ABSENT : undefined;
  }

  /** What a unit contributes, into `one`; false when an hour of it is missing. */
  function measure(index: number, by: MinuteSpans): boolean {
    return addUnit(unit, index, since, blockOf, adjusting ? by : undefined, one);
  }

  function change(i: number, sign: number): void {
    const at = 4 * i;
    for (let k = 0; k < 4; k++) sums[at + k] = (sums[at + k] ?? 0) + sign * (one[k] ?? 0);
  }

  /** Where a window's edges belong when the last counted minute ends at `end` (minutes). */
  function lowAt(i: number, end: number): number {
    const window = windows[i];
    if (window === undefined) return 0;
    if (window.kind === 'rolling') return Math.ceil((end - (edges[4 * i + 2] ?? 0)) / size);
    const now = (end - 1) * MINUTE_MS;
    let period = periods[i];
    if (period === undefined || now < period.start || now >= period.end) {
      period = windowAt(window, now);
      periods[i] = period;
    }
    return Math.ceil(period.start / MINUTE_MS / size);
  }

  // The minute that has begun counts where events are counted; a slice is judged when it is over, not by its first events.
  const highAt = (end: number): number =>
    Math.floor((budgeting.method === 'occurrences' ? end : end - 1) / size);

  /** Moves one window as far as the hours in memory reach; false when that is not all the way. */
  function move(i: number, toLow: number, toHigh: number): boolean {
    let from = edges[4 * i] ?? 0;
    let until = edges[4 * i + 1] ?? 0;
    if (toLow >= until) {
      sums.fill(0, 4 * i, 4 * i + 4);
      from = toLow;
      until = toLow;
    }
    let whole = true;
    for (; from < toLow; from++) {
      if (!measure(from, mask)) {
        whole = false;
        break;
      }
      change(i, -1);
    }
    for (; until < toHigh; until++) {
      if (!measure(until, mask)) {
        whole = false;
        break;
      }
      change(i, 1);
    }
    edges[4 * i] = from;
    edges[4 * i + 1] = until;
    return whole;
  }

  /** `move` of every window by one minute, for occurrences without exclusions: false when it is not that simple. */
  function stepAll(end: number): boolean {
    const entering = end - 1;
    const hour = Math.floor(entering / MINUTES_PER_HOUR);
    const block = blockOf(hour);
    if (block === undefined) return false;
    const at = 2 * (entering - hour * MINUTES_PER_HOUR);
    const good = block[at] ?? 0;
    const total = block[at + 1] ?? 0;
    for (let i = 0; i < count; i++) {
      const leaving = edges[4 * i] ?? 0;
      const length = edges[4 * i + 2] ?? 0;
      if (length === 0 || edges[4 * i + 1] !== entering || leaving !== entering - length) return false;
      const leavingHour = Math.floor(leaving / MINUTES_PER_HOUR);
      if (edges[4 * i + 3] !== leavingHour || edgeBlocks[i] === undefined) {
        const edge = blockOf(leavingHour);
        if (edge === undefined) return false;
        edgeBlocks[i] = edge;
        edges[4 * i + 3] = leavingHour;
      }
    }
    for (let i = 0; i < count; i++) {
      const leaving = edges[4 * i] ?? 0;
      const edge = edgeBlocks[i] ?? ABSENT;
      const from = 2 * (leaving - (edges[4 * i + 3] ?? 0) * MINUTES_PER_HOUR);
      const sum = 4 * i;
      sums[sum] = (sums[sum] ?? 0) + good - (edge[from] ?? 0);
      sums[sum + 1] = (sums[sum + 1] ?? 0) + total - (edge[from + 1] ?? 0);
      edges[4 * i] = leaving + 1;
      edges[4 * i + 1] = end;
    }
    return true;
  }

  /** Adds to one minute whose unit is in memory, and to every window that holds it. */
  function apply(minute: number, good: number, total: number): void {
    const hour = Math.floor(minute / MINUTES_PER_HOUR);
    let block = blockOf(hour);
    if (block === undefined || block === ABSENT) {
      const unitIndex = Math.floor(minute / size);
      // Making this hour known moves the edge of what is known to be absent: the unit's other hours stay so.
      for (let other = firstHourOf(unitIndex); other <= lastHourOf(unitIndex); other++)
        if (blockOf(other) === ABSENT) blocks.set(other, ABSENT);
      block = emptyBlock();
      blocks.set(hour, block);
      forgetEdges();
      firstHour = Math.min(firstHour, hour);
      lastHour = Math.max(lastHour, hour);
    }
    const at = 2 * (minute - hour * MINUTES_PER_HOUR);
    if (hour !== lastDirty) dirty.add(hour);
    lastDirty = hour;
    if (total > 0 && minute > lastEvent) lastEvent = minute;
    const index = Math.floor(minute / size);
    if (plain) {
      // Occurrences simply add up.
      const kept = adjusting && !inSpans(mask, minute) ? 1 : 0;
      for (let i = 0; i < count; i++) {
        if (minute < (edges[4 * i] ?? 0) || minute >= (edges[4 * i + 1] ?? 0)) continue;
        sums[4 * i] = (sums[4 * i] ?? 0) + good;
        sums[4 * i + 1] = (sums[4 * i + 1] ?? 0) + total;
        sums[4 * i + 2] = (sums[4 * i + 2] ?? 0) + kept * good;
        sums[4 * i + 3] = (sums[4 * i + 3] ?? 0) + kept * total;
      }
      block[at] = (block[at] ?? 0) + good;
      block[at + 1] = (block[at + 1] ?? 0) + total;
      return;
    }
    let held = false;
    for (let i = 0; i < count && !held; i++)
      held = index >= (edges[4 * i] ?? 0) && index < (edges[4 * i + 1] ?? 0);
    if (held) {
      measure(index, mask);
      spread(index, -1);
    }
    block[at] = (block[at] ?? 0) + good;
    block[at + 1] = (block[at + 1] ?? 0) + total;
    if (held) {
      measure(index, mask);
      spread(index, 1);
    }
  }

  /** Adds what `one` holds to every window that holds the unit. */
  function spread(index: number, sign: number): void {
    for (let i = 0; i < count; i++)
      if (index >= (edges[4 * i] ?? 0) && index < (edges[4 * i + 1] ?? 0)) change(i, sign);
  }

  const firstHourOf = (index: number): number => Math.floor((index * size) / MINUTES_PER_HOUR);
  const lastHourOf = (index: number): number => Math.floor((index * size + size - 1) / MINUTES_PER_HOUR);

  function present(index: number): boolean {
    for (let hour = firstHourOf(index); hour <= lastHourOf(index); hour++)
      if (blockOf(hour) === undefined) return false;
    return true;
  }

  /** Hours of a unit that are not in memory, into `missing`. */
  function missingOf(index: number, missing: Set<number>): void {
    const first = firstHourOf(index);
    const last = lastHourOf(index);
    for (let hour = first; hour <= last; hour++) if (blockOf(hour) === undefined) missing.add(hour);
  }

  function missingBetween(from: number, to: number, missing: Set<number>): void {
    const step = Math.max(1, Math.floor(MINUTES_PER_HOUR / size));
    const before = missing.size;
    for (let index = from; index < to && missing.size - before < LOOKAHEAD; index += step)
      missingOf(index, missing);
    if (from < to && missing.size - before < LOOKAHEAD) missingOf(to - 1, missing);
  }

  function missingHours(end: number): readonly number[] {
    const missing = new Set<number>();
    for (const { minute } of waiting) missingOf(Math.floor(minute / size), missing);
    if (wanted !== mask) for (const index of touched()) missingOf(index, missing);
    for (let i = 0; i < count; i++) {
      const toLow = lowAt(i, end);
      const toHigh = highAt(end);
      const reset = toLow >= (edges[4 * i + 1] ?? 0);
      if (!reset) missingBetween(edges[4 * i] ?? 0, toLow, missing);
      missingBetween(reset ? toLow : (edges[4 * i + 1] ?? 0), toHigh, missing);
    }
    return [...missing].sort((a, b) => a - b).map((hour) => hour * HOUR_MS);
  }

  /** Units inside a window that the change of exclusions touches. */
  function touched(): Set<number> {
    const from = Math.min(...windows.map((_, i) => edges[4 * i] ?? 0));
    const to = Math.max(...windows.map((_, i) => edges[4 * i + 1] ?? 0));
    const found = new Set<number>();
    const changed = differingSpans(mask, wanted);
    for (let k = 0; k < changed.length; k += 2) {
      const first = Math.max(from, Math.floor((changed[k] ?? 0) / size));
      const last = Math.min(to, Math.ceil((changed[k + 1] ?? 0) / size));
      for (let index = first; index < last; index++) found.add(index);
    }
    return found;
  }

  function applyMask(): boolean {
    const units = [...touched()];
    if (!adjusting) {
      adjusting = true;
      for (let i = 0; i < count; i++) sums.copyWithin(4 * i + 2, 4 * i, 4 * i + 2);
    }
    if (!units.every((index) => measure(index, mask))) return false;
    for (const index of units) {
      for (const [by, sign] of [
        [mask, -1],
        [wanted, 1],
      ] as const) {
        measure(index, by);
        for (let i = 0; i < count; i++) {
          if (index < (edges[4 * i] ?? 0) || index >= (edges[4 * i + 1] ?? 0)) continue;
          sums[4 * i + 2] = (sums[4 * i + 2] ?? 0) + sign * (one[2] ?? 0);
          sums[4 * i + 3] = (sums[4 * i + 3] ?? 0) + sign * (one[3] ?? 0);
        }
      }
    }
    mask = wanted;
    adjusting = mask.length > 0;
    return true;
  }

  function settleWaiting(): boolean {
    if (waiting.length === 0) return true;
    const left: typeof waiting = [];
    for (const late of waiting) {
      if (present(Math.floor(late.minute / size))) apply(late.minute, late.good, late.total);
      else left.push(late);
    }
    waiting = left;
    return left.length === 0;
  }

  /** Lets go of hours that no edge stands in or has to pass. */
  function sweep(end: number, whole: boolean): void {
    const hour = Math.floor((end - 1) / MINUTES_PER_HOUR);
    if (hour === swept && whole && !partial) return;
    swept = hour;
    partial = !whole;
    const toHigh = firstHourOf(highAt(end));
    for (const known of blocks.keys()) {
      if (dirty.has(known) || known >= Math.min(toHigh, hour)) continue;
      let useful = false;
      for (let i = 0; i < count && !useful; i++) {
        // One hour more than the edge has to pass: it may have been loaded ahead.
        useful = known >= firstHourOf(edges[4 * i] ?? 0) && known <= firstHourOf(lowAt(i, end) + 1) + 1;
        useful ||= known >= firstHourOf(edges[4 * i + 1] ?? 0) && known <= toHigh;
      }
      if (useful) continue;
      blocks.delete(known);
      // A block that comes back later is another object: everybody looks again.
      if (known === latestHour) latestHour = -1;
      forgetEdges();
    }
  }

  function slot(window: ObjectiveWindow): number {
    const i = keys.indexOf(windowKey(window));
    if (i < 0) throw new RangeError('the series was made without this window');
    return i;
  }

  return {
    since: since * MINUTE_MS,
    add(at, good, total) {
      const minute = Math.floor(at / MINUTE_MS);
      if (!present(Math.floor(minute / size))) {
        waiting.push({ minute, good: exactCount(good), total: exactCount(total) });
        return false;
      }
      apply(minute, exactCount(good), exactCount(total));
      return true;
    },
    advance(now) {
      const end = Math.max(head, Math.floor(now / MINUTE_MS) + 1);
      if (end === head && waiting.length === 0 && wanted === mask && !partial) return NONE;
      if (
        plain &&
        end === head + 1 &&
        !adjusting &&
        !partial &&
        waiting.length === 0 &&
        wanted === mask &&
        stepAll(end)
      ) {
        head = end;
        sweep(end, true);
        return NONE;
      }
      let whole = settleWaiting();
      if (wanted !== mask) whole = applyMask() && whole;
      const toHigh = highAt(end);
      for (let i = 0; i < count; i++) whole = move(i, lowAt(i, end), toHigh) && whole;
      sweep(end, whole);
      if (!whole) return missingHours(end);
      head = end;
      return NONE;
    },
    needs: (now) => missingHours(Math.max(head, Math.floor(now / MINUTE_MS) + 1)),
    load(hour, minutes) {
      const index = Math.floor(hour / HOUR_MS);
      if (blocks.has(index)) return;
      blocks.set(index, minutes === undefined ? ABSENT : readBlock(minutes));
    },
    exclude(spans) {
      const next = minuteSpans(spans);
      wanted = differingSpans(next, mask).length === 0 ? mask : next;
    },
    counts(window) {
      const i = slot(window);
      return { good: sums[4 * i] ?? 0, total: sums[4 * i + 1] ?? 0 };
    },
    adjusted(window) {
      const i = 4 * slot(window) + (adjusting ? 2 : 0);
      return { good: sums[i] ?? 0, total: sums[i + 1] ?? 0 };
    },
    good: (i) => sums[4 * i] ?? 0,
    total: (i) => sums[4 * i + 1] ?? 0,
    adjustedGood: (i) => sums[adjusting ? 4 * i + 2 : 4 * i] ?? 0,
    adjustedTotal: (i) => sums[adjusting ? 4 * i + 3 : 4 * i + 1] ?? 0,
    slot,
    minute(at) {
      const minute = Math.floor(at / MINUTE_MS);
      const block = blockOf(Math.floor(minute / MINUTES_PER_HOUR));
      if (block === undefined) return undefined;
      const i = 2 * (minute % MINUTES_PER_HOUR);
      return { good: block[i] ?? 0, total: block[i + 1] ?? 0 };
    },
    head: () => head * MINUTE_MS,
    lastEvent: () => (lastEvent < 0 ? undefined : lastEvent * MINUTE_MS),
    takeBlocks() {
      const changed = [...dirty].map((hour): ChangedBlock => {
        const block = blocks.get(hour) ?? ABSENT;
        let good = 0;
        let total = 0;
        for (let i = 0; i < 2 * MINUTES_PER_HOUR; i += 2) {
          good += block[i] ?? 0;
          total += block[i + 1] ?? 0;
        }
        return { hour: hour * HOUR_MS, good, total, minutes: blockBytes(block) };
      });
      dirty.clear();
      lastDirty = -1;
      return changed;
    },
    state: () =>
      encodeState({
        since,
        head,
        firstHour,
        lastHour,
        lastEvent,
        method: methodKey(budgeting),
        mask,
        adjusted: adjusting,
        windows: keys.map((key, i) => ({
          key,
          low: edges[4 * i] ?? 0,
          high: edges[4 * i + 1] ?? 0,
          sums: [sums[4 * i] ?? 0, sums[4 * i + 1] ?? 0, sums[4 * i + 2] ?? 0, sums[4 * i + 3] ?? 0],
        })),
      }),
    bytes() {
      let held = 0;
      for (const block of blocks.values()) if (block !== ABSENT) held += block.byteLength;
      return held + sums.byteLength + edges.byteLength + 24 * waiting.length;
    },
  };
}
