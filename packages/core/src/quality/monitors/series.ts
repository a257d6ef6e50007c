import { EvenkeelError } from '../../kernel/errors.ts';
import { jensenShannonDistance } from '../distances.ts';
import { createDriftDetector, type DriftDetector } from '../drift-detector.ts';
import type { DriftFinding } from '../drift-finding.ts';
import { driftTables } from '../drift-tables.ts';
import { malformed, readAmount, readArray, readFinites, readRecord } from '../metrics/json-state.ts';
import { withCounts } from '../reference-record.ts';
import { type Baseline, baselineFrom, baselineRecord, loadBaseline } from './baseline.ts';
import { MOST_LEARNED, type MonitorDefinition } from './definition.ts';
import { decodeValue, type RawValue, readRawValue, type SeriesDelta } from './delta.ts';
import { isImprovement, type MonitorStatus } from './judgement.ts';
import { RecentEvents } from './recent-events.ts';
import {
  addToSeason,
  countInSeason,
  createSeason,
  fadeHour,
  HOURS_OF_WEEK,
  loadSeason,
  type Season,
  saveSeason,
  seasonalCounts,
} from './season.ts';
import { inSteps } from './ticks.ts';

const DAY_MS = 86_400_000;
/** Standard errors that an hour's reference is taken to be wrong by: hours are small, and nobody stays long. Chosen by simulation: sim/quality. */
const CAUTION = 2;

export interface SeriesOptions {
  readonly falseAlarmEvery: number;
  /** Hour of the local week of a time, 0 to 167. */
  readonly hourOf: (at: number) => number;
}

/** Counts that were said, never silently dropped. */
export interface SeriesCounts {
  events: number;
  /** Of another version of the baseline: refused, for its slots do not add. */
  otherBaseline: number;
  /** Of slots that do not exist. */
  invalid: number;
  /** While a baseline is learned: values that it did not need. */
  skipped: number;
  below: number;
  above: number;
}

/** One stream of values under watch: a monitor, in one part of the traffic. The control side's half; pure but for its own state. */
export class Series {
  readonly definition: MonitorDefinition;
  readonly segment: string;
  readonly #options: SeriesOptions;
  #baseline: Baseline | undefined;
  #detector: DriftDetector | undefined;
  readonly #recent: RecentEvents;
  readonly counts: SeriesCounts = { events: 0, otherBaseline: 0, invalid: 0, skipped: 0, below: 0, above: 0 };
  /** Values for a baseline, and since when. */
  #raw: RawValue[] = [];
  /** Of a seasonal baseline: the hour of the week of each of them. */
  #rawHours: number[] = [];
  #learningSince: number | undefined;
  #season: Season | undefined;
  #hour = -1;
  #known = false;
  /** Of the rolling baseline: the day, and counts by slot of each day kept. */
  #days: [day: number, counts: Float64Array][] = [];

  constructor(definition: MonitorDefinition, segment: string, options: SeriesOptions) {
    this.definition = definition;
    this.segment = segment;
    this.#options = options;
    this.#recent = new RecentEvents(definition.maxAgeMs);
  }

  get baseline(): Baseline | undefined {
    return this.#baseline;
  }

  get detector(): DriftDetector | undefined {
    return this.#detector;
  }

  get finding(): DriftFinding | undefined {
    return this.#detector?.snapshot().finding;
  }

  /** Of a baseline that is being learned: values so far. */
  get learned(): number {
    return this.#raw.length;
  }

  setBaseline(baseline: Baseline): void {
    const slots = baseline.reference.counts.length;
    const { kind } = this.definition.baseline;
    this.#baseline = baseline;
    const sequence = baseline.sequence;
    // The hours of a week differ, and that is no dependence between one event and the next.
    const parts = kind === 'seasonal' ? { parts: HOURS_OF_WEEK } : {};
    const tables = driftTables(baseline.reference, sequence === undefined ? {} : { sequence, ...parts });
    this.#detector = createDriftDetector(tables, { falseAlarmEvery: this.#options.falseAlarmEvery });
    this.#season = kind === 'seasonal' ? createSeason(slots) : undefined;
    this.#rawHours.forEach((hour, i) => {
      const slot = sequence?.[i];
      if (this.#season !== undefined && slot !== undefined) countInSeason(this.#season, hour, slot);
    });
    this.#raw = [];
    this.#rawHours = [];
    this.#learningSince = undefined;
    this.#hour = -1;
    this.#days = [];
  }

  nextVersion(): number {
    return (this.#baseline?.version ?? 0) + 1;
  }

  /** @returns whether a baseline was made of what came */
  apply(deltas: readonly SeriesDelta[], now: number): boolean {
    let made = false;
    const fitting: SeriesDelta[] = [];
    for (const delta of deltas) {
      const n = delta.ordered.length + delta.counts.reduce((sum, [, count]) => sum + count, 0);
      if (delta.raw.length + delta.skipped > 0) made = this.#learn(delta, now) || made;
      if (n === 0) continue;
      if (delta.fingerprint !== this.#baseline?.reference.fingerprint) this.counts.otherBaseline += n;
      else if (!this.#fits(delta)) this.counts.invalid += n;
      else fitting.push(delta);
    }
    if (fitting.length > 0) this.#watch(fitting, now);
    return made;
  }

  #fits(delta: SeriesDelta): boolean {
    const slots = this.#baseline?.reference.counts.length ?? 0;
    return delta.ordered.every((slot) => slot < slots) && delta.counts.every(([slot]) => slot < slots);
  }

  #learn(delta: SeriesDelta, now: number): boolean {
    this.counts.skipped += delta.skipped;
    if (this.#baseline !== undefined) {
      // From a replica that has not heard of the baseline yet.
      this.counts.skipped += delta.raw.length;
      return false;
    }
    this.#recent.add(delta.raw.length + delta.skipped, now);
    this.counts.events += delta.raw.length + delta.skipped;
    if (this.definition.baseline.kind === 'given') return false;
    this.#learningSince ??= now;
    const hour = this.definition.baseline.kind === 'seasonal' ? this.#options.hourOf(now - 1) : undefined;
    for (const value of delta.raw) {
      this.#raw.push(value);
      if (hour !== undefined) this.#rawHours.push(hour);
    }
    // Of a longer time than there is room for: every second value, in order.
    while (this.#raw.length > MOST_LEARNED) {
      this.#raw = this.#raw.filter((_, i) => i % 2 === 0);
      this.#rawHours = this.#rawHours.filter((_, i) => i % 2 === 0);
    }
    const { values, forMs } = this.definition.learn;
    if (this.#raw.length < values || now - this.#learningSince < forMs) return false;
    try {
      this.setBaseline(
        baselineFrom(this.definition.kind, this.#raw.map(decodeValue), {
          version: 1,
          source: 'traffic',
          from: this.#learningSince,
          to: now,
          madeAt: now,
          ordered: true,
        }),
      );
      return true;
    } catch (error) {
      // Not one value of its kind among them: go on looking, and keep what is said about it (no baseline) true.
      if (!(error instanceof EvenkeelError)) throw error;
      this.#raw = [];
      this.#rawHours = [];
      this.#learningSince = undefined;
      return false;
    }
  }

  #watch(deltas: readonly SeriesDelta[], now: number): void {
    const baseline = this.#baseline;
    const detector = this.#detector;
    if (baseline === undefined || detector === undefined) return;
    const slots = baseline.reference.counts.length;
    const comparable = this.#turnTo(now, detector, baseline);
    const seen = new Float64Array(slots);
    let events = 0;
    inSteps(deltas, slots, (counts, n) => {
      if (comparable) detector.advanceCounts(counts);
      events += n;
      for (let slot = 0; slot < slots; slot++) seen[slot] = (seen[slot] ?? 0) + (counts[slot] ?? 0);
    });
    for (const delta of deltas) {
      this.counts.below += delta.below;
      this.counts.above += delta.above;
    }
    this.counts.events += events;
    this.#recent.add(events, now);
    // What is drifting must not become what is usual, unless that is what was asked for.
    const follows = this.definition.baseline.kind === 'rolling';
    if (follows || !comparable || detector.snapshot().level !== 'drifted') this.#remember(seen, now);
  }

  #remember(seen: Float64Array, now: number): void {
    if (this.#season !== undefined && this.#hour >= 0) addToSeason(this.#season, this.#hour, seen);
    if (this.definition.baseline.kind !== 'rolling') return;
    const day = Math.floor(now / DAY_MS);
    const last = this.#days.at(-1);
    if (last === undefined || last[0] !== day) this.#days.push([day, seen]);
    else seen.forEach((count, slot) => (last[1][slot] = (last[1][slot] ?? 0) + count));
  }

  /** Another hour of the week, or another day: compare with what belongs to it. @returns whether there is something to compare with */
  #turnTo(now: number, detector: DriftDetector, baseline: Baseline): boolean {
    const rule = this.definition.baseline;
    const temper = { like: detector.tables };
    if (rule.kind === 'seasonal' && this.#season !== undefined) {
      const hour = this.#options.hourOf(now - 1);
      if (hour === this.#hour) return this.#known;
      const known = seasonalCounts(this.#season, hour);
      this.#known = known !== undefined;
      // An hour of the week that was never seen has nothing to be compared with: it is learned first.
      if (known !== undefined)
        detector.retable(driftTables(withCounts(baseline.reference, known), { ...temper, caution: CAUTION }));
      fadeHour(this.#season, hour, 0.5 ** (1 / rule.weeks));
      this.#hour = hour;
      return this.#known;
    }
    if (rule.kind !== 'rolling') return true;
    const day = Math.floor(now / DAY_MS);
    const last = this.#days.at(-1);
    if (last === undefined || last[0] === day) return true;
    this.#days = this.#days.filter(([at]) => at > day - rule.days - 1);
    const counts = new Float64Array(baseline.reference.counts.length);
    for (const [, of] of this.#days)
      of.forEach((count, slot) => (counts[slot] = (counts[slot] ?? 0) + count));
    if (counts.reduce((sum, count) => sum + count, 0) < this.definition.learn.values) return true;
    const reference = withCounts(baseline.reference, counts);
    const from = (this.#days[0]?.[0] ?? day) * DAY_MS;
    this.#baseline = {
      ...baseline,
      reference,
      version: baseline.version + 1,
      source: 'traffic',
      from,
      to: day * DAY_MS,
      madeAt: now,
    };
    // Yesterday is part of it now, and what was found yesterday has become what is usual.
    detector.retable(driftTables(reference, temper), 'forget');
    return true;
  }

  /** Forgets evidence that is older than values may be. */
  tick(now: number): void {
    const last = this.#recent.lastAt;
    if (this.#detector === undefined || last === undefined) return;
    if (now - last > this.definition.maxAgeMs && this.#detector.snapshot().level !== 'stable')
      this.#detector.reset();
  }

  status(now: number): {
    readonly status: MonitorStatus;
    readonly improved: boolean;
    readonly recent: number;
  } {
    const recent = this.#recent.within(now);
    const of = (status: MonitorStatus, improved = false) => ({ status, improved, recent });
    const baseline = this.#baseline;
    if (baseline === undefined || this.#detector === undefined) return of('no_baseline');
    if (recent === 0) return of('no_data');
    const { level, finding } = this.#detector.snapshot();
    // Evidence counts its own events: an alert on few of them is no less sure.
    if (level === 'stable' || finding === undefined) {
      return of(recent < this.definition.minimum ? 'insufficient_data' : 'likely_healthy');
    }
    if (isImprovement(finding, baseline.reference, this.definition.worse)) return of('likely_healthy', true);
    return of(level === 'drifted' ? 'likely_violated' : 'potential_issue');
  }

  /** Wall times between which the change of the finding probably began. */
  since(): { readonly at: number; readonly earliest: number; readonly latest: number } | undefined {
    const change = this.finding?.change;
    if (change === undefined) return undefined;
    const at = this.#recent.timeOf(change.eventsAgo);
    const earliest = this.#recent.timeOf(change.earliest);
    const latest = this.#recent.timeOf(change.latest);
    return at === undefined || earliest === undefined || latest === undefined
      ? undefined
      : { at, earliest, latest };
  }

  /** Jensen–Shannon distance (base 2) from the baseline to the recent events of the finding. */
  distance(): number {
    const finding = this.finding;
    return finding === undefined ? 0 : jensenShannonDistance(finding.before, finding.after);
  }

  save(): unknown {
    return {
      segment: this.segment,
      baseline: this.#baseline === undefined ? null : baselineRecord(this.#baseline),
      detector: this.#detector?.save() ?? null,
      recent: this.#recent.save(),
      counts: this.counts,
      raw: this.#raw,
      rawHours: this.#rawHours,
      learningSince: this.#learningSince ?? null,
      season: this.#season === undefined ? null : saveSeason(this.#season),
      days: this.#days.map(([day, counts]) => [day, [...counts]]),
    };
  }

  /** @throws EvenkeelError `bad_request` or `conflict` */
  load(raw: unknown): void {
    const record = readRecord(raw, 'a series');
    const recent = readRecord(record.recent, 'recent');
    if (record.baseline !== null) {
      const baseline = loadBaseline(record.baseline);
      if (baseline.reference.kind !== this.definition.kind)
        throw malformed('the baseline is of another kind than the monitor');
      this.setBaseline(baseline);
      const tables = this.#detector?.tables;
      if (tables !== undefined && record.detector !== null) {
        this.#detector = createDriftDetector(
          tables,
          { falseAlarmEvery: this.#options.falseAlarmEvery },
          record.detector,
        );
      }
      const slots = baseline.reference.counts.length;
      if (this.#season !== undefined && record.season !== null)
        this.#season = loadSeason(record.season, slots);
      this.#days = readArray(record.days, 'days').map((entry) => {
        const [day, counts] = readArray(entry, 'a day');
        return [readAmount(day, 'a day'), Float64Array.from(readFinites(counts, slots, 'counts of a day'))];
      });
    }
    this.#recent.load({ buckets: recent.buckets, marks: recent.marks, total: recent.total });
    const counts = readRecord(record.counts, 'counts');
    for (const key of ['events', 'otherBaseline', 'invalid', 'skipped', 'below', 'above'] as const) {
      this.counts[key] = readAmount(counts[key], key);
    }
    this.#raw = readArray(record.raw, 'raw').map(readRawValue);
    this.#learningSince =
      record.learningSince === null ? undefined : readAmount(record.learningSince, 'learningSince');
  }
}
