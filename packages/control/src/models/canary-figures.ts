import type { TrainingConfig } from '@evenkeel/config';
import type { CanaryFigure, ComponentStatus, Counts, Objective } from '@evenkeel/core';
import type { Rollups, SeriesBlock } from '@evenkeel/store';
import { z } from 'zod';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Good and total of the minutes from `from` on. */
function sumFrom(blocks: readonly SeriesBlock[], from: number): Counts {
  let good = 0;
  let total = 0;
  for (const { hour, minutes } of blocks) {
    const view = new DataView(minutes.buffer, minutes.byteOffset, minutes.byteLength);
    for (let i = 0; i < 60; i++) {
      if (hour + i * MINUTE_MS < from) continue;
      good += view.getFloat64(i * 16, true);
      total += view.getFloat64(i * 16 + 8, true);
    }
  }
  return { good, total };
}

const counts = z.object({ calls: z.number(), failed: z.number() });
const state = z.object({
  version: z.string(),
  state: z.enum(['loading', 'serving', 'failed']),
  reason: z.string(),
});
const details = z.object({
  versions: z.object({
    wanted: state.optional(),
    canary: state.optional(),
    calls: z.object({ main: counts, canary: counts }),
  }),
});
export type ReplicaVersions = z.output<typeof details>['versions'];

/** What a replica says of the versions of a model. */
export function replicaVersions(component: ComponentStatus | undefined): ReplicaVersions | undefined {
  const parsed = details.safeParse(component?.details);
  return parsed.success ? parsed.data.versions : undefined;
}

/** Objectives that can tell a canary from production: those whose events are counted by version. */
export function judgingObjectives(
  objectives: readonly Objective[],
  named: readonly string[] | undefined,
): readonly Objective[] {
  return objectives.filter(
    ({ name, allowance, segments, source }) =>
      (source.kind === 'requests' || source.kind === 'labels') &&
      allowance.kind !== 'amount' &&
      segments?.some(({ by }) => by === 'version') === true &&
      (named === undefined || named.includes(name)),
  );
}

/**
 * What canary and production did since the trial began, by objective, and how many calls each failed: a version that only throws
 * has no answers of its own. An objective of which neither side has an event yet judges nothing, unless it usually has some
 * (labels come late) or the file names it.
 * @param usual events of an objective in its window, of all versions
 */
export async function canaryFigures(parts: {
  readonly rollups: Pick<Rollups, 'blocks'>;
  readonly service: string;
  readonly model: string;
  readonly canary: string;
  readonly production: string;
  /** Wall milliseconds. Figures are by the minute: the one in which the trial began counts whole. */
  readonly from: number;
  readonly now: number;
  readonly objectives: readonly Objective[];
  readonly settings: TrainingConfig['canary'];
  readonly usual: (objective: string) => number;
  readonly calls: ReplicaVersions['calls'] | undefined;
}): Promise<readonly CanaryFigure[]> {
  const { rollups, service, model, from, now, settings, calls } = parts;
  const minute = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  const side = async (objective: string, version: string): Promise<Counts> =>
    sumFrom(
      await rollups.blocks({
        service,
        objective,
        segment: `version=${model}@${version}`,
        from: Math.floor(from / HOUR_MS) * HOUR_MS,
        to: now + HOUR_MS,
      }),
      minute,
    );
  const { tolerance } = settings;
  const figures: CanaryFigure[] = [];
  for (const { name, source } of judgingObjectives(parts.objectives, settings.objectives)) {
    const [canary, production] = await Promise.all([side(name, parts.canary), side(name, parts.production)]);
    const asked = settings.objectives !== undefined || (source.kind === 'labels' && parts.usual(name) > 0);
    if (!asked && canary.total === 0 && production.total === 0) continue;
    figures.push({
      name,
      canary: { kind: 'counts', ...canary },
      production: { kind: 'counts', ...production },
      tolerance,
    });
  }
  if (calls !== undefined) {
    const answered = (one: { calls: number; failed: number }): CanaryFigure['canary'] => ({
      kind: 'counts',
      good: one.calls - one.failed,
      total: one.calls,
    });
    figures.push({
      name: 'calls answered',
      canary: answered(calls.canary),
      production: answered(calls.main),
      tolerance,
    });
  }
  return figures;
}
