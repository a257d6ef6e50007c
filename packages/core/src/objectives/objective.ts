import type { Allowance } from './budget.ts';
import type { BurnPair } from './burn-alert.ts';
import type { Budgeting } from './counts.ts';
import type { RequestIndicator } from './indicator.ts';
import type { ObjectiveWindow } from './window.ts';

export type ObjectiveCategory = 'availability' | 'latency' | 'quality' | 'freshness' | 'safety' | 'cost';

/** Where the counts of an objective come from. */
export type IndicatorSource =
  /** The gateway's own requests. */
  | { readonly kind: 'requests'; readonly indicator: RequestIndicator }
  /** Events that something else pushes under this name. */
  | { readonly kind: 'pushed'; readonly name: string }
  /** Age of the model in production, sampled over time. */
  | { readonly kind: 'model_age'; readonly model: string; readonly maxAgeMs: number }
  /**
   * Labels joined with predictions: a joined prediction is good when label and prediction agree. With `predicted` only
   * predictions of that label count (precision), with `actual` only those whose true label it is (recall).
   */
  | {
      readonly kind: 'labels';
      readonly predicted?: string | undefined;
      readonly actual?: string | undefined;
    }
  /** Other objectives of the same service, judged as one; see {@link Composite}. */
  | Composite
  /** Two counters (or one ratio) on an existing Prometheus; queries carry `[{{.window}}]` where the range belongs. */
  | {
      readonly kind: 'promql';
      readonly source: string;
      readonly query:
        | { readonly kind: 'bad_over_total'; readonly bad: string; readonly total: string }
        | { readonly kind: 'good_over_total'; readonly good: string; readonly total: string }
        /** A ready share of bad events. */
        | { readonly kind: 'error_ratio'; readonly ratio: string };
    };

/**
 * Several objectives as one. `weighted`: the mean of their shares of good events, by weight. `all_of`: a slice of time is
 * good when every part keeps its own target in it.
 */
export interface Composite {
  readonly kind: 'composite';
  readonly method: 'weighted' | 'all_of';
  readonly parts: readonly { readonly objective: string; readonly weight: number }[];
}

/** Which parts of the traffic have figures of their own beside all of it. */
export interface SegmentRule {
  readonly by: 'version' | 'tenant' | 'cohort';
  /** Values with figures of their own at most; what comes after is counted as `other` (default 50). */
  readonly most: number;
}

/** Whether silence is a fault. */
export type ExpectedTraffic =
  | { readonly kind: 'none' }
  /** As in the last weeks at this hour of the week. */
  | { readonly kind: 'learned' }
  /** At least this many events in every stretch of `perMs`. */
  | { readonly kind: 'stated'; readonly events: number; readonly perMs: number };

/** One promise about one service (SPEC part 1). */
export interface Objective {
  /** Unique within the service. */
  readonly name: string;
  readonly service: string;
  readonly category: ObjectiveCategory;
  readonly description: string;
  readonly source: IndicatorSource;
  readonly window: ObjectiveWindow;
  readonly budgeting: Budgeting;
  readonly allowance: Allowance;
  /** Burn alerts; empty for none. */
  readonly alerts: readonly BurnPair[];
  /** Bad events in the long window below which burn alerts are silent (default 2). */
  readonly minimumBad: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Left out: all traffic together. */
  readonly segments?: readonly SegmentRule[] | undefined;
  /** Left out: `none`. */
  readonly expectedTraffic?: ExpectedTraffic | undefined;
}
