import { budgetShare } from './budget.ts';
import { amountRules, type BurnBasis, type BurnRule, burnRules } from './burn-alert.ts';
import type { Objective } from './objective.ts';
import { type ObjectiveWindow, type Span, windowAt } from './window.ts';

/** An objective made ready to be judged often. */
export interface Prepared {
  readonly objective: Objective;
  /** Which revision of its definition this is; figures carry it. */
  readonly revision: number;
  /**
   * Every window whose sums its status needs: its own first, then long and short of each pair, at last the one that
   * traffic is expected in.
   */
  readonly windows: readonly ObjectiveWindow[];
  /** What depends on the period that `now` lies in: calendar periods differ in length. */
  period(now: number): Period;
}

export interface Period {
  readonly span: Span;
  readonly lengthMs: number;
  readonly rules: readonly BurnRule[];
  /** Undefined for zero tolerance, which has no burn rate. */
  readonly basis: BurnBasis | undefined;
}

const rollingWindow = (lengthMs: number): ObjectiveWindow => ({ kind: 'rolling', lengthMs });

/**
 * @param revision see {@link Prepared.revision}
 * @throws EvenkeelError bad_request naming alert pairs that could never fire
 */
export function prepareObjective(objective: Objective, revision: number): Prepared {
  const { window, allowance, alerts, expectedTraffic: traffic } = objective;
  const burning = allowance.kind !== 'zero_tolerance';
  const windows = [
    window,
    ...(burning ? alerts.flatMap((pair) => [rollingWindow(pair.longMs), rollingWindow(pair.shortMs)]) : []),
    ...(traffic?.kind === 'stated' ? [rollingWindow(traffic.perMs)] : []),
  ];
  let current: Period | undefined;

  function make(now: number): Period {
    const span = windowAt(window, now);
    const lengthMs = span.end - span.start;
    if (allowance.kind === 'zero_tolerance') return { span, lengthMs, rules: [], basis: undefined };
    if (allowance.kind === 'amount') {
      const basis = { kind: 'amount', amount: allowance.amount, windowMs: lengthMs } as const;
      return { span, lengthMs, rules: amountRules(alerts, lengthMs), basis };
    }
    const rules = burnRules(alerts, lengthMs, allowance.target, objective.minimumBad);
    return { span, lengthMs, rules, basis: { kind: 'share', budget: budgetShare(allowance.target) } };
  }

  if (window.kind === 'rolling') {
    const fixed = make(0);
    return {
      objective,
      revision,
      windows,
      // The span of a rolling window ends now; only its length is of use here.
      period: () => fixed,
    };
  }
  return {
    objective,
    revision,
    windows,
    period(now) {
      if (current === undefined || now < current.span.start || now >= current.span.end) current = make(now);
      return current;
    },
  };
}
