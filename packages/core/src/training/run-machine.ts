import { EvenkeelError } from '../kernel/errors.ts';
import { type CheckpointNote, type CheckpointStanding, stepOfName, usable } from './checkpoint.ts';
import { modelGateDue } from './gates.ts';
import type { TrainerExit, TrainingOrder, TrainingRunEvent } from './run-events.ts';
import { noteDecision, settle, type TrainingAdvance, type TrainingMoment } from './run-settle.ts';
import {
  type TrainingFault,
  type TrainingFaultKind,
  type TrainingRun,
  trainingEnded,
} from './training-run.ts';

const only = (record: TrainingRun, ...orders: TrainingOrder[]): TrainingAdvance => ({ record, orders });

function stand(
  record: TrainingRun,
  name: string,
  standing: CheckpointStanding,
  more: Partial<CheckpointNote> = {},
): TrainingRun {
  const checkpoints = record.checkpoints.map((note) =>
    note.name === name ? { ...note, ...more, standing } : note,
  );
  return { ...record, checkpoints };
}

/** Faults after which nothing that the trainer would still save is wanted, or after which it must not go on for a moment. */
const AT_ONCE: readonly TrainingFaultKind[] = ['anomaly', 'gate', 'memory'];

function faulted(record: TrainingRun, fault: TrainingFault, moment: TrainingMoment): TrainingAdvance {
  if (record.pending !== undefined || trainingEnded(record.phase)) return only(record);
  if (record.pid === undefined) return settle(record, fault, moment);
  const pending = { ...record, pending: fault, reason: fault.reason, updatedAt: moment.at };
  return only(pending, { type: AT_ONCE.includes(fault.kind) ? 'kill' : 'terminate', why: fault.reason });
}

function succeed(record: TrainingRun, why: string, at: number): TrainingAdvance {
  const ended: TrainingRun = {
    ...noteDecision(record, at, 'succeed', why),
    phase: 'succeeded',
    reason: why,
    pending: undefined,
    pid: undefined,
    endedAt: at,
  };
  return only(ended, { type: 'retain' }, { type: 'ended' });
}

function stopped(record: TrainingRun, at: number, how: string): TrainingAdvance {
  const why = `stopped by ${record.stopRequested ?? 'request'}: ${how}`;
  const ended = noteDecision(record, at, 'stop', why);
  return only(
    { ...ended, phase: 'stopped', reason: why, pid: undefined, retryAt: undefined, endedAt: at },
    { type: 'ended' },
  );
}

const startOrder = ({ resumeBefore }: TrainingRun): TrainingOrder =>
  resumeBefore === undefined ? { type: 'start' } : { type: 'start', before: resumeBefore };

function supervised(record: TrainingRun, tookOver: boolean, moment: TrainingMoment): TrainingAdvance {
  if (record.phase === 'succeeded' || record.phase === 'failed' || record.phase === 'rolled_back')
    throw new EvenkeelError('conflict', `run ${record.id} has ended (${record.phase}): start a new one`);
  const { at } = moment;
  const resumed = record.phase === 'stopped';
  const why = tookOver ? 'the supervisor before is gone' : resumed ? 'resumed' : 'queued';
  const open: TrainingRun = {
    ...noteDecision(record, at, tookOver ? 'take over' : resumed ? 'resume' : 'start', why),
    stopRequested: undefined,
    endedAt: undefined,
    pid: undefined,
  };
  // What was noteDecision and not yet carried out comes first.
  if (open.result !== undefined) return succeed(open, 'the final model had passed', at);
  if (open.pending !== undefined) return settle(open, open.pending, moment);
  if (open.phase === 'backing_off' && open.retryAt !== undefined && open.retryAt > at)
    return only(open, { type: 'wait', ms: open.retryAt - at });
  return only({ ...open, phase: 'starting', reason: why, retryAt: undefined }, startOrder(open));
}

function spawned(
  record: TrainingRun,
  event: Extract<TrainingRunEvent, { type: 'spawned' }>,
  at: number,
): TrainingAdvance {
  const lost = Math.max(0, record.step - event.step);
  const why =
    event.from === undefined
      ? 'from fresh weights'
      : `from ${event.from}${lost === 0 ? '' : `, ${lost} steps lost`}`;
  const counts = {
    ...record.counts,
    stepsLost: record.counts.stepsLost + lost,
    lostMs: record.counts.lostMs + lost * (record.medianStepMs ?? 0),
    resumes: record.counts.resumes + (event.from === undefined ? 0 : 1),
  };
  // A verdict that is still owed is owed of the checkpoint that training goes on from, or not at all.
  const judging = record.judging?.name === event.from ? record.judging : undefined;
  const begun: TrainingRun = {
    ...noteDecision(record, at, 'start the trainer', why),
    phase: 'starting',
    reason: why,
    attempt: record.attempt + 1,
    step: event.step,
    resumedFrom: event.step,
    pid: event.pid,
    judging,
    retryAt: undefined,
    resumeBefore: undefined,
    counts,
  };
  return only(begun, ...(judging === undefined ? [] : [{ type: 'judge', ...judging } as const]));
}

function verified(
  record: TrainingRun,
  event: Extract<TrainingRunEvent, { type: 'checkpoint_verified' }>,
  at: number,
): TrainingAdvance {
  const { name, step, bytes } = event;
  const { plan } = record;
  const ordinal = Math.floor(step / plan.checkpointEvery);
  const note: CheckpointNote = { name, step, bytes, at, standing: 'unjudged', ordinal };
  const kept = record.checkpoints.filter((other) => other.name !== name);
  const saved: TrainingRun = {
    ...record,
    checkpoints: [...kept, note],
    checkpointCount: record.checkpointCount + 1,
    lastCheckpointAt: at,
    step: Math.max(record.step, step),
    setbacks: 0,
    updatedAt: at,
  };
  const previous = Math.max(0, ...kept.filter(usable).map((other) => (other.step < step ? other.step : 0)));
  const span = plan.checkpointEvery * plan.gateEvery;
  const free =
    saved.judging === undefined && saved.pending === undefined && saved.stopRequested === undefined;
  if (plan.gates.length > 0 && modelGateDue(step, previous, span) && free) {
    const judging = { name, final: false };
    return only(
      { ...saved, phase: 'validating', reason: `gates on ${name}`, judging },
      { type: 'judge', ...judging },
      { type: 'retain' },
    );
  }
  const phase = saved.judging === undefined ? 'running' : 'validating';
  return only({ ...saved, phase, reason: `saved ${name}` }, { type: 'retain' });
}

function judged(
  record: TrainingRun,
  event: Extract<TrainingRunEvent, { type: 'judged' }>,
  moment: TrainingMoment,
): TrainingAdvance {
  const { name, passed, reason } = event;
  const final = record.judging?.name === name && record.judging.final;
  const noted = noteDecision(
    stand(record, name, passed ? 'passed' : 'failed', { metrics: event.metrics }),
    moment.at,
    passed ? 'pass the gates' : 'fail the gates',
    `${name}: ${reason}`,
  );
  const judging = record.judging?.name === name ? undefined : record.judging;
  const after: TrainingRun = {
    ...noted,
    judging,
    lastGates: { name, passed, reason, findings: event.findings },
  };
  if (after.pending !== undefined) return only(after);
  if (passed) {
    if (!final)
      return only({
        ...after,
        phase: after.phase === 'validating' ? 'running' : after.phase,
        reason: `${name} passed`,
      });
    const done = { ...after, result: name, reason: 'the final model passed' };
    return done.pid === undefined
      ? succeed(done, `the final model passed: ${reason}`, moment.at)
      : only(done);
  }
  // The final model is being judged: an earlier checkpoint's late verdict does not change what it is.
  if (after.judging?.final === true) return only(after);
  const evidence = { name, ...event.metrics };
  const before = (stepOfName(name) ?? 1) - 1;
  return faulted(
    after,
    { kind: 'gate', reason: `${name} failed its gate: ${reason}`, evidence, before },
    moment,
  );
}

/** What an exit means that nobody ordered. */
function unordered(record: TrainingRun, exit: TrainerExit): TrainingFault {
  const at = `at step ${record.step}`;
  switch (exit.kind) {
    case 'clean':
      return { kind: 'crash', reason: `exit 0 without "done" ${at}: the training is not finished` };
    case 'anomaly':
      return { kind: 'anomaly', reason: exit.reason, before: record.step };
    case 'misconfigured':
    case 'not_startable':
      return { kind: exit.kind, reason: exit.reason };
    default:
      return { kind: 'crash', reason: `${exit.reason} ${at}` };
  }
}

function exited(
  record: TrainingRun,
  exit: TrainerExit,
  step: number,
  moment: TrainingMoment,
): TrainingAdvance {
  const gone: TrainingRun = {
    ...record,
    pid: undefined,
    step: Math.max(record.step, step),
    updatedAt: moment.at,
  };
  if (gone.result !== undefined) {
    const note = exit.kind === 'clean' ? '' : `; the trainer ended badly after "done" (${exit.reason})`;
    return succeed(gone, `the final model passed${note}`, moment.at);
  }
  if (gone.stopRequested !== undefined) return stopped(gone, moment.at, exit.reason);
  if (gone.pending !== undefined) return settle(gone, gone.pending, moment);
  if (gone.judging?.final === true) return only(gone);
  return settle(gone, unordered(gone, exit), moment);
}

function stop(record: TrainingRun, by: string, at: number): TrainingAdvance {
  if (trainingEnded(record.phase)) return only(record);
  const asked = { ...noteDecision(record, at, 'stop', `asked by ${by}`), stopRequested: by };
  return record.pid === undefined
    ? stopped(asked, at, 'no trainer was running')
    : only(asked, { type: 'terminate', why: `stop asked by ${by}` });
}

/**
 * The state machine of a run: what an event makes of it, and what has to be done. Pure: the same record, event, time and
 * random numbers give the same answer, so a supervisor that was killed goes on from the record alone.
 * @throws EvenkeelError conflict when a run is supervised that has ended
 */
export function advanceTraining(
  record: TrainingRun,
  event: TrainingRunEvent,
  moment: TrainingMoment,
): TrainingAdvance {
  const { at } = moment;
  switch (event.type) {
    case 'supervised':
      return supervised(record, event.tookOver, moment);
    case 'spawned':
      return spawned(record, event, at);
    case 'started':
      if (record.phase !== 'starting') return only(record);
      return only({
        ...record,
        phase: record.judging === undefined ? 'running' : 'validating',
        reason: 'training',
        totalSteps: event.totalSteps ?? record.totalSteps,
        dataFingerprint: event.dataFingerprint ?? record.dataFingerprint,
        updatedAt: at,
      });
    case 'checkpoint_seen':
      return record.phase === 'running'
        ? only({ ...record, phase: 'checkpointing', reason: `verifying ${event.name}`, updatedAt: at })
        : only(record);
    case 'checkpoint_verified':
      return verified(record, event, at);
    case 'checkpoint_refused': {
      const noted = noteDecision(record, at, 'refuse a checkpoint', `${event.name}: ${event.reason}`);
      return only(
        noted.phase === 'checkpointing' ? { ...noted, phase: 'running', reason: event.reason } : noted,
      );
    }
    case 'checkpoint_corrupt':
      return only(
        noteDecision(
          stand(record, event.name, 'corrupt'),
          at,
          'set aside',
          `${event.name} as ${event.asideAs}: ${event.reason}`,
        ),
      );
    case 'checkpoint_deleted':
      return only({ ...stand(record, event.name, 'deleted'), updatedAt: at });
    case 'judged':
      return judged(record, event, moment);
    case 'done': {
      // It is condemned already; what it says of its end does not matter.
      if (record.pending !== undefined) return only(record);
      if (event.name === undefined) {
        const reason = `"done" at step ${event.step} without a valid checkpoint of that step`;
        return faulted(record, { kind: 'protocol', reason }, moment);
      }
      const judging = { name: event.name, final: true };
      return only(
        { ...record, phase: 'validating', reason: 'gates on the final model', judging, updatedAt: at },
        { type: 'judge', ...judging },
      );
    }
    case 'fault':
      return faulted(record, event.fault, moment);
    case 'stop':
      return stop(record, event.by, at);
    case 'exited':
      return exited(record, event.exit, event.step, moment);
    case 'retry_due':
      return record.phase === 'backing_off'
        ? only(
            { ...record, phase: 'starting', reason: 'the wait is over', updatedAt: at },
            startOrder(record),
          )
        : only(record);
  }
}
