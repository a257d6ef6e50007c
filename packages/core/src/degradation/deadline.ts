/**
 * How one deadline is shared down a ladder. A rung gets what is left, keeping enough for those below it: their whole
 * budgets as long as that leaves the rung half of its own, and otherwise each its part in proportion to its budget, so
 * that a rung that hangs costs the request its own part and never the answer.
 * @param leftMs milliseconds left until the deadline
 * @param budgetMs what the rung may take at most
 * @param belowMs budgets of the rungs below that could still be tried
 * @returns milliseconds for the rung; 0 when the time is up
 */
export function rungShare(leftMs: number, budgetMs: number, belowMs: readonly number[]): number {
  if (!(leftMs > 0)) return 0;
  let below = 0;
  for (const budget of belowMs) below += budget;
  const proportional = budgetMs + below > 0 ? (leftMs * budgetMs) / (budgetMs + below) : leftMs;
  return Math.min(budgetMs, Math.max(leftMs - below, Math.min(proportional, budgetMs / 2)));
}
