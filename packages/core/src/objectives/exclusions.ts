import { EvenkeelError } from '../kernel/errors.ts';
import type { Span } from './window.ts';

/** Time that does not count against objectives, and why. Never deleted: withdrawn, which is on record too. */
export interface Exclusion {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  /** Who asked for it. */
  readonly by: string;
  /** When it was recorded, wall milliseconds. */
  readonly recordedAt: number;
  readonly service: string;
  /** Undefined: all objectives of the service. */
  readonly objective: string | undefined;
  /** One stretch, or those that a recurrence rule expands to. */
  readonly spans: readonly Span[];
  /** The rule behind the spans (RFC 5545), for people; undefined for one stretch. */
  readonly rule: string | undefined;
  readonly withdrawn: { readonly at: number; readonly by: string; readonly reason: string } | undefined;
}

/** What an exclusion is at the time of its recording. */
export type ExclusionKind = 'planned' | 'after_the_fact' | 'recurring';

export function exclusionKind(exclusion: Pick<Exclusion, 'spans' | 'rule' | 'recordedAt'>): ExclusionKind {
  if (exclusion.rule !== undefined) return 'recurring';
  return exclusion.spans.every(({ start }) => start >= exclusion.recordedAt) ? 'planned' : 'after_the_fact';
}

/** Longest single stretch: what should not be held to a promise for longer than this needs another promise. */
export const LONGEST_EXCLUSION_MS: number = 31 * 86_400_000;
/** How far back facts may still be changed. */
export const EXCLUSION_HORIZON_MS: number = 90 * 86_400_000;

/** @throws EvenkeelError bad_request naming what is wrong: nameless, reasonless, empty, backwards, too long or too old */
export function checkExclusion(exclusion: Exclusion): void {
  const refuse = (detail: string): never => {
    throw new EvenkeelError('bad_request', detail);
  };
  for (const [field, text] of [
    ['a name', exclusion.name],
    ['a reason', exclusion.reason],
    ['an author', exclusion.by],
  ] as const)
    if (text.trim() === '') refuse(`an exclusion needs ${field}`);
  if (exclusion.spans.length === 0) refuse('an exclusion needs a stretch of time');
  for (const { start, end } of exclusion.spans) {
    if (!(Number.isFinite(start) && Number.isFinite(end) && end > start))
      refuse(`an exclusion ends after it begins: ${start} to ${end}`);
    if (end - start > LONGEST_EXCLUSION_MS)
      refuse(`an exclusion lasts at most ${LONGEST_EXCLUSION_MS / 86_400_000} days`);
    if (start < exclusion.recordedAt - EXCLUSION_HORIZON_MS)
      refuse(`an exclusion reaches back at most ${EXCLUSION_HORIZON_MS / 86_400_000} days`);
  }
}

/** Spans that are out for one objective: for `Series.exclude`. Withdrawn ones are back in. */
export function excludedSpans(
  exclusions: readonly Exclusion[],
  service: string,
  objective: string,
): readonly Span[] {
  return exclusions
    .filter(
      (one) =>
        one.withdrawn === undefined &&
        one.service === service &&
        (one.objective === undefined || one.objective === objective),
    )
    .flatMap(({ spans }) => spans);
}

/** The exclusions that touch a stretch of time, for a report. */
export function exclusionsIn(exclusions: readonly Exclusion[], span: Span): readonly Exclusion[] {
  return exclusions.filter(({ spans }) =>
    spans.some(({ start, end }) => start < span.end && end > span.start),
  );
}
