import type { MonitorConfig } from '@evenkeel/config';
import type {
  DriftLevel,
  EstimateSnapshot,
  MonitorReport,
  MonitorSnapshot,
  PerformanceEstimate,
} from '@evenkeel/core';
import type { ServiceBoard } from './board-book.ts';

const LEVEL: Readonly<Record<MonitorReport['status'], DriftLevel>> = {
  no_baseline: 'stable',
  no_data: 'stable',
  insufficient_data: 'stable',
  likely_healthy: 'stable',
  potential_issue: 'watch',
  likely_violated: 'drifted',
};

function roleOf(report: MonitorReport, config: MonitorConfig | undefined): MonitorSnapshot['role'] {
  if (report.role !== 'input') return report.role;
  return config?.source.from === 'feature' ? 'feature' : 'request';
}

/** Monitors as signals are made of them. What changed for the better is no sign of trouble. */
export function monitorSnapshots(
  { config }: ServiceBoard,
  reports: readonly MonitorReport[],
): readonly MonitorSnapshot[] {
  const configs = new Map(config.monitors.map((one) => [one.name, one]));
  return reports.map((report) => ({
    name: report.monitor,
    role: roleOf(report, configs.get(report.monitor)),
    segment: report.segment,
    level: report.improved ? 'stable' : LEVEL[report.status],
    onceIn: report.change?.onceIn ?? 1,
    distance: report.change?.distance ?? 0,
    movements: report.change?.finding.movements ?? [],
    invalid: undefined,
    since: report.change?.since?.at,
  }));
}

/** The estimate of quality, as far as labels hold it to be right. */
export function estimateSnapshot({ state, reason, performance }: PerformanceEstimate): EstimateSnapshot {
  return {
    metric: 'accuracy',
    // How low is too low is the quality objective's to say; here only whether the estimate holds.
    state: state === 'void' ? 'void' : 'ok',
    reason,
    value: performance?.accuracy?.value,
    usual: undefined,
  };
}
