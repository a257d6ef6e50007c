import { resumeCandidates, stepOfName, type TrainingRun } from '@evenkeel/core';
import type { AsideWhy, CheckpointStore } from './checkpoint-store.ts';

/** What looking for a checkpoint to go on from has found. */
export type ResumeFinding =
  | { readonly type: 'verified'; readonly name: string; readonly step: number; readonly bytes: number }
  | { readonly type: 'corrupt'; readonly name: string; readonly reason: string; readonly asideAs: string };

export interface ResumePoint {
  /** Undefined: fresh weights. */
  readonly name: string | undefined;
  readonly step: number;
  /** News for the record: checkpoints on disk that it did not know, and damaged ones. */
  readonly findings: readonly ResumeFinding[];
  /** Why training must not go on at all: the newest checkpoint is of a later version. */
  readonly refused: string | undefined;
}

/**
 * The newest checkpoint whose bytes are right and that neither a gate nor an anomaly has condemned. Damaged ones are set
 * aside on the way, and so is everything newer than the one that is taken: its steps will be saved again.
 * @param before only checkpoints of a step <= this
 */
export async function findResumePoint(
  store: CheckpointStore,
  record: TrainingRun,
  before: number | undefined,
): Promise<ResumePoint> {
  const findings: ResumeFinding[] = [];
  const known = new Map(record.checkpoints.map((note) => [note.name, note]));
  const usable = new Set(resumeCandidates(record.checkpoints, before).map((note) => note.name));
  const names = [...(await store.list())].reverse();
  let taken: { name: string; step: number } | undefined;
  let refused: string | undefined;
  for (const name of names) {
    const step = stepOfName(name) ?? 0;
    const note = known.get(name);
    // One that the record does not know was sealed by the trainer when its supervisor was dead or busy.
    const isUnknown = note === undefined || note.standing === 'deleted' || note.standing === 'corrupt';
    if (!(usable.has(name) || (isUnknown && (before === undefined || step <= before)))) continue;
    const found = await store.verify(name);
    if (found.ok) {
      if (isUnknown) findings.push({ type: 'verified', name, step, bytes: found.bytes });
      taken = { name, step };
      break;
    }
    if (found.newer) {
      refused = `${name}: ${found.reason}`;
      break;
    }
    const asideAs = await store.setAside(name, 'corrupt');
    findings.push({ type: 'corrupt', name, reason: found.reason, asideAs });
  }
  const step = taken?.step ?? 0;
  if (refused === undefined) {
    for (const name of await store.list()) {
      if (taken !== undefined && (stepOfName(name) ?? 0) <= step) continue;
      const standing = known.get(name)?.standing;
      const why: AsideWhy = standing === 'failed' || standing === 'tainted' ? standing : 'newer_than_resume';
      await store.setAside(name, why);
    }
  }
  return { name: taken?.name, step, findings, refused };
}
