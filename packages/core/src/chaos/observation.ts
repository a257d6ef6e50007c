import type { ArmFigures } from './arm-figures.ts';
import { countDistinct } from './distinct.ts';
import type { FigureName } from './experiment.ts';
import type { FaultReport } from './fault-meter.ts';
import { latencyQuantile } from './latency-counts.ts';

/** Live traffic of a service in one window, over all its replicas. */
export interface WindowFigures {
  readonly windowMs: number;
  readonly arm: ArmFigures;
}

/** One objective's budget. */
export interface BudgetView {
  readonly objective: string;
  /** Burn rate of the fast window; undefined where nothing is known. */
  readonly burnRate: number | undefined;
  /** Share of the budget that is left; undefined where nothing is known. */
  readonly remaining: number | undefined;
}

export interface IncidentView {
  readonly id: string;
  readonly type: string;
  /** Wall milliseconds. */
  readonly openedAt: number;
  readonly open: boolean;
}

/** What the faults of the experiment did, over all replicas. */
export interface ArmsView {
  readonly requests: number;
  readonly inRadius: number;
  readonly users: number;
  readonly injected: number;
  readonly experiment: ArmFigures;
  readonly control: ArmFigures;
}

/**
 * What is seen of a service at one moment of a run. Undefined everywhere means that it cannot be seen, and is never taken for
 * good news; null means that there is none.
 */
export interface Observation {
  /** In the window that was asked for: since the phase began. */
  readonly window: WindowFigures | undefined;
  /** In the last ten seconds or so. */
  readonly recent: WindowFigures | undefined;
  readonly arms: ArmsView | undefined;
  readonly budgets: readonly BudgetView[] | undefined;
  /** Open ones of the service, and those opened since the start. */
  readonly incidents: readonly IncidentView[] | undefined;
  /** Alerts and findings of monitors that began since the start. Wall milliseconds. */
  readonly alerts: readonly { readonly name: string; readonly at: number }[] | undefined;
  readonly pages: readonly { readonly who: string; readonly at: number }[] | undefined;
  readonly replicas: { readonly expected: number; readonly reporting: number } | undefined;
  /** Ids of fault directives in force at any replica. */
  readonly faults: readonly string[] | undefined;
  readonly onCall: string | null | undefined;
  readonly otherExperiment: string | null | undefined;
  /** Why the budget policy of the file forbids experiments now. */
  readonly forbidden: string | null | undefined;
}

export function armsOf(report: FaultReport): ArmsView {
  const { requests, inRadius, injected, experiment, control } = report;
  return { requests, inRadius, injected, experiment, control, users: countDistinct(report.users) };
}

/** A figure of a window; undefined when nothing was measured. */
export function figureOf(window: WindowFigures | undefined, figure: FigureName): number | undefined {
  if (window === undefined) return undefined;
  const { arm } = window;
  if (figure === 'requests_per_second')
    return window.windowMs > 0 ? (1_000 * arm.requests) / window.windowMs : undefined;
  if (arm.requests === 0) return undefined;
  switch (figure) {
    case 'error_rate':
      return arm.errors / arm.requests;
    case 'refused_rate':
      return arm.refused / arm.requests;
    case 'fallback_rate':
      return arm.degraded / arm.requests;
    case 'p50_ms':
      return latencyQuantile(arm.latency, 0.5);
    case 'p99_ms':
      return latencyQuantile(arm.latency, 0.99);
    case 'priority_0_good': {
      const [first] = arm.classes;
      return first === undefined || first.requests === 0 ? undefined : first.good / first.requests;
    }
  }
}
