import type { Objective } from '@evenkeel/core';
import type { IndicatorQueries } from './indicator.ts';
import { printRange } from './range.ts';
import type { Labels } from './rule.ts';

const MINUTE = 60_000;
/** The shortest window, which the budget's figures are summed up from. */
export const BASE: number = 5 * MINUTE;

/** What the rules of one objective share. */
export interface Context {
  readonly objective: Objective;
  readonly queries: IndicatorQueries;
  readonly labels: Labels;
  /** `{evenkeel_service="…",evenkeel_objective="…"}` */
  readonly selector: string;
  readonly note: (text: string) => void;
}

export const ratioName = (windowMs: number): string => `evenkeel:sli_error:ratio_rate${printRange(windowMs)}`;
export const eventsName = (windowMs: number): string => `evenkeel:sli_events:increase${printRange(windowMs)}`;
export const lowerName = (windowMs: number): string =>
  `evenkeel:sli_error_lower:ratio_rate${printRange(windowMs)}`;
export const SLICE: string = 'evenkeel:sli_slice_error:ratio';
export const BAD: string = 'evenkeel:sli_bad:base';
export const TOTAL: string = 'evenkeel:sli_total:base';

/** 1 − target without the noise that binary fractions add: 0.001 and not 0.0010000000000000009. */
export function budgetOf(target: number): number {
  return Number((1 - target).toPrecision(12));
}
