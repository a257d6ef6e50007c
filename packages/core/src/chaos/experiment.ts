import type { Priority, ServedLevel } from '../kernel/level.ts';
import type { BlastRadius, FaultSpec } from '../serving/fault.ts';
import type { ArmMetric } from './arm-figures.ts';
import type { Tolerance } from './tolerance.ts';

/** Names of blast radii, and the share of users that each stands for unless the file says otherwise. */
export const RADIUS_SHARES = { limited: 0.05, moderate: 0.25, full: 1 } as const;
export type RadiusName = keyof typeof RADIUS_SHARES;

/** Figures of a service that probes ask for. Shares are of finished live requests. */
export const FIGURES = [
  'error_rate',
  'refused_rate',
  'fallback_rate',
  'p50_ms',
  'p99_ms',
  'requests_per_second',
  'priority_0_good',
] as const;
export type FigureName = (typeof FIGURES)[number];

/** Something done from outside, or asked of the outside: whoever drives the run knows how. */
export interface Activity {
  readonly name: string;
  readonly type: 'action' | 'probe';
  readonly provider: Provider;
  /** Milliseconds to wait before and after. */
  readonly pauseBeforeMs: number;
  readonly pauseAfterMs: number;
  /** The next one does not wait for it. */
  readonly background: boolean;
}

export type Provider =
  | {
      readonly type: 'http';
      readonly url: string;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'process';
      readonly path: string;
      readonly arguments: readonly string[];
      readonly timeoutMs: number;
    }
  /** A fault of ours, in force for `forMs` or to the end of the method. */
  | { readonly type: 'evenkeel'; readonly fault: FaultSpec; readonly forMs: number | undefined };

/** One statement about the steady state. */
export interface Probe {
  readonly name: string;
  readonly of:
    | { readonly kind: 'figure'; readonly figure: FigureName }
    | { readonly kind: 'activity'; readonly activity: Activity };
  readonly tolerance: Tolerance;
  /** Checked while the fault is in force, too. */
  readonly during: boolean;
}

export interface Hypothesis {
  readonly title: string;
  readonly probes: readonly Probe[];
}

/** A step of the method: a fault with its time, or an activity in its turn. */
export type Step =
  | {
      readonly kind: 'fault';
      readonly fault: FaultSpec;
      /** Milliseconds after the start of the method. */
      readonly atMs: number;
      /** To the end of the method when undefined. */
      readonly forMs: number | undefined;
    }
  | { readonly kind: 'activity'; readonly activity: Activity };

/** What the experiment says must happen. */
export type Expectation =
  /** Share of requests without an answer in the experiment arm under `max`. */
  | { readonly check: 'error_rate'; readonly max: number }
  /** p99 of the experiment arm under `times` that of the baseline. */
  | { readonly check: 'latency'; readonly times: number }
  /** At least this share of the experiment arm was answered at one of the levels (any below full service when empty). */
  | { readonly check: 'fallback'; readonly levels: readonly ServedLevel[]; readonly least: number }
  /** Requests of this class were answered in time, at least this share of them, in both arms together. */
  | { readonly check: 'priority_kept'; readonly priority: Priority; readonly good: number }
  /** The classes suffered in their order: no class better off than a more important one. */
  | { readonly check: 'lower_classes_first' }
  | { readonly check: 'incident'; readonly type: string; readonly withinMs: number }
  | { readonly check: 'alert'; readonly name: string; readonly withinMs: number }
  | { readonly check: 'nobody_paged' }
  | { readonly check: 'somebody_paged'; readonly withinMs: number }
  /** The experiment arm is no more than `margin` worse than the control arm. */
  | { readonly check: 'cohorts'; readonly metric: ArmMetric; readonly margin: number }
  /** No objective spent more than this share of its budget on the experiment. */
  | { readonly check: 'budget_spent'; readonly max: number };

export interface Experiment {
  readonly name: string;
  readonly service: string;
  readonly title: string;
  readonly description: string;
  readonly radius: BlastRadius & { readonly name: RadiusName | 'custom' };
  readonly hypothesis: Hypothesis;
  readonly method: readonly Step[];
  /** Milliseconds from the first step of the method to the undoing. 0: as soon as the activities are done. */
  readonly durationMs: number;
  readonly rollbacks: readonly Activity[];
  readonly expect: readonly Expectation[];
  /** Milliseconds of baseline, and requests in it, before the method. */
  readonly baseline: { readonly forMs: number; readonly minRequests: number; readonly maxMs: number };
  /** Milliseconds after the undoing within which the steady state must be back. */
  readonly recoverMs: number;
  /** Requests in the experiment arm for a verdict. */
  readonly minRequests: number;
  /** Chance of a false verdict on the comparison of the arms, over the whole run. */
  readonly alpha: number;
  /** Ends as soon as the comparison of the arms is settled, either way. */
  readonly stopEarly: boolean;
  /** Milliseconds of each fault's lease; renewed at a third of it. */
  readonly leaseMs: number;
  readonly abort: {
    /** Burn rate of any objective's fast window. */
    readonly burnRate: number;
    /** Share of all requests without an answer in the last seconds. */
    readonly errorRate: number;
    /** Share of any budget spent since the start. */
    readonly budgetSpent: number;
  };
  readonly allowed: {
    readonly inPeakHours: boolean;
    readonly withoutOnCall: boolean;
    readonly withOpenIncidents: boolean;
  };
  /** The incident that it reproduces; a red run reopens its question. */
  readonly incident: string | undefined;
  /** What a red run keeps from happening. */
  readonly blocks: readonly 'promotion'[];
  readonly schedule: { readonly cron: string; readonly timeZone: string } | undefined;
}
