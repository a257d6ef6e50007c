import type { RequestRecord } from '../telemetry/record.ts';
import type { ObjectiveCounts } from '../telemetry/rollup.ts';
import { type Judgement, judge, type RequestIndicator, weightOf } from './indicator.ts';

/** What a recorder needs of an objective that is fed by requests. */
export interface RecordedObjective {
  readonly name: string;
  readonly indicator: RequestIndicator;
  /** Segments of a record (`version=2`), beside all of it. Bounded by whoever makes them. */
  readonly segments: ((record: RequestRecord) => readonly string[]) | undefined;
}

/** Counts finished requests into minutes of event time, per objective and segment. */
export interface ObjectiveRecorder {
  /** On the serving path: a few additions. */
  record(record: RequestRecord): void;
  /** What was counted since the last call. */
  take(): readonly ObjectiveCounts[];
}

const MINUTE_MS = 60_000;

interface Minute {
  readonly minute: number;
  readonly good: Float64Array;
  readonly total: Float64Array;
}

/**
 * @param onJudged is told of every judged event, for counters that are exported elsewhere
 */
export function objectiveRecorder(
  objectives: readonly RecordedObjective[],
  onJudged?: (objective: string, verdict: Exclude<Judgement, undefined>) => void,
): ObjectiveRecorder {
  let minutes = new Map<number, Minute>();
  let segments = new Map<
    string,
    { readonly key: Omit<ObjectiveCounts, 'good' | 'total'>; good: number; total: number }
  >();
  let latest: Minute | undefined;

  function minuteOf(at: number): Minute {
    const minute = at - (at % MINUTE_MS);
    if (latest?.minute === minute) return latest;
    latest = minutes.get(minute) ?? {
      minute,
      good: new Float64Array(objectives.length),
      total: new Float64Array(objectives.length),
    };
    minutes.set(minute, latest);
    return latest;
  }

  function addSegment(
    objective: string,
    segment: string,
    minute: number,
    good: boolean,
    weight: number,
  ): void {
    const id = `${minute} ${objective} ${segment}`;
    let counts = segments.get(id);
    if (counts === undefined) {
      counts = { key: { objective, segment, minute }, good: 0, total: 0 };
      segments.set(id, counts);
    }
    counts.total += weight;
    if (good) counts.good += weight;
  }

  return {
    record(record) {
      if (record.kind !== 'live') return;
      const slot = minuteOf(Math.floor(record.at));
      for (let i = 0; i < objectives.length; i++) {
        const objective = objectives[i];
        if (objective === undefined) continue;
        const verdict = judge(objective.indicator, record);
        if (verdict === undefined) continue;
        const good = verdict === 'good';
        const weight = weightOf(objective.indicator, record);
        slot.total[i] = (slot.total[i] ?? 0) + weight;
        if (good) slot.good[i] = (slot.good[i] ?? 0) + weight;
        onJudged?.(objective.name, verdict);
        if (objective.segments === undefined) continue;
        for (const segment of objective.segments(record))
          addSegment(objective.name, segment, slot.minute, good, weight);
      }
    },
    take() {
      const counts: ObjectiveCounts[] = [];
      for (const { minute, good, total } of minutes.values()) {
        for (const [i, { name }] of objectives.entries()) {
          const events = total[i] ?? 0;
          if (events > 0)
            counts.push({ objective: name, segment: '', minute, good: good[i] ?? 0, total: events });
        }
      }
      for (const { key, good, total } of segments.values()) counts.push({ ...key, good, total });
      minutes = new Map();
      segments = new Map();
      latest = undefined;
      return counts;
    },
  };
}
