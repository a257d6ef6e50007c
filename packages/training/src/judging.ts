import { judgeModelGates, type ModelGateVerdict, type TrainingRun } from '@evenkeel/core';
import type { ValidationEvent } from './protocol.ts';

/** A verdict that is owed. */
export interface Judging {
  readonly name: string;
  readonly step: number;
  readonly final: boolean;
  /** Monotonic milliseconds after which the figures count as missing. */
  readonly until: number;
}

/** Finite metrics of a report, for the record. */
function plainMetrics(report: ValidationEvent | undefined): Readonly<Record<string, number>> {
  const entries = Object.entries(report?.metrics ?? {}).map(
    ([name, figure]) => [name, figure.value] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

export interface GateOutcome {
  readonly verdict: ModelGateVerdict;
  readonly metrics: Readonly<Record<string, number>>;
}

export function judgeCheckpoint(
  record: TrainingRun,
  name: string,
  report: ValidationEvent | undefined,
  productionExists: boolean,
): GateOutcome {
  const bytes = record.checkpoints.find((note) => note.name === name)?.bytes ?? 0;
  // A trainer that measured production knows of one, whoever told it.
  const known = productionExists || report?.production !== undefined;
  return {
    verdict: judgeModelGates(record.plan.gates, { report, productionExists: known, bytes }),
    metrics: plainMetrics(report),
  };
}

/** Whether the gates can be asked without an evaluation. */
export const needsReport = (record: TrainingRun): boolean =>
  record.plan.gates.some((gate) => gate.kind !== 'size');
