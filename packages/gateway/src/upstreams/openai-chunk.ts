import type { Usage } from '@evenkeel/core';
import { usageOf } from './openai-usage.ts';
import { isRecord } from './record.ts';
import { messageOf } from './status.ts';

/** What one chunk of a streamed completion means for the stream. */
export interface ChunkFacts {
  readonly error: string | undefined;
  /** Whether it carries a token, or the end of an answer that has none. */
  readonly content: boolean;
  /** Indices of the choices that end with it. */
  readonly finished: readonly number[];
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
}

const NONE: readonly number[] = [];

/** Anything in a delta but the role is content: text, tool calls, a refusal, reasoning, audio. */
function hasContent(delta: unknown): boolean {
  if (!isRecord(delta)) return false;
  for (const key in delta) {
    if (key === 'role') continue;
    const value = delta[key];
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value) && value.length === 0) continue;
    return true;
  }
  return false;
}

/** @throws TypeError when it is no chunk at all */
export function chunkFacts(data: unknown, eventType: string): ChunkFacts {
  if (!isRecord(data)) throw new TypeError('a chunk that is not an object');
  if ((data.error !== undefined && data.error !== null) || eventType === 'error') {
    const error = messageOf(data) ?? 'without a message';
    return { error, content: false, finished: NONE, usage: undefined, model: undefined };
  }
  let content = false;
  let finished: number[] | undefined;
  const choices: unknown = data.choices;
  if (Array.isArray(choices)) {
    for (let i = 0; i < choices.length; i++) {
      const choice: unknown = choices[i];
      if (!isRecord(choice)) continue;
      const ends = choice.finish_reason !== undefined && choice.finish_reason !== null;
      if (ends || hasContent(choice.delta)) content = true;
      if (!ends) continue;
      finished ??= [];
      finished.push(typeof choice.index === 'number' ? choice.index : i);
    }
  }
  return {
    error: undefined,
    content,
    finished: finished ?? NONE,
    usage: data.usage === undefined ? undefined : usageOf(data),
    model: typeof data.model === 'string' && data.model !== '' ? data.model : undefined,
  };
}
