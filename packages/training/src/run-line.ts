import { type TrainingRun, trainingFigures } from '@evenkeel/core';
import type { RunProgress } from './supervise-types.ts';

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}

const BAR = 20;

/** One line: how far it is, loss, steps a second, time left, age of the last checkpoint. */
export function progressText(progress: RunProgress, at: number): string {
  const { record, step, loss } = progress;
  const total = record.totalSteps;
  const parts: string[] = [];
  if (total !== undefined && total > 0) {
    const share = Math.min(1, step / total);
    const filled = Math.round(share * BAR);
    parts.push(
      `[${'█'.repeat(filled)}${' '.repeat(BAR - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`,
    );
    parts.push(`step ${step}/${total}`);
  } else parts.push(`step ${step}`);
  if (loss !== undefined) parts.push(`loss ${Number.isFinite(loss) ? loss.toPrecision(4) : String(loss)}`);
  const median = record.medianStepMs;
  if (median !== undefined && median > 0) {
    const rate = 1_000 / median;
    parts.push(`${rate >= 10 ? rate.toFixed(0) : rate.toPrecision(2)} steps/s`);
    if (total !== undefined) parts.push(`${duration((total - step) * median)} left`);
  }
  if (record.lastCheckpointAt !== undefined)
    parts.push(`saved ${duration(at - record.lastCheckpointAt)} ago`);
  parts.push(record.phase.replace('_', ' '));
  return parts.join('  ');
}

/** A run in one row of `list`. */
export function runRow(record: TrainingRun): readonly string[] {
  return [
    record.id,
    record.name,
    record.phase,
    record.totalSteps === undefined ? String(record.step) : `${record.step}/${record.totalSteps}`,
    `${record.retries} retries`,
    `${record.rollbacks} back`,
    record.result ?? '-',
  ];
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const share = (x: number | undefined): string => (x === undefined ? '-' : `${(100 * x).toFixed(1)} %`);

/** Everything about a run that a person wants to see, decisions last. */
export function runText(record: TrainingRun, at: number): string {
  const figures = trainingFigures(record, at);
  const head = [
    ['run', record.id],
    ['name', record.name],
    ['trainer', record.trainer.join(' ')],
    ['phase', `${record.phase}: ${record.reason}`],
    [
      'step',
      record.totalSteps === undefined ? String(record.step) : `${record.step} of ${record.totalSteps}`,
    ],
    [
      'attempts',
      `${record.attempt}; ${record.retries} of ${record.plan.maxRetries} retries, went back ${record.rollbacks} of ${record.plan.maxRollbacks} times`,
    ],
    ['skipped', record.skip.map((range) => `${range.from}–${range.to}`).join(', ') || 'nothing'],
    ['result', record.result ?? '-'],
    ['gates', record.lastGates === undefined ? '-' : `${record.lastGates.name}: ${record.lastGates.reason}`],
    ['goodput', share(figures.goodput)],
    ['checkpoint age', duration(figures.checkpointAgeMs)],
    [
      'lost work',
      `${figures.lostWorkMinutes.toFixed(2)} min, ${figures.stepsLost} of ${figures.stepsDone} steps`,
    ],
    ['resumes', `${figures.resumesGood} of ${figures.resumes} good`],
  ];
  const checkpoints = record.checkpoints
    .filter((note) => note.standing !== 'deleted')
    .map((note) => [note.name, note.standing, `${note.bytes} bytes`, new Date(note.at).toISOString()]);
  const decisions = record.decisions.map((one) => [
    new Date(one.at).toISOString(),
    `step ${one.step}`,
    one.what,
    one.why,
  ]);
  return [table(head), '', table(checkpoints), '', table(decisions)].join('\n');
}
