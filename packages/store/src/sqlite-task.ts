/** A thread that does one long thing on a connection of its own, so that the thread that owns the file goes on writing. */
import { parentPort, workerData } from 'node:worker_threads';
import { asMessage } from './refusal.ts';
import { backupFile, checkFile, restoreFile } from './sqlite-copy.ts';
import type { TaskAnswer, TaskOrder } from './sqlite-tasks.ts';

function run(order: TaskOrder): readonly string[] {
  switch (order.kind) {
    case 'integrity':
      return checkFile(order.file);
    case 'backup':
      backupFile(order.from, order.to);
      return [];
    case 'restore':
      restoreFile(order.from, order.to, order.replace);
      return [];
  }
}

function answer(order: TaskOrder): TaskAnswer {
  try {
    return { ok: true, findings: run(order) };
  } catch (error) {
    return { ok: false, ...asMessage(error) };
  }
}

parentPort?.postMessage(answer(workerData));
