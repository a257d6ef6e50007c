import type { ShownObjective } from '../../api/wire.ts';
import { figure, percent } from '../../words/numbers.ts';

/** What an objective allows, in its own unit. */
export function targetText({ allowance }: ShownObjective): string {
  if (allowance.kind === 'zero_tolerance') return 'none tolerated';
  return allowance.kind === 'amount'
    ? `${figure(allowance.amount)} ${allowance.unit}`
    : percent(allowance.target);
}
