import type { CatalogueHost, HoldingHandler } from '../contract.ts';
import { holding } from '../hold.ts';

/** `manual_review`: the transaction waits for an analyst. See {@link holding} for its data. */
export function manualReview(data: unknown, host: CatalogueHost): HoldingHandler {
  return holding(
    'manual_review',
    {
      label: 'review',
      reason: 'no score could be computed',
      message: 'This transaction waits for a person to look at it.',
    },
    data,
    host,
  );
}
