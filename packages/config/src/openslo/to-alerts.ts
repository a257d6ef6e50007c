import { type BurnPair, burnFactor } from '@evenkeel/core';
import { readPair } from './annotations.ts';
import { parseShorthand } from './duration.ts';
import type { InlinePolicy } from './references.ts';

/** A burn alert, or why there is none. */
export type AlertVerdict =
  | { readonly ok: true; readonly pair: BurnPair; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string };

const no = (reason: string): AlertVerdict => ({ ok: false, reason });
const PAGES = /page|crit|urgent|high|sev-?[012]\b|\bp[012]\b/i;
const MINUTE = 60_000;

/**
 * Reads a policy's one condition as a pair of windows. OpenSLO has one window and a delay: the short window is a twelfth
 * of the long one, which does what the delay is for, unless the policy carries evenkeel's own note.
 * @param windowMs length of the objective's window
 */
export function readAlert(policy: InlinePolicy, windowMs: number, target: number): AlertVerdict {
  const name = policy.metadata.name;
  if (!policy.spec.alertWhenBreaching) return no(`${name} does not alert when the budget burns`);
  const noted = readPair(policy.metadata.annotations ?? {});
  const pair =
    noted === undefined ? readCondition(policy, windowMs) : { ok: true as const, pair: noted, notes: [] };
  if (!pair.ok) return pair;
  const factor = Math.max(1, burnFactor(pair.pair.budgetShare, windowMs, pair.pair.longMs));
  const most = 1 / (1 - target);
  if (factor >= most)
    return no(
      `${name} can never fire: it needs a burn rate over ${factor.toFixed(2)}, and ${most.toFixed(2)} is the most`,
    );
  return pair;
}

function readCondition(policy: InlinePolicy, windowMs: number): AlertVerdict {
  const [condition] = policy.spec.conditions;
  const spec = condition !== undefined && 'spec' in condition ? condition.spec : undefined;
  if (condition?.kind !== 'AlertCondition' || !isBody(spec))
    return no(`${policy.metadata.name} has no condition`);
  const { op, threshold, lookbackWindow } = spec.condition;
  if (op === 'lt' || op === 'lte')
    return no(
      `${policy.metadata.name} alerts while the budget burns slowly ("${op}"): evenkeel has no such alert`,
    );
  const longMs = parseShorthand(lookbackWindow)?.ms;
  if (longMs === undefined) return no(`${lookbackWindow} has no one length`);
  const budgetShare = (threshold * longMs) / windowMs;
  if (!(budgetShare > 0 && budgetShare < 1))
    return no(
      `${policy.metadata.name} fires at ${(100 * budgetShare).toFixed(1)} % of the budget: expected over 0 and under 100 %`,
    );
  const notes = [
    `${policy.metadata.name}: a short window of a twelfth of ${lookbackWindow} stands for "alertAfter"`,
  ];
  if (op === 'gte') notes.push(`${policy.metadata.name}: "gte" is read as "gt"`);
  if (threshold < 1)
    notes.push(`${policy.metadata.name}: fires over 1, not ${threshold}: under 1 the promise is kept`);
  return {
    ok: true,
    notes,
    pair: {
      name: policy.metadata.name,
      severity: PAGES.test(spec.severity) ? 'page' : 'ticket',
      budgetShare,
      longMs,
      shortMs: Math.max(MINUTE, longMs / 12),
    },
  };
}

type Condition = InlinePolicy['spec']['conditions'][number];
type Body = Extract<Condition, { kind: 'AlertCondition' }>['spec'];
function isBody(spec: unknown): spec is Body {
  return typeof spec === 'object' && spec !== null && 'condition' in spec;
}
