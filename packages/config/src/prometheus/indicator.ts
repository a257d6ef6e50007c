import type { Objective } from '@evenkeel/core';
import { countedEvents } from '../openslo/from-objectives.ts';
import { withWindow } from '../openslo/promql.ts';
import { type EventUnit, eventUnit } from './event-unit.ts';
import { printRange } from './range.ts';

/** An objective's indicator as PromQL over any window. */
export interface IndicatorQueries {
  /** Share of bad events. Nothing, and not NaN, without events; 0 where no bad event was ever recorded. */
  ratio(windowMs: number): string;
  /** Events; undefined for a ready ratio and where the query's unit cannot be told. */
  events(windowMs: number): string | undefined;
  /** Bad and all events in the same unit, whatever it is; undefined for a ready ratio. */
  parts(windowMs: number): { readonly bad: string; readonly total: string } | undefined;
}

function inParentheses(query: string): string {
  return `(${query.trim()})`;
}

function counted(
  query: { readonly kind: 'good' | 'bad'; readonly part: string; readonly total: string },
  unit: EventUnit,
): IndicatorQueries {
  const parts = (windowMs: number): { bad: string; total: string } => {
    const range = printRange(windowMs);
    const total = inParentheses(withWindow(query.total, range));
    // A series that was never written is 0 events, not an unknown number of them.
    const part = `(${inParentheses(withWindow(query.part, range))} or 0 * ${total})`;
    return { total, bad: query.kind === 'bad' ? part : `clamp_min(${total} - ${part}, 0)` };
  };
  return {
    parts,
    ratio(windowMs) {
      const { bad, total } = parts(windowMs);
      return `${bad}\n/\n(${total} > 0)`;
    },
    events(windowMs) {
      if (unit === 'unknown') return undefined;
      const { total } = parts(windowMs);
      return unit === 'events' ? total : `${total} * ${windowMs / 1_000}`;
    },
  };
}

/** The queries of an objective; those that evenkeel counts itself read its own exported counter. */
export function indicatorQueries(objective: Objective): IndicatorQueries {
  const { source } = objective;
  if (source.kind !== 'promql')
    return counted(
      { kind: 'bad', part: countedEvents(objective, 'bad'), total: countedEvents(objective) },
      'events',
    );
  const { query } = source;
  switch (query.kind) {
    case 'error_ratio':
      return {
        // NaN, which 0/0 gives, equals nothing: without it "no events" is no sample.
        ratio: (windowMs) => `${inParentheses(withWindow(query.ratio, printRange(windowMs)))} >= -Inf`,
        events: () => undefined,
        parts: () => undefined,
      };
    case 'bad_over_total':
      return counted({ kind: 'bad', part: query.bad, total: query.total }, unitOf(query.bad, query.total));
    case 'good_over_total':
      return counted({ kind: 'good', part: query.good, total: query.total }, unitOf(query.good, query.total));
  }
}

function unitOf(part: string, total: string): EventUnit {
  const unit = eventUnit(total);
  return eventUnit(part) === unit ? unit : 'unknown';
}
