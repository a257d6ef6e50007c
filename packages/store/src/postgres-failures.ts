import { describeError } from '@evenkeel/core';
import pg from 'pg';
import type { Failure } from './failures.ts';

/**
 * Classes of https://www.postgresql.org/docs/15/errcodes-appendix.html after which trying again later makes sense: connection,
 * transaction rollback (deadlock), resources (disk full, too many connections), operator intervention (shut down, cancelled by
 * time-out), system error, lock not available, read-only (a standby), idle in transaction.
 */
const UNAVAILABLE = ['08', '40', '53', '57', '58', '55P03', '25006', '25P03'];

export function postgresFailure(error: unknown): Failure {
  const message = describeError(error);
  // Whatever did not come from the server came from the way to it.
  if (!(error instanceof pg.DatabaseError)) return { kind: 'unavailable', message };
  const code = error.code ?? '';
  if (UNAVAILABLE.some((prefix) => code.startsWith(prefix))) return { kind: 'unavailable', message };
  if (code.startsWith('23')) return { kind: 'constraint', message };
  return { kind: 'failed', message };
}
