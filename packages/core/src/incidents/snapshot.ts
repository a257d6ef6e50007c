import type { BudgetStatus } from '../objectives/budget.ts';
import type { BurnPair, BurnVerdict } from '../objectives/burn-alert.ts';
import type { Counts } from '../objectives/counts.ts';
import type { ObjectiveCategory } from '../objectives/objective.ts';
import type { DriftLevel } from '../quality/drift-finding.ts';
import type { Movement } from '../quality/drift-tables.ts';
import type { ServiceStatus } from '../serving/link.ts';
import type { TrafficCounts } from './traffic.ts';

/** What one rung stands on: the edges of the graph component → rung → objective. */
export interface RungNeeds {
  readonly rung: string;
  /** Components by the names that the service's status uses. */
  readonly components: readonly string[];
  readonly features: 'fresh' | 'cached' | 'none';
}

/** What a component is to a service. */
export type ComponentRole = 'features' | 'model' | 'worker';

/** One objective as it stands. */
export interface ObjectiveSnapshot {
  readonly name: string;
  readonly category: ObjectiveCategory;
  readonly zeroTolerance: boolean;
  readonly budget: BudgetStatus;
  readonly verdicts: readonly { readonly pair: BurnPair; readonly verdict: BurnVerdict }[];
  /** Burn rate over the shortest window that is watched; undefined without events. */
  readonly burn: number | undefined;
  /** Bad events behind that burn rate. */
  readonly recentBad: number;
  /** Milliseconds until nothing is left at that rate; infinite when nothing is spent. */
  readonly exhaustedInMs: number;
}

/** One distribution monitor as it stands. */
export interface MonitorSnapshot {
  readonly name: string;
  /** `request`: what callers sent; `feature`: what the feature source gave. */
  readonly role: 'request' | 'feature' | 'prediction' | 'confidence';
  readonly segment: string;
  readonly level: DriftLevel;
  /** By chance once in so many events, all monitors looked at. */
  readonly onceIn: number;
  /** Jensen–Shannon distance of the recent events from the reference, in [0, 1]. */
  readonly distance: number;
  readonly movements: readonly { readonly movement: Movement; readonly share: number }[];
  /**
   * Values that cannot be right among recent ones, and in the reference: missing, NaN, of the wrong type, of unseen
   * categories, far out of range. Undefined where they are not counted.
   */
  readonly invalid:
    | {
        readonly recent: number;
        readonly total: number;
        /** Their share in the reference, and how many events that share is of (default: as many as recent ones). */
        readonly usual: number;
        readonly reference?: number;
      }
    | undefined;
  /** Wall milliseconds at which the change probably began. */
  readonly since: number | undefined;
}

/** Quality estimated without labels. */
export interface EstimateSnapshot {
  readonly metric: string;
  readonly state: 'ok' | 'low' | 'void';
  readonly reason: string;
  readonly value: number | undefined;
  readonly usual: number | undefined;
}

/** A deploy, or a change of schema, data, configuration, model version or baseline. */
export interface Change {
  readonly id: string;
  readonly kind: 'deploy' | 'model' | 'schema' | 'data' | 'config' | 'baseline';
  readonly at: number;
  /** What was changed: a model, a table, a service. */
  readonly what: string;
  readonly summary: string;
  readonly by: string;
}

/** Clicks, conversions, labels: good among all, recently and usually. */
export interface OutcomeFigures {
  /** `labels`: predictions that agree with their label; `outcome`: what people did. */
  readonly kind: 'outcome' | 'labels';
  readonly name: string;
  readonly recent: Counts;
  readonly usual: Counts;
}

/** A comparison of two versions on the same traffic. The effect is candidate minus control, better when larger. */
export interface ComparisonFigures {
  readonly name: string;
  readonly at: number;
  readonly effect: number;
  readonly low: number;
  readonly high: number;
}

export type TrainingTrouble = 'crash' | 'diverged' | 'hung' | 'gate_failed' | 'bad_checkpoint';

/** A run that supervises itself told of trouble. */
export interface TrainingEvent {
  readonly run: string;
  readonly model: string;
  readonly at: number;
  readonly trouble: TrainingTrouble;
  /** True once the supervisor has given up: no retry, no roll-back is left. */
  readonly final: boolean;
  readonly text: string;
}

/** How far a model feeds on itself; see `loop.ts`. */
export interface LoopFigures {
  /** Normalised concentration of what is shown, 0 even – 1 all on one: now, and at the baseline with its spread. */
  readonly concentration: { readonly now: number; readonly usual: number; readonly spread: number };
  /** How much further each round of training went toward what was served before it, on average over the rounds, in [−1, 1]. */
  readonly towardServed: { readonly pull: number; readonly rounds: number };
  /** Share of training labels that the model's own actions caused. */
  readonly selfCaused: { readonly share: number; readonly labels: number; readonly usual: number };
}

/** All that the signals of one service are made of, at one moment. */
export interface SignalSnapshot {
  readonly service: ServiceStatus;
  readonly needs: readonly RungNeeds[];
  /** Roles of the service's components; one that is not named counts as `model`. */
  readonly roles: Readonly<Record<string, ComponentRole>>;
  readonly objectives: readonly ObjectiveSnapshot[];
  readonly monitors: readonly MonitorSnapshot[];
  readonly estimates: readonly EstimateSnapshot[];
  readonly traffic: { readonly recent: TrafficCounts; readonly usual: TrafficCounts };
  /** Oldest age of features that the file allows, in milliseconds. */
  readonly maxFeatureAgeMs: number | undefined;
  /** Changes of the last hours. */
  readonly changes: readonly Change[];
  readonly outcomes: readonly OutcomeFigures[];
  readonly comparisons: readonly ComparisonFigures[];
  /** Reports of people in the recent window, those about harm among them, and how many are usual in as long. */
  readonly reports: { readonly recent: number; readonly harmful: number; readonly usual: number };
  /** Outputs that a classifier outside flagged, likewise. */
  readonly flags: { readonly recent: number; readonly usual: number };
  readonly training: readonly TrainingEvent[];
  readonly loop: LoopFigures | undefined;
  /** Milliseconds that the oldest held item has waited, and how long it may. */
  readonly queue: { readonly oldestMs: number; readonly targetMs: number } | undefined;
}
