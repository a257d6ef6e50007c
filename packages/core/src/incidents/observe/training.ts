import { runPath } from '../links.ts';
import type { Observation, SignalKind } from '../signal.ts';
import type { SignalSnapshot, TrainingTrouble } from '../snapshot.ts';

const KIND: Readonly<Record<TrainingTrouble, SignalKind>> = {
  crash: 'training_crash',
  diverged: 'training_diverged',
  hung: 'training_hung',
  gate_failed: 'training_gate',
  bad_checkpoint: 'training_checkpoint',
};

/** Runs in trouble. What the supervisor still mends by itself is a hint; what it gave up is a finding. */
export function observeTraining(snapshot: SignalSnapshot): Observation[] {
  return snapshot.training.map(({ run, model, at, trouble, final, text }) => ({
    kind: KIND[trouble],
    name: model,
    segment: `run=${run}`,
    strength: final ? 1 : 0.35,
    since: at,
    evidence: {
      text: `training of ${model}: ${text}${final ? '' : ' (being retried)'}`,
      figures: {},
      link: runPath(run),
    },
  }));
}
