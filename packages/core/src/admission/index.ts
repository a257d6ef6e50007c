export { type FairQueue, fairQueue, type QueueEntry } from './fair-queue.ts';
export {
  type ByClass,
  type Claim,
  createGate,
  type Gate,
  type GateHost,
  type GateLimit,
  type GateOptions,
  type GateSnapshot,
  type Refusal,
  type RefusalRule,
  type ReleaseOutcome,
  type Ticket,
} from './gate.ts';
export { REFUSAL_RULES } from './gate-types.ts';
export {
  fixedLimit,
  type LimitController,
  type LimitDecision,
  type LimitPolicy,
  type LimitWindow,
  limitController,
  type ProbeOrder,
  type ProbeResult,
} from './limit-policy.ts';
export { type AdaptiveLimitOptions, type AdaptiveLimitState, adaptiveLimit } from './limiter.ts';
export {
  PRIORITY_RULES,
  PRIORITY_RULES_UNTRUSTED,
  type PriorityCondition,
  type PriorityRule,
  type PrioritySubject,
  type PriorityValue,
  type PriorityVerdict,
  priorityOf,
} from './priority.ts';
export {
  SHED_THRESHOLDS,
  type ShedThresholds,
  type ShedVerdict,
  shed,
  shedShare,
} from './shedder.ts';
export {
  type BudgetLeft,
  type BudgetLimits,
  type BudgetVerdict,
  createTenantBudgets,
  type TenantBudgets,
} from './tenant-budget.ts';
export {
  type ThresholdLimitOptions,
  type ThresholdLimitState,
  thresholdLimit,
} from './threshold-limiter.ts';
