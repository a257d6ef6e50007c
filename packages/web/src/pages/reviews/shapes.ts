import type { Review } from '@evenkeel/core';

export type { Review } from '@evenkeel/core';

export interface KeptReview {
  readonly review: Review;
  readonly revision: number;
}

export interface Times {
  readonly count: number;
  readonly open: number;
  readonly mean?: number;
  readonly median?: number;
  readonly p90?: number;
}

export interface IncidentMetrics {
  readonly total: number;
  readonly open: readonly { readonly id: string }[];
  readonly timeToDetect: Times;
  readonly timeToAcknowledge: Times;
  readonly timeToMitigate: Times;
  readonly timeToResolve: Times;
  readonly noise: { readonly share: number };
}
