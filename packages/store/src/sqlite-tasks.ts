import { type ErrorCode, EvenkeelError } from '@evenkeel/core';
import { startWorker } from './sqlite-thread.ts';

export type TaskOrder =
  | { readonly kind: 'integrity'; readonly file: string }
  | { readonly kind: 'backup'; readonly from: string; readonly to: string }
  | { readonly kind: 'restore'; readonly from: string; readonly to: string; readonly replace: boolean };

export type TaskAnswer =
  | { readonly ok: true; readonly findings: readonly string[] }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Runs one order in a thread of its own. */
export function sqliteTask(order: TaskOrder): Promise<readonly string[]> {
  const worker = startWorker('sqlite-task', order);
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () =>
      reject(new EvenkeelError('internal', 'the database thread ended without an answer')),
    );
    worker.on('message', (answer: TaskAnswer) => {
      if (answer.ok) resolve(answer.findings);
      else reject(new EvenkeelError(answer.code, answer.message));
    });
  });
}

/**
 * Puts a backup in the place of a database that nobody has open.
 * @param from a file that `Store.backup` wrote (any whole database file of evenkeel does)
 * @param to the database file
 * @param options `replace`: a database that is there already is kept beside it under a name ending in `.replaced`; without it
 *   that is refused
 * @throws EvenkeelError not_found without a backup, conflict when the place is taken or in use, bad_request when the backup is
 *   damaged or no evenkeel database, config_invalid when its schema is newer than this program
 */
export async function restoreSqlite(
  from: string,
  to: string,
  options: { readonly replace?: boolean | undefined } = {},
): Promise<void> {
  await sqliteTask({ kind: 'restore', from, to, replace: options.replace === true });
}
