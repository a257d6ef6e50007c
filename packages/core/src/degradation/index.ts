export { type BackoffOptions, backoff } from './backoff.ts';
export {
  type Breaker,
  type BreakerEvent,
  type BreakerSnapshot,
  type BreakerState,
  createBreaker,
} from './breaker.ts';
export type { BreakerOptions, BreakerPolicy, SlowCalls } from './breaker-options.ts';
export { type BreakerRecord, parseBreakerRecord } from './breaker-record.ts';
export {
  BUILTIN_NAMES,
  BUILTINS,
  type Builtin,
  type BuiltinName,
  isBuiltinName,
} from './catalogue/builtin.ts';
export {
  CATALOGUE,
  type CatalogueLadder,
  type CatalogueRung,
  type RungSource,
  SYSTEM_TYPES,
  type SystemType,
} from './catalogue/catalogue.ts';
export { estimateTokens } from './catalogue/chat/messages.ts';
export { type ReducedContext, reducedContext } from './catalogue/chat/reduced-context.ts';
export type {
  CatalogueHandler,
  CatalogueHost,
  CataloguePrediction,
  CatalogueRequest,
  Hold,
  HoldItem,
  HoldingHandler,
  HoldResult,
  RungFactory,
} from './catalogue/contract.ts';
export { fingerprint } from './catalogue/fingerprint.ts';
export {
  RANKING_FEATURES,
  type RankingFeature,
  type RankingWeights,
} from './catalogue/search/ranking-features.ts';
export { rungShare } from './deadline.ts';
export { type Guarded, type GuardHost, type GuardOptions, guard } from './guard.ts';
export {
  type ComponentHealth,
  HEALTH_DEFAULTS,
  type HealthOptions,
  initialHealth,
  observeHealth,
} from './health.ts';
export { type Hedged, hedged, type RunningQuantile, runningQuantile } from './hedge.ts';
export {
  decideEntry,
  initialLadder,
  type LadderInput,
  type LadderState,
  observeProbe,
  type Pin,
  type Probing,
  type RungState,
  STEP_UP_DEFAULTS,
  type StepUpOptions,
} from './ladder.ts';
export { parseRetryAfter, type RetryAfterHeaders } from './retry-after.ts';
export { type RetryBudget, type RetryBudgetOptions, retryBudget } from './retry-budget.ts';
