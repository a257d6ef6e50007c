import type { Span } from '@evenkeel/core';
import type { RollupBody } from '../replicas/rollup-body.ts';

/** Two flushes of a replica are a second apart; a hole wider than this is one. */
const SLACK_MS = 2_500;
const MOST_GAPS = 1_000;

/** Stretches in which no replica of a service reported: what happened in them is not known, and not guessed. */
export interface Gaps {
  observe(rollup: Pick<RollupBody, 'service' | 'from' | 'to'>): Span | undefined;
  /** Milliseconds of a span that lie in gaps. */
  within(service: string, span: Span): number;
  of(service: string): readonly Span[];
  /** Up to when a service was reported on; 0 when never. */
  coveredUntil(service: string): number;
  restore(service: string, until: number, gaps: readonly Span[]): void;
}

export function reportGaps(): Gaps {
  const services = new Map<string, { until: number; gaps: Span[] }>();
  const of = (service: string): { until: number; gaps: Span[] } => {
    const known = services.get(service) ?? { until: 0, gaps: [] };
    services.set(service, known);
    return known;
  };
  return {
    observe({ service, from, to }) {
      const known = of(service);
      const gap =
        known.until > 0 && from - known.until > SLACK_MS ? { start: known.until, end: from } : undefined;
      if (gap !== undefined) {
        known.gaps.push(gap);
        if (known.gaps.length > MOST_GAPS) known.gaps.shift();
      }
      known.until = Math.max(known.until, to);
      return gap;
    },
    within: (service, { start, end }) =>
      of(service).gaps.reduce(
        (sum, gap) => sum + Math.max(0, Math.min(end, gap.end) - Math.max(start, gap.start)),
        0,
      ),
    of: (service) => of(service).gaps,
    coveredUntil: (service) => of(service).until,
    restore(service, until, gaps) {
      services.set(service, { until, gaps: [...gaps] });
    },
  };
}
