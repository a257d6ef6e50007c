import {
  allOfSlice,
  type Clock,
  createSeries,
  describeError,
  isEvenkeelError,
  type Objective,
  type Series,
  type Span,
  seriesWindows,
  setMinute,
} from '@evenkeel/core';
import type { Lease, SeriesBlock, SeriesKey, Store } from '@evenkeel/store';
import { z } from 'zod';
import { type RollupBody, readRollup } from '../replicas/rollup-body.ts';

/** Who counts: the name under which the cursor and the sums are kept. */
const CONSUMER = 'ledger';
/** Rollups read at once. */
const BATCH = 500;
/** Hours of blocks read in one query. */
const SPAN_HOURS = 48;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export interface LedgerEntry {
  readonly objective: Objective;
  readonly segment: string;
  readonly series: Series;
}

/**
 * The counts of every objective, made of what replicas and outsiders report, and kept so that each event is counted
 * exactly once whatever dies: blocks, sums and the place up to which was read are written in one transaction.
 */
export interface Ledger {
  /** Takes a service's objectives into account; counts so far stay. */
  put(service: string, objectives: readonly Objective[]): Promise<void>;
  /** Makes sure that a segment is counted; one that is not is passed over by `add`. */
  open(service: string, objective: string, segment: string): Promise<void>;
  /** Counts something that did not come in a rollup. `mark` is kept with it, so that it is not counted again. */
  add(service: string, objective: string, segment: string, at: number, good: number, total: number): void;
  /** A mark kept with the counts. */
  mark(name: string): number;
  setMark(name: string, value: number): void;
  /** Reads what is new, moves every window to now, and keeps the result. */
  settle(): Promise<void>;
  /** Forgets what is in memory and reads what is kept, and what came since: somebody else may have counted meanwhile. */
  reload(): Promise<void>;
  /** Takes these spans out of an objective's figures, from the next `settle` on. */
  exclude(service: string, spans: (objective: string) => readonly Span[]): void;
  entries(service?: string): readonly LedgerEntry[];
  entry(service: string, objective: string, segment?: string): LedgerEntry | undefined;
  /** Why the last `settle` could not be kept; it is tried again with the next. */
  problem(): string | undefined;
}

interface Kept {
  readonly key: SeriesKey;
  readonly objective: Objective;
  readonly series: Series;
  dirty: boolean;
}

const idOf = ({ service, objective, segment }: SeriesKey): string =>
  JSON.stringify([service, objective, segment]);

const idShape = z.tuple([z.string(), z.string(), z.string()]);

/** Inverse of `idOf`; undefined for what it did not make. */
function keyOf(id: string): SeriesKey | undefined {
  const parsed = idShape.safeParse(JSON.parse(id));
  if (!parsed.success) return undefined;
  const [service, objective, segment] = parsed.data;
  return { service, objective, segment };
}

function markBytes(value: number): Uint8Array {
  return new TextEncoder().encode(String(value));
}

export function createLedger(parts: {
  readonly store: Pick<Store, 'rollups'>;
  readonly clock: Clock;
  /** The right to count; undefined where nobody else can. */
  readonly lease: () => Lease | undefined;
  /** False while somebody else counts: then nothing is written. */
  readonly leads?: () => boolean;
  readonly onRollup: (rollup: RollupBody, arrivedAt: number) => void;
  readonly onBadRollup: (problem: string) => void;
}): Ledger {
  const { store, clock } = parts;
  const { rollups } = store;
  const series = new Map<string, Kept>();
  const objectives = new Map<string, Map<string, Objective>>();
  const marks = new Map<string, number>();
  const dirtyMarks = new Set<string>();
  let cursor: number | undefined;
  let blocks = new Map<string, SeriesBlock>();
  let states = new Map<string, Uint8Array>();
  let read = 0;
  let problem: string | undefined;

  const excluded = new Map<string, (objective: string) => readonly Span[]>();

  async function sumsOf(id: string): Promise<Uint8Array | undefined> {
    const name = `series/${id}`;
    return (await rollups.state(CONSUMER, name)).find((one) => one.key === name)?.body;
  }

  async function open(key: SeriesKey, objective: Objective, sums: Uint8Array | undefined): Promise<Kept> {
    const now = Math.round(clock.wall());
    // Without sums, whatever blocks there are is counted again from them.
    const found = sums === undefined ? await rollups.blocks({ ...key, from: 0, to: now + HOUR_MS }) : [];
    const first = found[0]?.hour;
    const last = found.at(-1)?.hour;
    const stored: Span | undefined =
      first === undefined || last === undefined ? undefined : { start: first, end: last + HOUR_MS };
    const made = createSeries({
      windows: seriesWindows(objective, [...(objectives.get(key.service)?.values() ?? [])]),
      budgeting: objective.budgeting,
      since: first ?? now,
      state: sums,
      stored,
    });
    const spans = excluded.get(key.service);
    if (spans !== undefined) made.exclude(spans(objective.name));
    return { key, objective, series: made, dirty: spans !== undefined };
  }

  async function ensure(key: SeriesKey): Promise<Kept | undefined> {
    const id = idOf(key);
    const known = series.get(id);
    if (known !== undefined) return known;
    const objective = objectives.get(key.service)?.get(key.objective);
    if (objective === undefined) return undefined;
    const made = await open(key, objective, await sumsOf(id));
    series.set(id, made);
    return made;
  }

  async function start(): Promise<number> {
    if (cursor !== undefined) return cursor;
    for (const { key, body } of await rollups.state(CONSUMER, 'mark/')) {
      marks.set(key.slice('mark/'.length), Number(new TextDecoder().decode(body)));
    }
    cursor = await rollups.cursor(CONSUMER);
    read = cursor;
    return cursor;
  }

  /** Minutes that changed since composites were worked out, by service. */
  const touched = new Map<string, Set<number>>();

  function count(kept: Kept, at: number, good: number, total: number): void {
    kept.series.add(at, good, total);
    kept.dirty = true;
    const minutes = touched.get(kept.key.service) ?? new Set<number>();
    minutes.add(Math.floor(at / MINUTE_MS) * MINUTE_MS);
    touched.set(kept.key.service, minutes);
  }

  /** Objectives that hold when several others do: their minutes are worked out from the others'. */
  function compose(): void {
    for (const [service, minutes] of touched) {
      for (const { name, source } of objectives.get(service)?.values() ?? []) {
        if (source.kind !== 'composite' || source.method !== 'all_of') continue;
        const whole = series.get(idOf({ service, objective: name, segment: '' }));
        const parts = source.parts.flatMap(({ objective }) => {
          const part = series.get(idOf({ service, objective, segment: '' }));
          return part?.objective.allowance.kind === 'target'
            ? [{ series: part.series, target: part.objective.allowance.target }]
            : [];
        });
        if (whole === undefined) continue;
        for (const minute of minutes) {
          const counts = parts.flatMap(({ series: part, target }) => {
            const found = part.minute(minute);
            return found === undefined ? [] : [{ counts: found, target }];
          });
          setMinute(whole.series, minute, allOfSlice(counts));
        }
        whole.dirty = true;
      }
    }
    touched.clear();
  }

  /** Opens what it needs first, so that a store that fails in the middle leaves nothing half counted. */
  async function take(rollup: RollupBody): Promise<void> {
    const { service } = rollup;
    const opened: (Kept | undefined)[] = [];
    for (const { objective, segment } of rollup.objectives) {
      opened.push(await ensure({ service, objective, segment }));
    }
    for (const [i, { minute, good, total }] of rollup.objectives.entries()) {
      const kept = opened[i];
      // Of an objective that the file no longer has, replicas may still report for a moment.
      if (kept !== undefined) count(kept, minute, good, total);
    }
  }

  async function readRollups(): Promise<void> {
    for (;;) {
      const rows = await rollups.since(read, BATCH);
      for (const row of rows) {
        const rollup = readRollup(row.body);
        if (typeof rollup === 'string') parts.onBadRollup(`${row.replica}/${row.sequence}: ${rollup}`);
        else {
          await take(rollup);
          parts.onRollup(rollup, row.arrivedAt);
        }
        read = row.cursor;
      }
      if (rows.length < BATCH) return;
    }
  }

  /** Loads the hours that a series asks for, neighbouring ones together. */
  async function load({ key, series: one }: Kept, hours: readonly number[]): Promise<void> {
    const wanted = [...hours];
    while (wanted.length > 0) {
      const from = wanted[0] ?? 0;
      const to = from + SPAN_HOURS * HOUR_MS;
      const near = wanted.filter((hour) => hour < to);
      const found = await rollups.blocks({ ...key, from, to: (near.at(-1) ?? from) + HOUR_MS });
      const bytes = new Map(found.map((block) => [block.hour, block.minutes]));
      for (const hour of near) {
        // What was changed and could not be written yet is newer than what is stored.
        one.load(hour, blocks.get(blockId(key, hour))?.minutes ?? bytes.get(hour));
      }
      wanted.splice(0, near.length);
    }
  }

  const blockId = (key: SeriesKey, hour: number): string => `${hour} ${idOf(key)}`;

  async function advance(kept: Kept, now: number): Promise<void> {
    for (let hours = kept.series.advance(now); hours.length > 0; hours = kept.series.advance(now)) {
      await load(kept, hours);
    }
  }

  function collect(): void {
    for (const [id, kept] of series) {
      if (!kept.dirty) continue;
      kept.dirty = false;
      for (const block of kept.series.takeBlocks()) {
        blocks.set(blockId(kept.key, block.hour), { ...kept.key, ...block });
      }
      states.set(`series/${id}`, kept.series.state());
    }
    for (const name of dirtyMarks) states.set(`mark/${name}`, markBytes(marks.get(name) ?? 0));
    dirtyMarks.clear();
  }

  async function keep(): Promise<void> {
    collect();
    if (read === cursor && blocks.size === 0 && states.size === 0) return;
    await rollups.apply({
      consumer: CONSUMER,
      cursor: read,
      blocks: [...blocks.values()],
      state: [...states].map(([key, body]) => ({ key, body })),
      lease: parts.lease(),
    });
    cursor = read;
    blocks = new Map();
    states = new Map();
  }

  /** Somebody else counts now: what is in memory may be behind, and is read anew. */
  function forget(): void {
    series.clear();
    marks.clear();
    dirtyMarks.clear();
    blocks = new Map();
    states = new Map();
    cursor = undefined;
  }

  /** Opens every objective, and the segments of which there are sums. */
  async function ensureAll(): Promise<void> {
    const wanted = [...objectives].flatMap(([service, list]) =>
      [...list.values()].map((objective) => ({
        key: { service, objective: objective.name, segment: '' },
        objective,
      })),
    );
    if (wanted.every(({ key }) => series.has(idOf(key)))) return;
    const kept = new Map(
      (await rollups.state(CONSUMER, 'series/')).map(({ key, body }) => [key.slice('series/'.length), body]),
    );
    for (const [id] of kept) {
      const key = keyOf(id);
      const objective = key === undefined ? undefined : objectives.get(key.service)?.get(key.objective);
      if (key !== undefined && objective !== undefined && key.segment !== '') wanted.push({ key, objective });
    }
    for (const { key, objective } of wanted) {
      const id = idOf(key);
      if (!series.has(id)) series.set(id, await open(key, objective, kept.get(id)));
    }
  }

  async function settle(): Promise<void> {
    try {
      await start();
      await ensureAll();
      await readRollups();
      const now = Math.round(clock.wall());
      for (const kept of series.values()) await advance(kept, now);
      compose();
      await keep();
      problem = undefined;
    } catch (error) {
      problem = describeError(error);
      if (isEvenkeelError(error) && error.code === 'conflict') forget();
    }
  }

  async function reload(): Promise<void> {
    forget();
    await start();
    await ensureAll();
    const now = Math.round(clock.wall());
    for (const kept of series.values()) await advance(kept, now);
  }

  let last: Promise<void> = Promise.resolve();
  /** One thing at a time: what is read, counted and kept belongs together. */
  function alone(work: () => Promise<void>): Promise<void> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  return {
    put: (service, list) =>
      alone(async () => {
        await start();
        // Kept first: a series is opened again from what is stored.
        if (parts.leads?.() !== false) await keep();
        for (const [id, kept] of series) if (kept.key.service === service) series.delete(id);
        objectives.set(service, new Map(list.map((objective) => [objective.name, objective])));
        await ensureAll();
      }),
    async open(service, objective, segment) {
      await ensure({ service, objective, segment });
    },
    add(service, objective, segment, at, good, total) {
      const kept = series.get(idOf({ service, objective, segment }));
      if (kept !== undefined) count(kept, at, good, total);
    },
    mark: (name) => marks.get(name) ?? 0,
    setMark(name, value) {
      if (marks.get(name) === value) return;
      marks.set(name, value);
      dirtyMarks.add(name);
    },
    settle: () => alone(settle),
    reload: () => alone(reload),
    exclude(service, spans) {
      excluded.set(service, spans);
      for (const kept of series.values()) {
        if (kept.key.service !== service) continue;
        kept.series.exclude(spans(kept.key.objective));
        kept.dirty = true;
      }
    },
    entries(service) {
      return [...series.values()]
        .filter(({ key }) => service === undefined || key.service === service)
        .map(({ key, objective, series: one }) => ({ objective, segment: key.segment, series: one }));
    },
    entry(service, objective, segment = '') {
      const kept = series.get(idOf({ service, objective, segment }));
      return kept === undefined
        ? undefined
        : { objective: kept.objective, segment: kept.key.segment, series: kept.series };
    },
    problem: () => problem,
  };
}
