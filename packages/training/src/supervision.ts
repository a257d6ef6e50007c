import { join } from 'node:path';
import {
  type AnomalyWatch,
  advanceTraining,
  anomalyWatch,
  type CancelTimer,
  checkpointName,
  describeError,
  EvenkeelError,
  exitKind,
  hangWatch,
  isEvenkeelError,
  noteDecision,
  retainCheckpoints,
  type TrainingFault,
  type TrainingOrder,
  type TrainingRun,
  type TrainingRunEvent,
  trainingEnded,
} from '@evenkeel/core';
import { type Attempt, foldProgress, newAttempt, takeStep } from './attempt.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { bytesBelow, bytesFree } from './disk.ts';
import type { Fence } from './fence.ts';
import { type Judging, judgeCheckpoint, needsReport } from './judging.ts';
import { diskFault, usageFault } from './limits.ts';
import type { TrainerEvent, TrainerOrders } from './protocol.ts';
import { findResumePoint } from './resume-point.ts';
import type { SuperviseOptions, Supervision } from './supervise-types.ts';
import { trainerLog } from './trainer-log.ts';
import { errorCode, isDiskFull } from './whole-file.ts';

const BEAT_MS = 5_000;
const PERSIST_MS = 2_000;
const USAGE_MS = 1_000;
const DISK_MS = 10_000;

/** The running supervision of a run: one queue of events, worked off in their order. The fence is ours. */
export function beginSupervision(
  options: SuperviseOptions,
  lease: Fence,
  store: CheckpointStore,
  first: TrainingRun,
  firstRevision: number,
): Supervision {
  const { clock, timers, random, records, host, dir, run } = options;
  const { plan } = first;
  const log = trainerLog(join(dir, 'trainer.log'));
  const hang = hangWatch(plan.hang);
  const watch: AnomalyWatch | undefined = plan.anomaly === 'off' ? undefined : anomalyWatch(plan.anomaly);
  let record = first;
  let revision = firstRevision;
  let attempt: Attempt | undefined;
  let judging: Judging | undefined;
  let productionUri: string | undefined;
  let over = false;
  let unsaved = false;
  let cancelTick: CancelTimer = () => undefined;
  let cancelWait: CancelTimer = () => undefined;
  let cancelKill: CancelTimer = () => undefined;
  let lastFold = clock.now();
  let lastTick = clock.now();
  const due = { beat: 0, persist: 0, usage: 0, disk: 0 };
  let settle: (record: TrainingRun) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const finished = new Promise<TrainingRun>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  finished.catch(() => undefined);

  // One thing at a time: what arrives is worked off in its order.
  let tail: Promise<void> = Promise.resolve();
  function enqueue(work: () => Promise<void>): void {
    tail = tail.then(async () => {
      if (over) return;
      try {
        await work();
      } catch (error) {
        await abandon(error);
      }
    });
  }

  async function abandon(error: unknown): Promise<void> {
    over = true;
    cancelTick();
    cancelWait();
    cancelKill();
    attempt?.handle.kill();
    log.close();
    await lease.release().catch(() => undefined);
    fail(error);
  }

  function fold(): void {
    const now = clock.now();
    record = foldProgress(record, attempt, hang, now - lastFold);
    lastFold = now;
  }

  async function persist(): Promise<void> {
    fold();
    try {
      revision = await records.save(record, revision);
      unsaved = false;
    } catch (error) {
      if (isEvenkeelError(error) && error.code === 'conflict') throw error;
      // The disk is full or does not answer: training goes on, and it is tried again.
      unsaved = true;
      log.write(`evenkeel: the run's record could not be written: ${describeError(error)}`);
    }
    options.onProgress?.({ record, step: attempt?.next ?? record.step, loss: attempt?.lastLoss });
  }

  async function apply(event: TrainingRunEvent, keep = true): Promise<void> {
    fold();
    const before = record;
    const next = advanceTraining(record, event, { at: clock.wall(), random });
    record = next.record;
    if (keep && record !== before) await persist();
    for (const order of next.orders) await carryOut(order);
  }

  function note(what: string, why: string): void {
    record = noteDecision(record, clock.wall(), what, why);
  }

  function end(now: boolean, why: string): void {
    const dying = attempt;
    if (dying === undefined) return;
    dying.asked = true;
    log.write(`evenkeel: ${now ? 'killing' : 'ending'} the trainer: ${why}`);
    if (now) {
      dying.handle.kill();
      return;
    }
    dying.handle.terminate();
    cancelKill();
    cancelKill = timers.after(plan.graceMs, () => dying.handle.kill());
  }

  async function carryOut(order: TrainingOrder): Promise<void> {
    switch (order.type) {
      case 'start':
        return start(order.before);
      case 'terminate':
        return end(false, order.why);
      case 'kill':
        return end(true, order.why);
      case 'wait':
        cancelWait = timers.after(order.ms, () => enqueue(() => apply({ type: 'retry_due' })));
        return;
      case 'judge':
        return judge(order.name, order.final);
      case 'retain':
        return retain();
      case 'incident':
        options.onIncident?.({
          type: 'training_failure',
          run,
          service: record.service,
          fault: order.fault,
          summary: order.summary,
        });
        return;
      case 'ended':
        return finish();
    }
  }

  async function start(before: number | undefined): Promise<void> {
    await store.sweep();
    const point = await findResumePoint(store, record, before);
    for (const finding of point.findings) {
      if (finding.type === 'corrupt') await apply({ ...finding, type: 'checkpoint_corrupt' }, false);
      else await apply({ ...finding, type: 'checkpoint_verified' }, false);
    }
    if (point.refused !== undefined) {
      await apply({ type: 'fault', fault: { kind: 'misconfigured', reason: point.refused } });
      return;
    }
    watch?.rewind(point.step);
    productionUri = await options.production?.();
    const resume =
      point.name === undefined
        ? null
        : { path: join(store.dir, point.name), step: point.step, name: point.name };
    const orders: TrainerOrders = {
      format: 1,
      run,
      attempt: record.attempt + 1,
      checkpoints: store.dir,
      resume,
      checkpointEvery: plan.checkpointEvery,
      validateEvery: plan.gates.length === 0 ? 0 : plan.gateEvery,
      validateFirst: resume !== null && record.judging?.name === resume.name,
      skip: [...record.skip],
      graceMs: plan.graceMs,
      production: productionUri ?? null,
    };
    judging = undefined;
    const began: Attempt = newAttempt(
      host.start(
        orders,
        {
          event: (event) => {
            if (attempt === began && !over) hear(event);
          },
          violation: (line, reason, text) => {
            if (attempt === began && !over) violated(line === 0 ? reason : `line ${line}: ${reason}`, text);
          },
          text: (text) => log.write(text),
        },
        `${run}/${lease.token}`,
      ),
      orders,
      record,
    );
    attempt = began;
    hang.begin(clock.now());
    void began.handle.ended.then((how) => enqueue(() => gone(began, how.code, how.signal)));
    await apply({ type: 'spawned', pid: began.handle.pid ?? 0, step: point.step, from: point.name });
  }

  function fault(found: TrainingFault): void {
    enqueue(() => apply({ type: 'fault', fault: found }));
  }

  function violated(reason: string, text: string): void {
    if (attempt === undefined) return;
    attempt.violations += 1;
    log.write(`evenkeel: the trainer broke the protocol, ${reason}: ${text}`);
    // The first few are worth reading in the record; all of them are in the log.
    if (attempt.violations <= 5) note('hear nonsense', `${reason}: ${text.slice(0, 80)}`);
    if (attempt.violations === plan.maxViolations + 1)
      fault({
        kind: 'protocol',
        reason: `${attempt.violations} violations of the protocol, the last ${reason}`,
      });
  }

  function hear(event: TrainerEvent): void {
    const now = attempt;
    if (now === undefined) return;
    hang.alive(clock.now(), event.t === 'step');
    switch (event.t) {
      case 'step': {
        if (record.pending !== undefined) return;
        const verdict = takeStep(now, event, watch);
        if (verdict.kind === 'violation') violated(verdict.reason, JSON.stringify(event));
        else if (verdict.kind === 'anomaly') {
          const { reason, step, evidence, kind } = verdict.anomaly;
          fault({ kind: 'anomaly', reason: `${kind} at step ${step}: ${reason}`, before: step, evidence });
        } else options.onProgress?.({ record, step: now.next, loss: event.loss });
        return;
      }
      case 'start': {
        const given = now.orders.resume?.step ?? 0;
        if (event.step !== undefined && event.step !== given)
          violated(`it begins at step ${event.step}, but was given ${given}`, JSON.stringify(event));
        enqueue(() => apply({ type: 'started', totalSteps: event.totalSteps, dataFingerprint: event.data }));
        return;
      }
      case 'checkpoint':
        enqueue(() => saved(now, event.step, event.path));
        return;
      case 'validation':
        now.evaluations.set(event.step, event);
        enqueue(() => settleJudging(false));
        return;
      case 'anomaly':
        if (event.kind === 'disk_full')
          enqueue(() => diskFull(`the trainer says: ${event.detail ?? 'disk full'}`));
        else {
          const reason = `${event.kind} at step ${event.step}, found by the trainer${event.detail === undefined ? '' : `: ${event.detail}`}`;
          fault({ kind: 'anomaly', reason, before: event.step });
        }
        return;
      case 'stopped':
        return;
      case 'done':
        enqueue(() => done(event.step));
    }
  }

  async function diskFull(reason: string): Promise<void> {
    if (plan.onDiskFull === 'stop') await apply({ type: 'fault', fault: { kind: 'disk', reason } });
    else {
      note('go on without a checkpoint', reason);
      await persist();
    }
  }

  async function saved(from: Attempt, step: number, path: string): Promise<void> {
    if (attempt !== from) return;
    let name = path;
    try {
      name = store.nameOf(path);
      if (name.startsWith('.tmp-')) name = await store.seal(name, step);
      if (name !== checkpointName(step)) {
        violated(`checkpoint ${name} is not that of step ${step}`, path);
        await apply({ type: 'checkpoint_refused', name, reason: `its name is not that of step ${step}` });
        return;
      }
      if (
        record.checkpoints.some(
          (known) =>
            known.name === name &&
            known.standing !== 'deleted' &&
            known.standing !== 'corrupt' &&
            known.standing !== 'tainted' &&
            known.standing !== 'failed',
        )
      )
        return;
      await apply({ type: 'checkpoint_seen', name }, false);
      const found = await store.verify(name);
      if (found.ok) {
        await apply({ type: 'checkpoint_verified', name, step, bytes: found.bytes });
        // Figures come before the next checkpoint, or not at all.
        if (judging !== undefined && !judging.final && judging.step < step) await settleJudging(true);
        return;
      }
      violated(`checkpoint ${name} is not good: ${found.reason}`, path);
      const asideAs = await store.setAside(name, 'corrupt').catch(() => 'nothing');
      await apply({ type: 'checkpoint_refused', name, reason: `${found.reason}; set aside as ${asideAs}` });
    } catch (error) {
      if (isDiskFull(error)) {
        await diskFull(`${name} could not be sealed: ${describeError(error)}`);
        return;
      }
      if (!isEvenkeelError(error) && errorCode(error) === undefined) throw error;
      violated(describeError(error), path);
      await apply({ type: 'checkpoint_refused', name: name.slice(0, 100), reason: describeError(error) });
    }
  }

  async function done(step: number): Promise<void> {
    const name = checkpointName(step);
    const there = record.checkpoints.some((one) => one.name === name && one.standing !== 'corrupt');
    if (step === 0) {
      const reason = '"done" after zero steps: nothing was trained';
      await apply({ type: 'fault', fault: { kind: 'misconfigured', reason } });
      return;
    }
    await apply({ type: 'done', name: there ? name : undefined, step });
  }

  async function judge(name: string, final: boolean): Promise<void> {
    const step = record.checkpoints.find((one) => one.name === name)?.step ?? 0;
    judging = { name, step, final, until: clock.now() + plan.evaluationMs };
    if (attempt === undefined && !final) return;
    await settleJudging(!needsReport(record));
  }

  /** Gives the verdict that is owed, if the figures are there, or if they count as missing now. */
  async function settleJudging(anyway: boolean): Promise<void> {
    const owed = judging;
    if (owed === undefined) return;
    const report = attempt?.evaluations.get(owed.step);
    if (report === undefined && !anyway) return;
    judging = undefined;
    const { verdict, metrics } = judgeCheckpoint(record, owed.name, report, productionUri !== undefined);
    await apply({
      type: 'judged',
      name: owed.name,
      passed: verdict.passed,
      reason: verdict.reason,
      metrics,
      findings: verdict.findings,
    });
  }

  async function retain(): Promise<void> {
    // What is newest may be condemned in a moment.
    if (record.pending !== undefined) return;
    const named = new Map(await options.held?.());
    if (record.result !== undefined) named.set(record.result, 'the result of the run');
    if (judging !== undefined) named.set(judging.name, 'being judged');
    const { remove } = retainCheckpoints(record.checkpoints, plan.retention, named);
    for (const name of remove) {
      await store.remove(name);
      await apply({ type: 'checkpoint_deleted', name }, false);
    }
    if (remove.length > 0) await persist();
  }

  async function gone(which: Attempt, code: number | undefined, signal: string | undefined): Promise<void> {
    if (attempt !== which) return;
    cancelKill();
    fold();
    const exit = exitKind(code, signal, which.asked);
    log.write(`evenkeel: the trainer is gone: ${exit.reason}`);
    if (record.pending === undefined && !which.asked && exit.kind === 'crashed') {
      const free = await bytesFree(store.dir);
      const last = record.checkpoints.at(-1)?.bytes;
      if (free !== undefined && last !== undefined && free < last)
        await apply(
          {
            type: 'fault',
            fault: {
              kind: 'disk',
              reason: `the disk is full: ${free} bytes are free, a checkpoint takes ${last}`,
            },
          },
          false,
        );
    }
    const next = which.next;
    if (judging?.final === true && which.evaluations.get(judging.step) === undefined) {
      // It cannot come any more.
      await settleJudging(true);
    }
    fold();
    attempt = undefined;
    await apply({ type: 'exited', exit, step: next });
  }

  async function finish(): Promise<void> {
    over = true;
    cancelTick();
    cancelWait();
    cancelKill();
    log.close();
    await persist();
    await lease.release();
    settle(record);
  }

  function tick(): void {
    const now = clock.now();
    const late = now - lastTick - 2 * tickMs;
    // We did not run ourselves (the machine slept, or was overloaded): what we could not hear is no silence.
    if (late > 1_000) hang.excuse(late);
    lastTick = now;
    const running = attempt;
    if (running !== undefined && !running.asked) {
      const overdue = hang.overdueMs(now);
      if (overdue > 0)
        fault({
          kind: 'hang',
          reason: `no sign of life for ${((overdue + hang.allowedMs()) / 1_000).toFixed(1)} s at step ${running.next}`,
        });
      if (now >= due.usage) {
        due.usage = now + USAGE_MS;
        const found = usageFault(plan.limits, () => running.handle.usage());
        if (found !== undefined) fault(found);
      }
    }
    if (judging !== undefined && now >= judging.until) enqueue(() => settleJudging(true));
    if (plan.timeoutMs !== undefined && record.counts.activeMs + (now - lastFold) > plan.timeoutMs)
      fault({ kind: 'timeout', reason: `not finished after ${(plan.timeoutMs / 1_000).toFixed(0)} s` });
    if (plan.limits.diskBytes !== undefined && now >= due.disk) {
      due.disk = now + DISK_MS;
      enqueue(() => checkDisk(plan.limits.diskBytes ?? Number.POSITIVE_INFINITY));
    }
    if (now >= due.beat) {
      due.beat = now + BEAT_MS;
      enqueue(async () => {
        if (!(await lease.beat()))
          throw new EvenkeelError('conflict', `another supervisor has taken run ${run}`);
      });
    }
    if (now >= due.persist && (attempt !== undefined || unsaved)) {
      due.persist = now + PERSIST_MS;
      enqueue(persist);
    }
    if (!over) cancelTick = timers.after(tickMs, tick);
  }

  async function checkDisk(most: number): Promise<void> {
    if (attempt === undefined || attempt.asked) return;
    const found = diskFault(await bytesBelow(dir), most);
    if (found !== undefined) await apply({ type: 'fault', fault: found });
  }

  const tickMs = options.tickMs ?? 200;
  const tookOver = lease.tookOver || !(trainingEnded(first.phase) || first.phase === 'queued');
  enqueue(async () => {
    const cleared = await host.clear(run, plan.graceMs);
    if (cleared.length > 0) note('end orphans', cleared.join(', '));
    lastFold = clock.now();
    await apply({ type: 'supervised', tookOver });
  });
  cancelTick = timers.after(tickMs, tick);

  return {
    stop: (by) => enqueue(() => apply({ type: 'stop', by })),
    finished,
    record: () => record,
  };
}
