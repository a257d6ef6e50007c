import { backoff } from '../degradation/backoff.ts';
import type { Random } from '../kernel/random.ts';
import { addSkip, skipWindow } from './anomaly.ts';
import { type CheckpointNote, resumeCandidates, usable } from './checkpoint.ts';
import type { TrainingOrder } from './run-events.ts';
import {
  DECISIONS_KEPT,
  type TrainingFault,
  type TrainingFaultKind,
  type TrainingRun,
} from './training-run.ts';

export interface TrainingMoment {
  /** Wall milliseconds. */
  readonly at: number;
  readonly random: Random;
}

export interface TrainingAdvance {
  readonly record: TrainingRun;
  readonly orders: readonly TrainingOrder[];
}

/** Puts a decision and its reason on the record. */
export function noteDecision(record: TrainingRun, at: number, what: string, why: string): TrainingRun {
  const decisions = [...record.decisions, { at, step: record.step, what, why }];
  return { ...record, updatedAt: at, decisions: decisions.slice(-DECISIONS_KEPT) };
}

/** Another attempt would come to the same end. */
const HOPELESS: readonly TrainingFaultKind[] = ['timeout', 'cpu', 'disk', 'misconfigured', 'not_startable'];

/** Ends the run as failed; its result is its last good checkpoint, where the plan says so and there is one. */
export function concludeFailed(
  failed: TrainingRun,
  fault: TrainingFault,
  why: string,
  at: number,
): TrainingAdvance {
  // What descends from a condemned state is no result.
  const record =
    fault.before === undefined ? failed : { ...failed, checkpoints: taint(failed, fault.before) };
  const candidates = record.plan.rollbackOnFailure ? resumeCandidates(record.checkpoints) : [];
  // After a failed gate, only what has passed one is known to be better.
  const good = fault.kind === 'gate' ? candidates.find((note) => note.standing === 'passed') : candidates[0];
  const reason = good === undefined ? why : `${why}; rolled back to ${good.name}`;
  const ended: TrainingRun = {
    ...noteDecision(record, at, good === undefined ? 'fail' : 'roll back', reason),
    phase: good === undefined ? 'failed' : 'rolled_back',
    reason,
    pending: undefined,
    lastFault: fault,
    judging: undefined,
    retryAt: undefined,
    pid: undefined,
    endedAt: at,
    result: good?.name,
  };
  const summary = `training of ${record.name} failed: ${reason}`;
  return { record: ended, orders: [{ type: 'incident', fault, summary }, { type: 'ended' }] };
}

/** Marks what was saved after `step` as not to be gone on from. */
function taint(record: TrainingRun, step: number): readonly CheckpointNote[] {
  return record.checkpoints.map((note) =>
    note.step > step && usable(note) ? { ...note, standing: 'tainted' } : note,
  );
}

function goBack(record: TrainingRun, fault: TrainingFault, moment: TrainingMoment): TrainingAdvance {
  const { plan } = record;
  const step = fault.before ?? record.step;
  if (record.rollbacks >= plan.maxRollbacks)
    return concludeFailed(
      record,
      fault,
      `${fault.reason}; went back ${record.rollbacks} times already`,
      moment.at,
    );
  const resume = resumeCandidates(record.checkpoints, step)[0]?.step ?? 0;
  const range = skipWindow(step, resume, plan.skip.before, plan.skip.after);
  const why = `${fault.reason}; from step ${resume}, without batches ${range.from} to ${range.to}`;
  const back: TrainingRun = {
    ...noteDecision(record, moment.at, 'go back', why),
    phase: 'starting',
    reason: why,
    pending: undefined,
    lastFault: fault,
    judging: undefined,
    pid: undefined,
    rollbacks: record.rollbacks + 1,
    skip: addSkip(record.skip, range),
    resumeBefore: step,
    checkpoints: taint(record, step),
  };
  return { record: back, orders: [{ type: 'start', before: step }] };
}

const same = (a: TrainingFault | undefined, b: TrainingFault): boolean =>
  a !== undefined &&
  a.kind === b.kind &&
  a.evidence !== undefined &&
  JSON.stringify(a.evidence) === JSON.stringify(b.evidence);

/** Decides what becomes of a run whose trainer has gone because of `fault`. */
export function settle(record: TrainingRun, fault: TrainingFault, moment: TrainingMoment): TrainingAdvance {
  const { plan } = record;
  if (fault.kind === 'anomaly') return goBack(record, fault, moment);
  if (HOPELESS.includes(fault.kind)) return concludeFailed(record, fault, fault.reason, moment.at);
  if (fault.kind === 'gate') {
    if (plan.onGateFailure === 'stop') return concludeFailed(record, fault, fault.reason, moment.at);
    if (same(record.lastFault, fault)) {
      const why = `${fault.reason}; a retry came to the very same figures`;
      return concludeFailed(record, fault, why, moment.at);
    }
  }
  if (record.retries >= plan.maxRetries) {
    const count =
      plan.maxRetries === 0 ? 'no retries are allowed' : `all ${plan.maxRetries} retries are used`;
    return concludeFailed(record, fault, `${fault.reason}; ${count}`, moment.at);
  }
  const setbacks = record.setbacks + 1;
  const ms = backoff(setbacks, moment.random, plan.backoff);
  const why = `${fault.reason}; retry ${record.retries + 1} of ${plan.maxRetries} in ${(ms / 1_000).toFixed(1)} s`;
  const waiting: TrainingRun = {
    ...noteDecision(record, moment.at, 'retry', why),
    phase: 'backing_off',
    reason: why,
    pending: undefined,
    lastFault: fault,
    pid: undefined,
    retries: record.retries + 1,
    setbacks,
    ...(fault.before === undefined
      ? {}
      : { resumeBefore: fault.before, checkpoints: taint(record, fault.before) }),
    retryAt: moment.at + ms,
  };
  return { record: waiting, orders: [{ type: 'wait', ms }] };
}
