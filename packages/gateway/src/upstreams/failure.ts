import { type ErrorCode, EvenkeelError } from '@evenkeel/core';

/** Kinds of failure of an upstream that a file can ask to have retried. */
export type FailureKind = 'connection' | 'timeout' | 'overload' | 'server_error' | 'malformed';

export const FAILURE_KINDS: readonly FailureKind[] = [
  'connection',
  'timeout',
  'overload',
  'server_error',
  'malformed',
];

/** Beside the error and not in it: the kind matters only between an upstream and its own retries. */
const kinds = new WeakMap<EvenkeelError, FailureKind>();

/** An error of a kind that trying again may cure. */
export function failure(
  kind: FailureKind,
  code: ErrorCode,
  detail: string,
  options: { cause?: unknown; retryAfterMs?: number } = {},
): EvenkeelError {
  const error = new EvenkeelError(code, detail, options);
  kinds.set(error, kind);
  return error;
}

/** Undefined for errors that trying again will not cure: the caller's, and those of a wrong set-up. */
export function failureKind(error: unknown): FailureKind | undefined {
  return error instanceof EvenkeelError ? kinds.get(error) : undefined;
}

export function malformed(detail: string, cause?: unknown): EvenkeelError {
  return failure('malformed', 'upstream_malformed', detail, cause === undefined ? {} : { cause });
}
