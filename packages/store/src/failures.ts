import { EvenkeelError } from '@evenkeel/core';

/** How an operation failed, in words that both databases share. */
export type Failure =
  /** A statement did not change as many rows as it had to; nothing took effect. */
  | { readonly kind: 'unmet'; readonly statement: number }
  /** A unique, check or not-null rule was violated; nothing took effect. */
  | { readonly kind: 'constraint'; readonly message: string }
  /** The database is locked, full, gone or too slow. Repeating helps once it is back. */
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** The store cannot answer now; it goes on trying by itself whenever it is asked again. */
export function unavailable(detail: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError('store_unavailable', `the store cannot be used now: ${detail}`, {
    status: 503,
    cause,
  });
}

/** The error that the caller of an operation sees. */
export function failureError(
  failure: Failure,
  operation: readonly { readonly expect?: { readonly otherwise: string } | undefined }[],
): EvenkeelError {
  switch (failure.kind) {
    case 'unmet':
      return new EvenkeelError('conflict', operation[failure.statement]?.expect?.otherwise);
    case 'constraint':
      return new EvenkeelError('conflict', failure.message);
    case 'unavailable':
      return unavailable(failure.message);
    case 'failed':
      return new EvenkeelError('internal', `the store: ${failure.message}`);
  }
}
