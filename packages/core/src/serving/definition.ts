import type { Gate } from '../admission/gate.ts';
import type { StepUpOptions } from '../degradation/ladder.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { Directive } from './directives.ts';
import type { ComponentState } from './entry.ts';
import type { RequestFeatures } from './features.ts';
import type { Rung } from './rung.ts';
import type { SafetyCheck, Strictness } from './safety.ts';

/** All that makes up one service on the serving path. */
export interface ServiceDefinition {
  readonly name: string;
  /** Best first; at least one. */
  readonly rungs: readonly Rung[];
  /** Bounds the requests of all rungs together. */
  readonly gate: Gate | undefined;
  /** Milliseconds a request may wait there (default 0). */
  readonly gateWaitMs?: number;
  readonly features: RequestFeatures | undefined;
  /** Milliseconds that reading features may take. */
  readonly featureBudgetMs: number;
  readonly safety: SafetyCheck | undefined;
  readonly strictness: Strictness;
  /** Milliseconds that a request has when the caller does not say. */
  readonly deadlineMs: number;
  readonly stepUp: StepUpOptions;
  readonly components: ComponentState;
  /** Told of the directives in force whenever they have changed. */
  readonly onDirectives?: (directives: readonly Directive[]) => void;
}

export interface ServiceHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}
