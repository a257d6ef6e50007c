import type { CatalogueHost, HoldingHandler } from '../contract.ts';
import { holding } from '../hold.ts';

/** `hold_for_review`: a person decides later; until then the content is not shown. See {@link holding} for its data. */
export function holdForReview(data: unknown, host: CatalogueHost): HoldingHandler {
  return holding(
    'hold_for_review',
    {
      label: 'held',
      reason: 'no classifier could be asked',
      message: 'This content waits for a person to look at it.',
    },
    data,
    host,
  );
}
