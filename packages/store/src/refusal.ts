import type { ErrorCode } from '@evenkeel/core';

/**
 * What an EvenkeelError is on the main thread. The threads load nothing of core: they start faster, and what they throw has to
 * be turned into a message anyway.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Code and text of anything thrown, to be sent to another thread. */
export function asMessage(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  return {
    code: error instanceof Refusal ? error.code : 'internal',
    message: error instanceof Error ? error.message : String(error),
  };
}
