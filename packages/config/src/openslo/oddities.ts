import { isTimeZone, nearestName } from '@evenkeel/core';
import type { PathStep, SourceDocument } from '../document.ts';
import type { Problem } from '../problem.ts';
import { parseShorthand } from './duration.ts';
import type { AlertPolicyDocument, OpenSloDocument, SliSpec, SloDocument } from './schema.ts';

type Say = (at: readonly PathStep[], message: string, hint?: string) => void;

/** What is valid by the schema but surely not meant, contradicts the specification, or cannot exist. */
export function oddities(
  document: OpenSloDocument,
  source: SourceDocument,
): { readonly warnings: readonly Problem[]; readonly problems: readonly Problem[] } {
  const warnings: Problem[] = [];
  const problems: Problem[] = [];
  const warn: Say = (at, message, hint) => warnings.push(source.problem(at, message, hint));
  const fail: Say = (at, message, hint) => problems.push(source.problem(at, message, hint));
  switch (document.kind) {
    case 'SLO':
      oddSlo(document, warn, fail);
      break;
    case 'SLI':
      oddIndicator(document.spec, ['spec'], warn);
      break;
    case 'AlertPolicy':
      oddPolicy(document.spec, ['spec'], warn);
      break;
    case 'AlertCondition':
      oddCondition(document.spec.condition, ['spec', 'condition'], warn);
      break;
    default:
      break;
  }
  return { warnings, problems };
}

function oddIndicator(spec: SliSpec, at: readonly PathStep[], warn: Say): void {
  const ratio = spec.ratioMetric;
  if (ratio?.raw !== undefined)
    warn(
      [...at, 'ratioMetric', 'raw'],
      'a ready ratio is in the specification, but not in the published schema',
    );
  const sources = {
    thresholdMetric: spec.thresholdMetric,
    good: ratio?.good,
    bad: ratio?.bad,
    total: ratio?.total,
    raw: ratio?.raw,
  };
  for (const [name, metric] of Object.entries(sources)) {
    if (metric === undefined) continue;
    const { type, metricSourceRef } = metric.metricSource;
    if (type !== undefined || metricSourceRef !== undefined) continue;
    const under = name === 'thresholdMetric' ? [name] : ['ratioMetric', name];
    warn(
      [...at, ...under, 'metricSource'],
      'names neither a "type" nor a "metricSourceRef": nothing can read it',
    );
  }
}

function oddCondition(condition: AlertPolicyConditionBody, at: readonly PathStep[], warn: Say): void {
  const { op, alertAfter, lookbackWindow } = condition;
  if (op === 'lt' || op === 'lte')
    warn([...at, 'op'], `"${op}" alerts while the budget burns slowly`, 'did you mean "gt" or "gte"?');
  if (op === undefined) warn(at, '"op" is missing: read as gt');
  if (alertAfter === undefined) warn(at, '"alertAfter" is missing: read as at once');
  if (parseShorthand(lookbackWindow)?.ms === undefined)
    warn([...at, 'lookbackWindow'], `${lookbackWindow} has no one length`);
}

type AlertPolicyConditionBody = Extract<OpenSloDocument, { kind: 'AlertCondition' }>['spec']['condition'];

function oddPolicy(spec: AlertPolicyDocument['spec'], at: readonly PathStep[], warn: Say): void {
  for (const [index, condition] of spec.conditions.entries())
    if ('spec' in condition && isCondition(condition))
      oddCondition(condition.spec.condition, [...at, 'conditions', index, 'spec', 'condition'], warn);
  for (const [index, target] of spec.notificationTargets.entries())
    if (target.kind === 'AlertCondition')
      warn(
        [...at, 'notificationTargets', index, 'kind'],
        'the published schema wants AlertCondition here by a slip of its own',
        'write "AlertNotificationTarget"',
      );
}

type Condition = AlertPolicyDocument['spec']['conditions'][number];
function isCondition(condition: Condition): condition is Extract<Condition, { kind: 'AlertCondition' }> {
  return condition.kind === 'AlertCondition' && !('conditionRef' in condition);
}

function oddSlo(slo: SloDocument, warn: Say, fail: Say): void {
  const { spec } = slo;
  const threshold = spec.indicator?.spec.thresholdMetric !== undefined;
  if (spec.indicator !== undefined) {
    oddIndicator(spec.indicator.spec, ['spec', 'indicator', 'spec'], warn);
    if (spec.indicator.metadata === undefined) warn(['spec', 'indicator'], 'has no metadata and so no name');
  }
  if (spec.budgetingMethod === 'RatioTimeslices')
    warn(
      ['spec', 'budgetingMethod'],
      'RatioTimeslices is in the specification, but not in the published schema',
    );
  if (spec.objectives.length === 0) warn(['spec', 'objectives'], 'promises nothing: the list is empty');
  if (threshold && spec.objectives.length > 1)
    warn(['spec', 'objectives'], 'a thresholdMetric has one objective by the specification');
  for (const [index, objective] of spec.objectives.entries()) {
    const at = ['spec', 'objectives', index];
    const own = objective.indicator?.spec ?? spec.indicator?.spec;
    if (objective.indicator !== undefined)
      oddIndicator(objective.indicator.spec, [...at, 'indicator', 'spec'], warn);
    if (objective.target === 0) warn([...at, 'target'], 'a target of 0 promises nothing');
    if (objective.targetPercent !== undefined)
      warn([...at, 'targetPercent'], '"target" and "targetPercent" exclude each other: "target" counts');
    if (own?.ratioMetric !== undefined && (objective.op !== undefined || objective.value !== undefined))
      warn(
        [...at, objective.op === undefined ? 'value' : 'op'],
        'is for a thresholdMetric: a ratio has no use for it',
      );
    if (own?.thresholdMetric !== undefined && (objective.op === undefined || objective.value === undefined))
      warn(at, 'a thresholdMetric needs "op" and "value" to tell good from bad');
    if (spec.budgetingMethod === 'Occurrences' && objective.timeSliceWindow !== undefined)
      warn([...at, 'timeSliceWindow'], 'has no effect on Occurrences');
  }
  for (const [index, policy] of (spec.alertPolicies ?? []).entries()) {
    const at = ['spec', 'alertPolicies', index];
    if (typeof policy === 'string')
      warn(
        at,
        'a bare name is the form of the published schema',
        `by the specification: "alertPolicyRef: ${policy}"`,
      );
    else if ('spec' in policy && isInlinePolicy(policy)) oddPolicy(policy.spec, [...at, 'spec'], warn);
  }
  const window = spec.timeWindow?.[0];
  if (window === undefined) warn(['spec'], 'has no timeWindow: it cannot be judged');
  else oddWindow(window, warn, fail);
}

type Policy = NonNullable<SloDocument['spec']['alertPolicies']>[number];
type InlinePolicy = Extract<Policy, { kind: 'AlertPolicy' }>;
function isInlinePolicy(policy: Exclude<Policy, string>): policy is InlinePolicy {
  return policy.kind === 'AlertPolicy' && !('alertPolicyRef' in policy);
}

function oddWindow(
  window: NonNullable<SloDocument['spec']['timeWindow']>[number],
  warn: Say,
  fail: Say,
): void {
  const at = ['spec', 'timeWindow', 0];
  const { calendar, duration, isRolling } = window;
  const unit = parseShorthand(duration)?.unit;
  if (calendar === undefined) {
    if (isRolling === undefined) warn(at, '"isRolling" is missing: read as true, as there is no calendar');
    if (unit === 'M' || unit === 'Q' || unit === 'Y')
      warn(
        [...at, 'duration'],
        `a rolling window of ${duration} has no one length`,
        'write it in days, such as "30d"',
      );
    return;
  }
  if (isRolling === true) {
    warn([...at, 'calendar'], 'has no effect on a rolling window');
    return;
  }
  if (unit === 'm' || unit === 'h')
    warn(
      [...at, 'duration'],
      `${duration} of a calendar is ${unit === 'm' ? 'minutes' : 'hours'}`,
      unit === 'm' ? `did you mean "${duration.slice(0, -1)}M", months?` : undefined,
    );
  const zone = calendar.timeZone;
  const zoneAt = [...at, 'calendar', 'timeZone'];
  if (!/[A-Z][a-zA-Z_]+\/[A-Z][a-zA-Z_]+/.test(zone)) {
    const near = isTimeZone(zone) ? 'Etc/UTC' : nearestZone(zone);
    fail(
      zoneAt,
      `expected a time zone such as "Europe/Berlin", found "${zone}"`,
      near === undefined ? undefined : `did you mean "${near}"?`,
    );
  } else if (!isTimeZone(zone)) {
    const near = nearestZone(zone);
    fail(
      zoneAt,
      `there is no time zone "${zone}"`,
      near === undefined ? undefined : `did you mean "${near}"?`,
    );
  }
}

function nearestZone(zone: string): string | undefined {
  return nearestName(zone, Intl.supportedValuesOf('timeZone'));
}
