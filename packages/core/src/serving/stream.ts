import type { Clock } from '../kernel/clock.ts';
import { EvenkeelError } from '../kernel/errors.ts';
import type { StreamGaps } from '../telemetry/stream-gaps.ts';
import type { StreamChunk, StreamPrediction, Usage } from './prediction.ts';
import type { SafetyCheck, Strictness } from './safety.ts';

/** How a stream ended. */
export type StreamEnd =
  | { readonly kind: 'whole' }
  | { readonly kind: 'broken'; readonly error: unknown }
  /** The reader stopped before the end: the caller has gone. */
  | { readonly kind: 'left' };

/** The safety check sees this many of the last characters: memory stays bounded however long the answer. */
const CHECKED_TEXT = 16_384;

/**
 * Passes a stream on, and tells once how it ended and what it used. A text that the safety check turns down breaks
 * the stream off with `output_blocked`, before the offending chunk is passed on.
 */
export function watchedStream(
  prediction: StreamPrediction,
  safety: { check: SafetyCheck; strictness: () => Strictness } | undefined,
  onEnd: (end: StreamEnd, usage: Usage | undefined) => void,
  measure: { readonly clock: Clock; readonly gaps: StreamGaps },
): StreamPrediction {
  const { clock, gaps } = measure;
  const source = prediction.rest[Symbol.asyncIterator]();
  let usage = prediction.usage ?? prediction.first.usage;
  let ended = false;
  let text = safety === undefined ? '' : safety.check.textOf(prediction.first.data);

  const end = (how: StreamEnd): void => {
    if (ended) return;
    ended = true;
    onEnd(how, usage);
  };

  const iterator: AsyncIterator<StreamChunk> = {
    async next() {
      if (ended) return { done: true, value: undefined };
      const askedAt = clock.now();
      let step: IteratorResult<StreamChunk>;
      try {
        step = await source.next();
      } catch (error) {
        end({ kind: 'broken', error });
        throw error;
      }
      if (step.done === true) {
        end({ kind: 'whole' });
        return step;
      }
      gaps.add(clock.now() - askedAt);
      if (step.value.usage !== undefined) usage = step.value.usage;
      if (safety !== undefined) {
        text = (text + safety.check.textOf(step.value.data)).slice(-CHECKED_TEXT);
        const blocked = safety.check.checkText(text, safety.strictness());
        if (blocked !== undefined) {
          const error = new EvenkeelError('output_blocked', blocked);
          end({ kind: 'broken', error });
          await source.return?.(undefined);
          throw error;
        }
      }
      return step;
    },
    async return() {
      end({ kind: 'left' });
      await source.return?.(undefined);
      return { done: true, value: undefined };
    },
  };
  return { ...prediction, rest: { [Symbol.asyncIterator]: () => iterator } };
}
