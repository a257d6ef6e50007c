import type { ErrorCode } from '@evenkeel/core';
import type { Operation, StatementResult } from './database.ts';
import type { Failure } from './failures.ts';

export interface WorkerOptions {
  readonly file: string;
  /** Takes the lock that keeps a second process out, and may migrate. False for a short-lived tool beside the process that has it. */
  readonly owner: boolean;
  /** Milliseconds that a statement waits for a lock of another process. */
  readonly busyMs: number;
}

export type OperationResult =
  | { readonly ok: true; readonly results: readonly StatementResult[] }
  | { readonly ok: false; readonly failure: Failure };

export type ToWorker =
  | { readonly kind: 'operations'; readonly batch: number; readonly operations: readonly Operation[] }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'opened'; readonly schemaVersion: number }
  | { readonly kind: 'failed'; readonly message: string; readonly code: ErrorCode }
  | { readonly kind: 'results'; readonly batch: number; readonly results: readonly OperationResult[] };
