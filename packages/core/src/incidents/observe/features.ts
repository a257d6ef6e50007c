import { requestsPath } from '../links.ts';
import { rateShift } from '../rate-shift.ts';
import type { Observation } from '../signal.ts';
import type { SignalSnapshot } from '../snapshot.ts';
import { percent, spell } from '../stamp.ts';
import { type Bins, binDuration } from '../traffic.ts';
import { quantileBin, shareAbove, totalOf } from './bins.ts';

/** Reads that an age or duration is judged by, at least; and how much usual traffic: ages go up and down with the jobs that renew them. */
const LEAST_READS = 20;
const LEAST_USUAL = 100;
export const LEAST_USUAL_MS = 900_000;

/** Features at serving time: too old, missing, or not had in time. */
export function observeFeatures(snapshot: SignalSnapshot, now: number): Observation[] {
  const found: Observation[] = [];
  const { recent, usual } = snapshot.traffic;
  const { features } = recent;
  const settled = usual.spanMs >= LEAST_USUAL_MS;
  if (features.reads === 0) return found;
  const link = requestsPath(snapshot.service.name, now - recent.spanMs, now);

  const late = rateShift(
    { bad: features.unfresh, total: features.reads },
    { bad: usual.features.unfresh, total: usual.features.reads },
    0.05,
  );
  if (late !== undefined) {
    found.push({
      kind: 'features_slow',
      name: 'reads',
      strength: late.strength,
      evidence: {
        text: `${percent(late.recent)} of feature reads got no current values in time, usually ${percent(late.usual)}`,
        figures: { recent: late.recent, usual: late.usual, reads: features.reads },
        link,
      },
    });
  } else if (settled) {
    const slower = longer(features.durations, usual.features.durations, 15);
    if (slower !== undefined) {
      found.push({
        kind: 'features_slow',
        name: 'reads',
        strength: 0.7 * slower.strength,
        evidence: {
          text: `${percent(slower.recent)} of feature reads take over ${spell(slower.overMs)}, usually ${percent(slower.usual)}`,
          figures: { recent: slower.recent, usual: slower.usual, over_ms: slower.overMs },
          link,
        },
      });
    }
  }

  const missing = rateShift(
    { bad: features.incomplete, total: features.reads },
    { bad: usual.features.incomplete, total: usual.features.reads },
    0.03,
  );
  if (missing !== undefined) {
    const worst = Object.entries(features.missing).sort((a, b) => b[1] - a[1])[0];
    found.push({
      kind: 'features_missing',
      name: worst?.[0] ?? 'reads',
      strength: missing.strength,
      evidence: {
        text: `${percent(missing.recent)} of feature reads lack values, ${worst?.[0] ?? 'several'} most often; usually ${percent(missing.usual)}`,
        figures: { recent: missing.recent, usual: missing.usual, reads: features.reads },
        link,
      },
    });
  }

  const limit = snapshot.maxFeatureAgeMs;
  if (limit !== undefined) {
    const stale = rateShift(
      { bad: shareAbove(features.ages, limit) * totalOf(features.ages), total: totalOf(features.ages) },
      {
        bad: shareAbove(usual.features.ages, limit) * totalOf(usual.features.ages),
        total: totalOf(usual.features.ages),
      },
      0.05,
    );
    if (stale !== undefined) {
      found.push({
        kind: 'features_stale',
        name: 'reads',
        strength: stale.strength,
        evidence: {
          text: `${percent(stale.recent)} of features are older than ${spell(limit)}, usually ${percent(stale.usual)}`,
          figures: { recent: stale.recent, usual: stale.usual, limit_ms: limit },
          link,
        },
      });
    }
  }
  const older = settled ? longer(features.ages, usual.features.ages, 1000) : undefined;
  if (older !== undefined && !found.some(({ kind }) => kind === 'features_stale')) {
    found.push({
      kind: 'features_stale',
      name: 'reads',
      strength: 0.8 * older.strength,
      evidence: {
        text: `${percent(older.recent)} of features are older than ${spell(older.overMs)}, usually ${percent(older.usual)}`,
        figures: { recent: older.recent, usual: older.usual, over_ms: older.overMs },
        link,
      },
    });
  }
  return found;
}

/** Whether durations have clearly moved up: many more than usual lie over the usual 95 %. */
export function longer(
  recent: Bins,
  usual: Bins,
  leastMs: number,
):
  | {
      readonly strength: number;
      readonly recent: number;
      readonly usual: number;
      readonly overMs: number;
    }
  | undefined {
  const total = totalOf(recent);
  const before = totalOf(usual);
  if (total < LEAST_READS || before < LEAST_USUAL) return undefined;
  // Half a bin up, so that rounding at a bin's edge is no shift.
  const overMs = binDuration(quantileBin(usual, 0.95) + 0.5);
  const shift = rateShift(
    { bad: shareAbove(recent, overMs) * total, total },
    { bad: shareAbove(usual, overMs) * before, total: before },
    0.1,
  );
  if (shift === undefined) return undefined;
  const now = binDuration(quantileBin(recent, 0.95));
  if (now < overMs + leastMs || now < 1.25 * overMs) return undefined;
  return { strength: shift.strength, recent: shift.recent, usual: shift.usual, overMs };
}
