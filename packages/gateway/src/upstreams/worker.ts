import { Worker } from 'node:worker_threads';
import {
  backoff,
  type CancelTimer,
  type Clock,
  describeError,
  EvenkeelError,
  isEvenkeelError,
  type Random,
  type Timers,
  type ValuePrediction,
} from '@evenkeel/core';
import { failure, malformed } from './failure.ts';
import { moduleFailure, pickOutput } from './function.ts';
import type { Model, ModelCall } from './model.ts';
import { createPicker, type PickOptions } from './pick.ts';
import { isRecord } from './record.ts';
import { workerHostFile } from './worker-file.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker-messages.ts';

export interface WorkerModelOptions extends PickOptions {
  readonly name: string;
  readonly version: string;
  /** Path of the module that exports `createModel(options)`. */
  readonly module: string;
  /** Handed to `createModel`; must be something that can be copied into a thread. */
  readonly moduleOptions?: unknown;
  /** Calls inside the module at once. Default 1: for one that computes rather than waits. */
  readonly concurrency?: number | undefined;
  /** Calls that wait in front of the thread, at most; beyond, they are shed. Default 1,000. */
  readonly maxQueue?: number | undefined;
  /** Milliseconds the module may take to load. Default 120,000. */
  readonly loadMs?: number | undefined;
  /** Milliseconds between heartbeats. Default 1,000. */
  readonly heartbeatMs?: number | undefined;
  /** Milliseconds without a sign of life after which the thread is ended and started anew. Default 10,000. */
  readonly hangMs?: number | undefined;
  /** Milliseconds before the first restart; doubles up to 30 s while restarts do not help. Default 200. */
  readonly restartMs?: number | undefined;
  /** Megabytes of the thread's heap; none by default. */
  readonly maxHeapMb?: number | undefined;
  /** The thread's own script. Default: the one that comes with this package. */
  readonly hostFile?: string | undefined;
}

export interface WorkerSnapshot {
  readonly state: 'starting' | 'ready' | 'restarting' | 'closed';
  /** Of the running thread; undefined between two. */
  readonly threadId: number | undefined;
  /** Calls inside the module, with those whose caller has gone but which it has not finished. */
  readonly busy: number;
  readonly queued: number;
  readonly restarts: number;
  /** Why the thread last went down; undefined while it never has. */
  readonly lastError: string | undefined;
}

export interface WorkerModel extends Model {
  snapshot(): WorkerSnapshot;
}

interface Job {
  readonly id: number;
  readonly call: ModelCall;
  readonly resolve: (prediction: ValuePrediction) => void;
  readonly reject: (error: EvenkeelError) => void;
  readonly onAbort: () => void;
}

const MAX_RESTART_MS = 30_000;
/** A thread that lived this long has recovered: the next fall starts from the shortest wait. */
const STABLE_MS = 10_000;
/** Heartbeats missed before it counts as unhealthy: one long computation is no illness. */
const UNHEALTHY_BEATS = 3;

function isFromWorker(message: unknown): message is FromWorker {
  return isRecord(message) && typeof message.kind === 'string';
}

/**
 * A model in a thread of its own, so that its computing does not hold up the serving of others. Loads in the
 * background: until it is ready, and while it restarts after a fall, calls are turned down at once and it is unhealthy.
 * Calls wait on this side, so one whose caller goes never reaches the thread.
 * @throws EvenkeelError `config_invalid`
 */
export function createWorkerModel(
  options: WorkerModelOptions,
  host: { readonly clock: Clock; readonly timers: Timers; readonly random: Random },
): WorkerModel {
  const { name, version } = options;
  const concurrency = options.concurrency ?? 1;
  const maxQueue = options.maxQueue ?? 1_000;
  const heartbeatMs = options.heartbeatMs ?? 1_000;
  const hangMs = options.hangMs ?? 10_000;
  const loadMs = options.loadMs ?? 120_000;
  const pick = createPicker(options);
  const hostFile = options.hostFile ?? workerHostFile();
  const setup: WorkerSetup = { module: options.module, options: options.moduleOptions };

  // Insertion order is the order of waiting, and one from the middle can leave.
  const queue = new Map<number, Job>();
  const running = new Map<number, Job | undefined>();
  let state: WorkerSnapshot['state'] = 'starting';
  let worker: Worker | undefined;
  let cancelTimer: CancelTimer = () => {};
  let nextId = 1;
  let restarts = 0;
  let fallsInARow = 0;
  let readyAt = 0;
  let missedBeats = 0;
  let awaitingPong = false;
  let lastError: string | undefined;

  const send = (message: ToWorker): void => worker?.postMessage(message);
  const down = (detail: string): EvenkeelError =>
    failure('connection', 'upstream_error', `worker: ${detail}`);

  function fill(): void {
    while (state === 'ready' && running.size < concurrency) {
      const [job] = queue.values();
      if (job === undefined) return;
      queue.delete(job.id);
      running.set(job.id, job);
      try {
        send({ kind: 'call', id: job.id, input: job.call.request.input, features: job.call.features });
      } catch (cause) {
        running.delete(job.id);
        settle(job);
        job.reject(new EvenkeelError('bad_request', 'the input cannot be handed to the model', { cause }));
      }
    }
  }

  function settle(job: Job): void {
    job.call.signal.removeEventListener('abort', job.onAbort);
  }

  function finish(id: number, conclude: (job: Job) => void): void {
    const job = running.get(id);
    running.delete(id);
    if (job !== undefined) {
      settle(job);
      conclude(job);
    }
    fill();
  }

  function dropAll(error: EvenkeelError): void {
    const jobs = [...running.values(), ...queue.values()];
    running.clear();
    queue.clear();
    for (const job of jobs) {
      if (job === undefined) continue;
      settle(job);
      job.reject(error);
    }
  }

  function fell(detail: string): void {
    if (state === 'closed') return;
    cancelTimer();
    lastError = detail;
    if (state === 'ready' && host.clock.now() - readyAt >= STABLE_MS) fallsInARow = 0;
    fallsInARow += 1;
    state = 'restarting';
    dropAll(down(detail));
    const fallen = worker;
    worker = undefined;
    fallen?.removeAllListeners();
    // Ending it may fail it once more; nobody waits for that.
    fallen?.on('error', () => {});
    void fallen?.terminate();
    const baseMs = options.restartMs ?? 200;
    const wait = baseMs / 2 + backoff(fallsInARow, host.random, { baseMs, maxMs: MAX_RESTART_MS });
    cancelTimer = host.timers.after(wait, () => {
      restarts += 1;
      try {
        spawn();
      } catch (error) {
        fell(describeError(error));
      }
    });
  }

  function beat(): void {
    missedBeats = awaitingPong ? missedBeats + 1 : 0;
    // Counted in beats and not by the clock: after a pause of this process itself the thread is given time to answer.
    if (missedBeats * heartbeatMs >= hangMs) {
      fell(`no sign of life for ${missedBeats * heartbeatMs} ms`);
      return;
    }
    awaitingPong = true;
    send({ kind: 'ping' });
    cancelTimer = host.timers.after(heartbeatMs, beat);
  }

  function hear(message: FromWorker): void {
    awaitingPong = false;
    switch (message.kind) {
      case 'ready':
        if (state === 'ready') return;
        state = 'ready';
        readyAt = host.clock.now();
        missedBeats = 0;
        cancelTimer();
        beat();
        return;
      case 'unloadable':
        fell(`the module does not load: ${message.message}`);
        return;
      case 'result':
        finish(message.id, (job) => {
          try {
            job.resolve({ kind: 'value', model: name, version, ...pickOutput(pick, message.output) });
          } catch (error) {
            job.reject(isEvenkeelError(error) ? error : malformed('the answer cannot be read', error));
          }
        });
        return;
      case 'error':
        finish(message.id, (job) => {
          job.reject(moduleFailure(Object.assign(new Error(message.message), { code: message.code })));
        });
        return;
      case 'pong':
        return;
    }
  }

  function spawn(): void {
    state = restarts === 0 ? 'starting' : 'restarting';
    awaitingPong = false;
    const started = new Worker(hostFile, {
      workerData: setup,
      name: `model ${name}`,
      ...(options.maxHeapMb === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb } }),
    });
    worker = started;
    let fault = 'it ended';
    started.on('message', (message: unknown) => {
      if (isFromWorker(message)) hear(message);
    });
    started.on('error', (error) => {
      fault = error.message;
    });
    started.on('exit', (code) => fell(`${fault} (exit code ${code})`));
    cancelTimer = host.timers.after(loadMs, () => fell(`not loaded within ${loadMs} ms`));
  }

  function abort(job: Job): void {
    settle(job);
    const reason: unknown = job.call.signal.reason;
    job.reject(isEvenkeelError(reason) ? reason : new EvenkeelError('client_closed'));
    if (queue.delete(job.id) || !running.has(job.id)) return;
    // The thread is busy with it until it says otherwise.
    running.set(job.id, undefined);
    send({ kind: 'abort', id: job.id });
  }

  try {
    spawn();
  } catch (cause) {
    cancelTimer();
    throw new EvenkeelError('config_invalid', `model ${name}: ${describeError(cause)}`, { cause });
  }
  return {
    name,
    version,
    call(call) {
      if (state === 'closed') return Promise.reject(down('closed'));
      if (state !== 'ready')
        return Promise.reject(
          down(lastError === undefined ? 'still loading' : `${state} after: ${lastError}`),
        );
      if (queue.size >= maxQueue)
        return Promise.reject(new EvenkeelError('shed', `worker: ${maxQueue} calls wait already`));
      return new Promise((resolve, reject) => {
        const job: Job = { id: nextId++, call, resolve, reject, onAbort: () => abort(job) };
        if (call.signal.aborted) {
          abort(job);
          return;
        }
        call.signal.addEventListener('abort', job.onAbort);
        queue.set(job.id, job);
        fill();
      });
    },
    healthy() {
      if (state === 'ready' && missedBeats < UNHEALTHY_BEATS) return Promise.resolve(true);
      return Promise.reject(
        down(
          state === 'ready'
            ? `${missedBeats} heartbeats missed`
            : `${state}${lastError === undefined ? '' : `: ${lastError}`}`,
        ),
      );
    },
    async close() {
      if (state === 'closed') return;
      state = 'closed';
      cancelTimer();
      dropAll(down('closed'));
      const last = worker;
      worker = undefined;
      // A thread that becomes ready in the middle of its end must not be heard.
      last?.removeAllListeners();
      last?.on('error', () => {});
      await last?.terminate();
    },
    snapshot: () => ({
      state,
      threadId: worker?.threadId,
      busy: running.size,
      queued: queue.size,
      restarts,
      lastError,
    }),
  };
}
