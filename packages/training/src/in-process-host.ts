import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName, describeError } from '@evenkeel/core';
import { sealCheckpoint } from './checkpoint-store.ts';
import { checkEvent, type TrainerEventInput, type TrainerOrders } from './protocol.ts';
import type { TrainerEnd, TrainerHandle, TrainerHost } from './trainer-host.ts';

/** What a trainer in process is given: the same orders, and the same events back. */
export interface TrainerContext {
  readonly orders: TrainerOrders;
  /** Aborted when it has to save and stop. */
  readonly signal: AbortSignal;
  emit(event: TrainerEventInput): void;
  /** Lets `write` fill a temporary directory, seals it as the checkpoint of `step`, and says so. */
  checkpoint(step: number, write: (dir: string) => Promise<void>): Promise<void>;
  /** Whether the batch is one to pass over. */
  skips(step: number): boolean;
}

/**
 * A trainer as a TypeScript object. It must leave the event loop free now and then (every step, at best): nobody can
 * take it off the processor. Untrusted or native code belongs into a process.
 */
export interface Trainer {
  readonly name: string;
  /** Resolves after `done`, or after it stopped because the signal was aborted. */
  run(context: TrainerContext): Promise<void>;
}

/**
 * Trainers in this process. What is killed cannot be ended from outside: it is cut off instead, whatever it still says
 * or saves is not heard, and its checkpoints are refused.
 */
export function inProcessHost(trainer: Trainer): TrainerHost {
  return {
    trainer: [trainer.name],
    start(orders, sink): TrainerHandle {
      const stop = new AbortController();
      let cut = false;
      let finish: (end: TrainerEnd) => void = () => undefined;
      const cutOff = new Promise<TrainerEnd>((resolve) => {
        finish = resolve;
      });
      let finished = false;
      const live = (): void => {
        if (cut) throw new Error('this attempt was ended');
      };
      const context: TrainerContext = {
        orders,
        signal: stop.signal,
        emit(event) {
          live();
          const checked = checkEvent(event);
          if (checked.t === 'done' || checked.t === 'stopped') finished = true;
          sink.event(checked);
        },
        async checkpoint(step, write) {
          live();
          const name = checkpointName(step);
          // Saved already at this step: the last one often coincides with the end.
          if (await isThere(join(orders.checkpoints, name))) {
            context.emit({ t: 'checkpoint', step, path: name });
            return;
          }
          const temporary = join(orders.checkpoints, `.tmp-${orders.attempt}-${name}`);
          await rm(temporary, { recursive: true, force: true });
          await mkdir(temporary, { recursive: true });
          await write(temporary);
          live();
          await sealCheckpoint(orders.checkpoints, temporary, step);
          context.emit({ t: 'checkpoint', step, path: name });
        },
        skips: (step) => orders.skip.some((range) => step >= range.from && step <= range.to),
      };
      // Not at once: whoever starts it must know it before it says anything.
      const run = Promise.resolve()
        .then(() => trainer.run(context))
        .then(
          (): TrainerEnd => ({ code: stop.signal.aborted && finished ? 143 : 0, signal: undefined }),
          (error: unknown): TrainerEnd => {
            if (!cut) sink.text(`${trainer.name}: ${describeError(error)}`);
            return { code: 1, signal: undefined };
          },
        );
      return {
        pid: undefined,
        startTicks: undefined,
        terminate: () => stop.abort(),
        kill() {
          cut = true;
          stop.abort();
          finish({ code: undefined, signal: 'SIGKILL' });
        },
        ended: Promise.race([run, cutOff]),
        usage: () => undefined,
      };
    },
    clear: () => Promise.resolve([]),
  };
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
