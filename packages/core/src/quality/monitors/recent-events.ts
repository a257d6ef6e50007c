import { readAmount, readArray, readFinite } from '../metrics/json-state.ts';

const BUCKETS = 12;
const MARKS = 64;

/** How many events came when: for what ages out, and to say at what time the event was that came so many events ago. */
export class RecentEvents {
  readonly #span: number;
  /** Number of the bucket of time, and events in it. */
  #buckets: [bucket: number, events: number][] = [];
  /** Events so far and the time then, thinned out as they get old. */
  #marks: [events: number, at: number][] = [];
  #total = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(maxAgeMs: number) {
    this.#span = maxAgeMs / BUCKETS;
  }

  /** @param at wall milliseconds; a clock that steps back counts as standing still */
  add(events: number, at: number): void {
    const now = Math.max(at, this.#lastAt);
    this.#lastAt = now;
    this.#total += events;
    const bucket = Math.floor(now / this.#span);
    const last = this.#buckets.at(-1);
    if (last !== undefined && last[0] === bucket) last[1] += events;
    else {
      this.#buckets.push([bucket, events]);
      if (this.#buckets.length > BUCKETS + 1) this.#buckets.shift();
    }
    this.#marks.push([this.#total, now]);
    if (this.#marks.length > MARKS) this.#marks = this.#marks.filter((_, i) => i % 2 === 1 || i === MARKS);
  }

  /** Events no older than `maxAgeMs`, to a twelfth of it. */
  within(now: number): number {
    // A clock that was set back must not make yesterday's values young for ever: they are as old as they look, at least 0.
    const first = Math.floor(now / this.#span) - BUCKETS;
    return this.#buckets.reduce((sum, [bucket, events]) => (bucket > first ? sum + events : sum), 0);
  }

  /** About when the event happened that came so many events ago, wall milliseconds; undefined when none is known. */
  timeOf(eventsAgo: number): number | undefined {
    const wanted = this.#total - eventsAgo;
    let before: readonly [number, number] | undefined;
    for (const mark of this.#marks) {
      if (mark[0] >= wanted) {
        if (before === undefined || mark[0] === before[0]) return mark[1];
        return before[1] + ((wanted - before[0]) / (mark[0] - before[0])) * (mark[1] - before[1]);
      }
      before = mark;
    }
    return before?.[1];
  }

  get lastAt(): number | undefined {
    return this.#lastAt === Number.NEGATIVE_INFINITY ? undefined : this.#lastAt;
  }

  save(): unknown {
    return { buckets: this.#buckets, marks: this.#marks, total: this.#total };
  }

  load(raw: { readonly buckets: unknown; readonly marks: unknown; readonly total: unknown }): void {
    const pairs = (list: unknown): [number, number][] =>
      readArray(list, 'times').map((pair) => {
        const [a, b] = readArray(pair, 'a time');
        return [readFinite(a, 'a time'), readFinite(b, 'a time')];
      });
    this.#buckets = pairs(raw.buckets).slice(-BUCKETS - 1);
    this.#marks = pairs(raw.marks).slice(-MARKS);
    this.#total = readAmount(raw.total, 'total');
    this.#lastAt = this.#marks.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY;
  }
}
