import { EvenkeelError } from '../kernel/errors.ts';

/** The newest layout of a checkpoint that this version reads and writes. */
export const MANIFEST_FORMAT = 1;

export const MANIFEST_FILE = 'MANIFEST.json';

export interface ManifestFile {
  /** Relative, inside the checkpoint's directory, `/` between parts. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What a checkpoint holds. It is written last: a directory without one is not a checkpoint. */
export interface CheckpointManifest {
  readonly format: number;
  /** Batches consumed, which is the index of the next one. */
  readonly step: number;
  readonly files: readonly ManifestFile[];
  /** Whatever the trainer wants to say about it (seed, position, skipped batches); shown, never read. */
  readonly note?: unknown;
}

/** Name of a checkpoint's directory: sorts by step. @throws EvenkeelError bad_request unless `step` is a whole number >= 0 */
export function checkpointName(step: number): string {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new EvenkeelError('bad_request', `a checkpoint's step is a whole number from 0, not ${step}`);
  return `step-${String(step).padStart(8, '0')}`;
}

/** The step in a checkpoint's name; undefined when it is not one (temporary, set aside, somebody else's). */
export function stepOfName(name: string): number | undefined {
  const digits = /^step-(\d{8,15})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * What is known of a checkpoint. `unjudged`: verified, no gate has looked at it. `passed` and `failed`: by gates. `tainted`:
 * made after the step at which training went wrong. `corrupt`: its bytes are not what its manifest says. `deleted`: by retention.
 */
export type CheckpointStanding = 'unjudged' | 'passed' | 'failed' | 'tainted' | 'corrupt' | 'deleted';

export interface CheckpointNote {
  readonly name: string;
  readonly step: number;
  readonly bytes: number;
  /** Wall milliseconds at which it was verified. */
  readonly at: number;
  readonly standing: CheckpointStanding;
  /** Its step in checkpoint intervals, rounded down. */
  readonly ordinal: number;
  /** Metrics that the trainer reported for it. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/** Whether a run may go on from it, or fall back to it. */
export const usable = (note: CheckpointNote): boolean =>
  note.standing === 'unjudged' || note.standing === 'passed';

/**
 * Candidates to resume from, best first: newest of those that are usable and hold no batch from `before` on.
 * The caller verifies each, and takes the first whose bytes are right.
 * @param before only checkpoints of a step <= this (the step that went wrong); undefined for no bound
 */
export function resumeCandidates(
  notes: readonly CheckpointNote[],
  before?: number,
): readonly CheckpointNote[] {
  return notes
    .filter((note) => usable(note) && (before === undefined || note.step <= before))
    .sort((a, b) => b.step - a.step || b.at - a.at);
}
