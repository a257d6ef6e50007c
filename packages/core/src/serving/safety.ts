import type { Prediction, PredictRequest } from './prediction.ts';

export type Strictness = 'relaxed' | 'normal' | 'strict';

/** What the output safety check decides about an answer. */
export type SafetyVerdict =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'block'; readonly reason: string }
  | { readonly verdict: 'replace'; readonly reason: string; readonly output: unknown }
  /** A person decides; the caller gets `output` meanwhile. */
  | { readonly verdict: 'hold'; readonly reason: string; readonly output: unknown };

/** Stands at the end of the path and sees every answer before the caller does. */
export interface SafetyCheck {
  /** Whole answers. Throwing counts as `block`: the check fails closed. */
  check(
    prediction: Prediction & { kind: 'value' },
    request: PredictRequest,
    strictness: Strictness,
  ): SafetyVerdict | Promise<SafetyVerdict>;
  /**
   * Streams: sees the text so far after each chunk and may break the stream off.
   * @returns undefined to go on, or the reason to stop
   */
  checkText(text: string, strictness: Strictness): string | undefined;
  /** The text that a chunk adds, for {@link checkText}. */
  textOf(chunk: unknown): string;
}

export const ALLOW: SafetyVerdict = { verdict: 'allow' };
