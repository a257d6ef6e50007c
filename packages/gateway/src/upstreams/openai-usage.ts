import type { Usage } from '@evenkeel/core';
import { isRecord } from './record.ts';

/** Tokens that a completion, an embedding or the last chunk of a stream says it used. */
export function usageOf(body: Readonly<Record<string, unknown>>): Usage | undefined {
  const { usage } = body;
  if (!isRecord(usage) || typeof usage.prompt_tokens !== 'number') return undefined;
  const { completion_tokens: output } = usage;
  return { inputTokens: usage.prompt_tokens, outputTokens: typeof output === 'number' ? output : 0 };
}
