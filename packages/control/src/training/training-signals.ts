import { type Clock, type TrainingFigures, trainingEnded, trainingFigures } from '@evenkeel/core';
import type { FactRow, Facts } from '@evenkeel/store';
import type { KeptRun } from './run-book.ts';

/** Figures of runs as pushed signals: an objective of the service asks for one by its name. */
export interface TrainingSignals {
  push(service: string, runs: readonly KeptRun[]): Promise<void>;
}

/** Names under which an objective asks for them. */
export const TRAINING_SIGNALS = [
  /** Milliseconds of useful work among milliseconds of active time. */
  'training-goodput',
  /** Steps that were kept among steps done. */
  'training-kept-work',
  /** Resumes that made a step among resumes. */
  'training-resumes',
  /** One event a minute: bad when the newest checkpoint is older than two of its intervals, or a minute if that is longer. */
  'training-checkpoint-age',
] as const;

/** What has happened in between is told once a minute, and at the end. */
const EVERY_MS = 60_000;

interface Told {
  readonly at: number;
  readonly figures: Pick<
    TrainingFigures,
    'usefulMs' | 'activeMs' | 'stepsDone' | 'stepsLost' | 'resumes' | 'resumesGood'
  >;
}

const NOTHING: Told['figures'] = {
  usefulMs: 0,
  activeMs: 0,
  stepsDone: 0,
  stepsLost: 0,
  resumes: 0,
  resumesGood: 0,
};

export function trainingSignals(facts: Pick<Facts, 'add'>, clock: Clock): TrainingSignals {
  const told = new Map<string, Told>();

  function rowsOf(
    service: string,
    run: KeptRun,
    before: Told,
    figures: TrainingFigures,
    at: number,
  ): FactRow[] {
    const { id, plan, medianStepMs = 0, phase } = run.record;
    const rows: FactRow[] = [];
    const row = (name: (typeof TRAINING_SIGNALS)[number], good: number, total: number): void => {
      if (total <= 0) return;
      const body = { name, good: Math.min(total, Math.max(0, good)), total, detail: { run: id } };
      rows.push({
        kind: 'signal',
        service,
        id: `${id}-${name}-${run.revision}`,
        at,
        arrivedAt: at,
        by: 'evenkeel',
        request: undefined,
        body,
      });
    };
    const was = before.figures;
    row('training-goodput', figures.usefulMs - was.usefulMs, figures.activeMs - was.activeMs);
    const done = figures.stepsDone - was.stepsDone;
    row('training-kept-work', done - (figures.stepsLost - was.stepsLost), done);
    row('training-resumes', figures.resumesGood - was.resumesGood, figures.resumes - was.resumes);
    if (!trainingEnded(phase)) {
      const oldest = Math.max(EVERY_MS, 2 * plan.checkpointEvery * medianStepMs);
      row('training-checkpoint-age', figures.checkpointAgeMs <= oldest ? 1 : 0, 1);
    }
    return rows;
  }

  return {
    async push(service, runs) {
      const at = Math.round(clock.wall());
      for (const run of runs) {
        const { id, phase, createdAt } = run.record;
        const ended = trainingEnded(phase);
        const figures = trainingFigures(run.record, at);
        const known = told.get(id);
        if (known === undefined) {
          // What happened before this process looked has been told already, or is too old to be told now.
          const fresh = at - createdAt < EVERY_MS;
          told.set(id, { at: fresh ? 0 : at, figures: fresh ? NOTHING : figures });
          if (!fresh) continue;
        }
        const before = told.get(id) ?? { at, figures };
        const news = figures.activeMs > before.figures.activeMs;
        if (!news || (!ended && at - before.at < EVERY_MS)) continue;
        const rows = rowsOf(service, run, before, figures, at);
        if (rows.length > 0) await facts.add(rows);
        told.set(id, { at, figures });
      }
    },
  };
}
