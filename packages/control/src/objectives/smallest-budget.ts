import type { ObjectiveStatus } from '@evenkeel/core';

/**
 * Value of the header `evenkeel-budget`: the smallest remaining share of the service's budgets and whose it is, as in
 * `0.62; latency-p99`. A broken zero tolerance leaves nothing. Undefined while nothing can be said.
 */
export function smallestBudget(statuses: readonly ObjectiveStatus[]): string | undefined {
  let least: { readonly share: number; readonly objective: string } | undefined;
  for (const { segment, state, adjusted, objective } of statuses) {
    if (segment !== '') continue;
    const share = adjusted.remaining ?? (state === 'exhausted' ? 0 : state === 'healthy' ? 1 : undefined);
    if (state === 'no_data' || share === undefined) continue;
    if (least === undefined || share < least.share) least = { share, objective };
  }
  return least === undefined ? undefined : `${least.share.toFixed(2)}; ${least.objective}`;
}
