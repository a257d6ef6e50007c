import { EvenkeelError } from '../../kernel/errors.ts';
import type { DriftFinding } from '../drift-finding.ts';
import { readArray, readRecord, readText } from '../metrics/json-state.ts';
import { type ReferenceRecord, referenceRecord } from '../reference-record.ts';
import { alarmBudget, describeMovement, type MonitorRole } from '../what-moved.ts';
import { type Baseline, type BaselineSummary, baselineSummary } from './baseline.ts';
import type { MonitorDefinition } from './definition.ts';
import { readMonitorDelta, type SeriesDelta } from './delta.ts';
import type { MonitorStatus } from './judgement.ts';
import { hourOfWeek, type LocalHour } from './season.ts';
import { Series, type SeriesCounts } from './series.ts';

export interface MonitorReport {
  readonly monitor: string;
  readonly role: MonitorRole;
  /** '' is all traffic. */
  readonly segment: string;
  readonly status: MonitorStatus;
  /** Changed, and for the better: said, but no violation. */
  readonly improved: boolean;
  /** Events within the time that values count. */
  readonly recent: number;
  readonly baseline: BaselineSummary | undefined;
  /** While a baseline is learned: values so far. */
  readonly learned: number;
  readonly counts: Readonly<SeriesCounts>;
  /** What moved, by how much and how sure, since when. */
  readonly change: MonitorChange | undefined;
}

export interface MonitorChange {
  readonly finding: DriftFinding;
  /** By chance once in so many events of this series, all series of the board looked at. */
  readonly onceIn: number;
  /** Jensen–Shannon distance (base 2): 0 the same, 1 nothing in common. */
  readonly distance: number;
  /** Wall times: when it probably began, and its 90 % interval. */
  readonly since: { readonly at: number; readonly earliest: number; readonly latest: number } | undefined;
  readonly summary: string;
}

export interface MonitorEvent {
  /** `baseline`: one was learned. The others are changes of the status. */
  readonly type: 'baseline' | 'watch' | 'alert' | 'improved' | 'recovered';
  readonly at: number;
  readonly report: MonitorReport;
}

export interface BoardOptions {
  /**
   * Requests between two false alarms of all monitors and segments together, on average, at least. Default 1,000,000. Fewer find changes
   * earlier: a tenth saves a fifth of the events.
   */
  readonly falseAlarmEvery?: number;
  /** Local time of the service, for seasonal baselines. Default: hours of UTC. */
  readonly localTime?: (at: number) => LocalHour;
}

/** All monitors of a service at the control side: replicas' counts in, statuses and events out. */
export interface MonitorBoard {
  readonly definitions: readonly MonitorDefinition[];
  /**
   * Takes what replicas handed over, each `{ [monitor]: delta }` as in a rollup; those of one period in one call, so that they merge.
   * What is malformed or of unknown monitors is counted in {@link refused}, not thrown.
   * @param now wall milliseconds of the end of the period
   */
  apply(rollups: readonly Readonly<Record<string, unknown>>[], now: number): readonly MonitorEvent[];
  /** Ages out what is old; call it now and then even when nothing comes. */
  tick(now: number): readonly MonitorEvent[];
  /** Sets a baseline by hand. @throws EvenkeelError `not_found` for an unknown monitor, `bad_request` for another kind */
  setBaseline(monitor: string, segment: string, baseline: Baseline): void;
  /** Version that a new baseline of this series gets. */
  nextVersion(monitor: string, segment: string): number;
  /** What replicas count against, to be sent to them when it changes. */
  references(): readonly {
    readonly monitor: string;
    readonly segment: string;
    readonly reference: ReferenceRecord;
  }[];
  reports(now: number): readonly MonitorReport[];
  /** Those that changed, the surest first. @param role only these */
  moved(now: number, role?: MonitorRole): readonly MonitorReport[];
  /** Deltas that could not be taken, by reason. */
  readonly refused: { malformed: number; unknownMonitor: number; segmentsBeyond: number };
  save(): unknown;
}

/**
 * @param saved what a board with the same definitions saved; monitors that are new or of another kind begin afresh
 * @throws EvenkeelError `bad_request` for two monitors of one name, or a saved state that is none
 */
export function createMonitorBoard(
  definitions: readonly MonitorDefinition[],
  options: BoardOptions = {},
  saved?: unknown,
): MonitorBoard {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  if (byName.size !== definitions.length)
    throw new EvenkeelError('bad_request', 'Two monitors have the same name.');
  const possible = definitions.reduce((sum, { maxSegments }) => sum + 1 + maxSegments, 0);
  const local =
    options.localTime ??
    ((at) => ({
      weekday: ((Math.floor(at / 86_400_000) + 3) % 7) + 1,
      hour: Math.floor(at / 3_600_000) % 24,
    }));
  const seriesOptions = {
    falseAlarmEvery: alarmBudget(options.falseAlarmEvery ?? 1_000_000, Math.max(1, possible)),
    hourOf: (at: number): number => hourOfWeek(local(at)),
  };
  const all = new Map<string, Series>();
  const standing = new Map<Series, 'quiet' | 'watch' | 'alert' | 'improved'>();
  const refused = { malformed: 0, unknownMonitor: 0, segmentsBeyond: 0 };
  for (const definition of definitions) seriesOf(definition, '');
  if (saved !== undefined) restore(saved);

  function seriesOf(definition: MonitorDefinition, segment: string): Series | undefined {
    const key = `${definition.name}\n${segment}`;
    let series = all.get(key);
    if (series === undefined) {
      const others = [...all.values()].filter((s) => s.definition === definition && s.segment !== '').length;
      if (segment !== '' && others >= definition.maxSegments) return undefined;
      series = new Series(definition, segment, seriesOptions);
      all.set(key, series);
    }
    return series;
  }

  function restore(raw: unknown): void {
    for (const entry of readArray(readRecord(raw, 'a board').series, 'series')) {
      const record = readRecord(entry, 'a series');
      const definition = byName.get(readText(record.monitor, 'a monitor'));
      const state = readRecord(record.state, 'a state');
      const baseline = state.baseline === null ? undefined : readRecord(state.baseline, 'a baseline');
      const kind = baseline === undefined ? undefined : readRecord(baseline.reference, 'a reference').kind;
      if (definition === undefined || (kind !== undefined && kind !== definition.kind)) continue;
      const series = seriesOf(definition, readText(state.segment, 'a segment'));
      if (series === undefined) continue;
      series.load(state);
      const level = series.detector?.snapshot().level;
      // Said before the restart: not said again.
      if (record.standing === 'watch' || record.standing === 'alert' || record.standing === 'improved') {
        if (level !== 'stable') standing.set(series, record.standing);
      }
    }
  }

  function known(monitor: string): MonitorDefinition {
    const definition = byName.get(monitor);
    if (definition === undefined) {
      throw new EvenkeelError(
        'not_found',
        `There is no monitor "${monitor}": there are ${[...byName.keys()].join(', ')}.`,
      );
    }
    return definition;
  }

  function report(series: Series, now: number): MonitorReport {
    const { status, improved, recent } = series.status(now);
    const { baseline, finding, definition } = series;
    return {
      monitor: definition.name,
      role: definition.role,
      segment: series.segment,
      status,
      improved,
      recent,
      baseline: baseline === undefined ? undefined : baselineSummary(baseline, now),
      learned: series.learned,
      counts: { ...series.counts },
      change:
        finding === undefined
          ? undefined
          : {
              finding,
              onceIn: finding.evidence / possible,
              distance: series.distance(),
              since: series.since(),
              summary: summaryOf(series, finding),
            },
    };
  }

  function changes(series: Series, now: number): MonitorEvent[] {
    const before = standing.get(series) ?? 'quiet';
    const level = series.detector?.snapshot().level ?? 'stable';
    const { improved } = series.status(now);
    const after =
      level === 'stable' ? 'quiet' : improved ? 'improved' : level === 'drifted' ? 'alert' : 'watch';
    if (after === before) return [];
    standing.set(series, after);
    // A watch that turns out to be for the better needs no word, and neither does an alert that is only watched still.
    if (before === 'alert' && after === 'watch') return [];
    return [{ type: after === 'quiet' ? 'recovered' : after, at: now, report: report(series, now) }];
  }

  return {
    definitions,
    refused,
    apply(rollups, now) {
      const byKey = new Map<string, Map<string, SeriesDelta[]>>();
      for (const rollup of rollups) {
        for (const [monitor, raw] of Object.entries(rollup)) {
          if (!byName.has(monitor)) {
            refused.unknownMonitor++;
            continue;
          }
          try {
            const delta = readMonitorDelta(raw);
            refused.segmentsBeyond += delta.beyond;
            const segments = byKey.get(monitor) ?? new Map<string, SeriesDelta[]>();
            byKey.set(monitor, segments);
            for (const part of delta.series) {
              const list = segments.get(part.segment);
              if (list === undefined) segments.set(part.segment, [part]);
              else list.push(part);
            }
          } catch (error) {
            if (!(error instanceof EvenkeelError)) throw error;
            refused.malformed++;
          }
        }
      }
      const events: MonitorEvent[] = [];
      for (const [monitor, segments] of byKey) {
        for (const [segment, deltas] of segments) {
          const series = seriesOf(known(monitor), segment);
          if (series === undefined) {
            refused.segmentsBeyond += deltas.length;
            continue;
          }
          if (series.apply(deltas, now))
            events.push({ type: 'baseline', at: now, report: report(series, now) });
          events.push(...changes(series, now));
        }
      }
      return events;
    },
    tick(now) {
      const events: MonitorEvent[] = [];
      for (const series of all.values()) {
        series.tick(now);
        events.push(...changes(series, now));
      }
      return events;
    },
    setBaseline(monitor, segment, baseline) {
      const definition = known(monitor);
      if (baseline.reference.kind !== definition.kind) {
        throw new EvenkeelError(
          'bad_request',
          `The baseline is ${baseline.reference.kind}, the monitor "${monitor}" ${definition.kind}.`,
        );
      }
      const series = seriesOf(definition, segment);
      if (series === undefined)
        throw new EvenkeelError(
          'bad_request',
          `The monitor "${monitor}" has its ${definition.maxSegments} segments already.`,
        );
      series.setBaseline(baseline);
      standing.delete(series);
    },
    nextVersion: (monitor, segment) => all.get(`${known(monitor).name}\n${segment}`)?.nextVersion() ?? 1,
    references: () =>
      [...all.values()].flatMap(({ definition, segment, baseline }) =>
        baseline === undefined
          ? []
          : [{ monitor: definition.name, segment, reference: referenceRecord(baseline.reference) }],
      ),
    reports: (now) => [...all.values()].map((series) => report(series, now)),
    moved(now, role) {
      const order: Partial<Record<MonitorStatus, number>> = { likely_violated: 0, potential_issue: 1 };
      return [...all.values()]
        .map((series) => report(series, now))
        .filter((r) => r.change !== undefined && (role === undefined || r.role === role))
        .sort(
          (a, b) =>
            (order[a.status] ?? 2) - (order[b.status] ?? 2) ||
            (b.change?.onceIn ?? 0) - (a.change?.onceIn ?? 0) ||
            (b.change?.distance ?? 0) - (a.change?.distance ?? 0),
        );
    },
    save: () => ({
      series: [...all.values()].map((series) => ({
        monitor: series.definition.name,
        standing: standing.get(series) ?? 'quiet',
        state: series.save(),
      })),
    }),
  };
}

function summaryOf(series: Series, finding: DriftFinding): string {
  const { name } = series.definition;
  const where = series.segment === '' ? name : `${name} (${series.segment})`;
  const what = finding.movements.map(({ movement }) => describeMovement(movement)).slice(0, 2);
  return `${where}: ${what.join(' or ')}, since ${finding.change.latest} to ${finding.change.earliest} events ago`;
}
