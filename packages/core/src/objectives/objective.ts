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
  /** Labels joined with predictions: a joined prediction is good when label and prediction agree. */
  | { readonly kind: 'labels' }
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
}
