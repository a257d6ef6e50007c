import { spawn } from 'node:child_process';
import type { TrainingLimits } from '@evenkeel/core';
import { lineSplitter } from './line-splitter.ts';
import {
  killMarked,
  markedWith,
  processStat,
  RUN_VARIABLE,
  signalGroup,
  signalProcess,
  usageOf,
} from './processes.ts';
import { parseLine, TRAINER_VARIABLE } from './protocol.ts';
import type { TrainerEnd, TrainerHandle, TrainerHost } from './trainer-host.ts';

export interface ProcessHostOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string | undefined;
  /** Added to ours. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly limits: TrainingLimits;
}

/** Milliseconds that the rest of the output may take after the trainer itself has ended. */
const DRAIN_MS = 1_000;

/**
 * The trainer volunteers for the kernel's out-of-memory killer, so that it dies and not who watches it; CPU time has the
 * kernel's own limit too, a little above ours. `exec` keeps the pid.
 */
function script(limits: TrainingLimits): string {
  const cpu =
    limits.cpuMs === undefined ? '' : `ulimit -t ${Math.ceil(limits.cpuMs / 1_000) + 5} 2>/dev/null; `;
  return `echo 500 2>/dev/null >/proc/self/oom_score_adj; ${cpu}exec "$@"`;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Trainers as child processes, each the leader of a group of its own. */
export function processHost(options: ProcessHostOptions): TrainerHost {
  return {
    trainer: options.command,
    start(orders, sink, mark): TrainerHandle {
      const child = spawn('/bin/sh', ['-c', script(options.limits), 'evenkeel-trainer', ...options.command], {
        cwd: options.cwd,
        env: {
          ...process.env,
          ...options.env,
          [TRAINER_VARIABLE]: JSON.stringify(orders),
          [RUN_VARIABLE]: mark,
        },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      const { pid } = child;
      // Its standard input stays open for as long as we live: a trainer that reads the end of it knows that nobody listens.
      child.stdin.on('error', () => undefined);
      const out = lineSplitter(({ text, line, dropped }) => {
        if (dropped > 0) {
          sink.violation(
            line,
            `a line of ${text.length + dropped} bytes; the rest is dropped`,
            text.slice(0, 200),
          );
          return;
        }
        const parsed = parseLine(text);
        if (parsed.kind === 'event') sink.event(parsed.event);
        else if (parsed.kind === 'violation') sink.violation(line, parsed.reason, text.slice(0, 200));
        else sink.text(text);
      });
      const err = lineSplitter(({ text }) => sink.text(text), 16 * 1024);
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));

      const ended = new Promise<TrainerEnd>((resolve) => {
        let end: TrainerEnd | undefined;
        const finish = (): void => {
          out.end();
          err.end();
          child.stdout.destroy();
          child.stderr.destroy();
          resolve(end ?? { code: 127, signal: undefined });
        };
        child.once('error', (error) => {
          sink.text(`evenkeel: ${error.message}`);
          end ??= { code: 127, signal: undefined };
          if (pid === undefined) finish();
        });
        child.once('exit', (code, signal) => {
          end = { code: code ?? undefined, signal: signal ?? undefined };
          // What it started goes with it; a grandchild could hold its output open for ever.
          if (pid !== undefined) signalGroup(pid, 'SIGKILL');
          const timer = setTimeout(finish, DRAIN_MS);
          child.once('close', () => {
            clearTimeout(timer);
            finish();
          });
        });
      }).then(async (end) => {
        // Whoever left the group still carries the mark.
        await killMarked(orders.run, pause);
        return end;
      });

      return {
        pid,
        startTicks: pid === undefined ? undefined : startTicksOf(pid),
        terminate() {
          // Only the leader: its workers, loading data, are needed for the final checkpoint.
          if (pid !== undefined) signalProcess(pid, 'SIGTERM');
        },
        kill() {
          if (pid !== undefined) signalGroup(pid, 'SIGKILL');
        },
        ended,
        usage: () => (pid === undefined ? undefined : usageOf(pid)),
      };
    },

    async clear(run, graceMs) {
      const left = markedWith(run);
      if (left.length === 0) return [];
      // Their supervisor is gone; the leaders may be saving at this moment, having seen the end of their input.
      for (const one of left) if (one.group === one.pid) signalProcess(one.pid, 'SIGTERM');
      const until = performance.now() + graceMs;
      while (performance.now() < until && markedWith(run).length > 0) await pause(20);
      await killMarked(run, pause);
      return left.map((one) => `process ${one.pid}`);
    },
  };
}

function startTicksOf(pid: number): number | undefined {
  try {
    return processStat(pid)?.startTicks;
  } catch {
    return undefined;
  }
}
