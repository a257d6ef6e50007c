import { path, type Signature } from '../signature.ts';

export const TRAINING_FAILURE: Signature = {
  type: 'training_failure',
  title: 'Training failure',
  summary:
    'A training run has given up, or its result may not be used; production goes on with an ageing model.',
  signals: [
    { kind: 'training_crash', weight: 0.92, role: 'cause', text: 'The run crashed and is out of retries' },
    {
      kind: 'training_diverged',
      weight: 0.92,
      role: 'cause',
      text: 'Loss or gradients became NaN, infinite, or grew without end',
    },
    { kind: 'training_hung', weight: 0.9, role: 'cause', text: 'The run stopped making steps' },
    { kind: 'training_gate', weight: 0.9, role: 'cause', text: 'The candidate failed its validation gates' },
    { kind: 'training_checkpoint', weight: 0.88, role: 'cause', text: 'No checkpoint verifies' },
    { kind: 'burn_freshness', weight: 0.2, role: 'symptom', text: 'The model in production grows too old' },
    { kind: 'change_data', weight: 0.3, role: 'cause', text: 'Training data were changed' },
    { kind: 'change_config', weight: 0.2, role: 'cause', text: 'The run’s configuration was changed' },
    { kind: 'change_schema', weight: 0.2, role: 'cause', text: 'A schema was changed' },
  ],
  typicalCauses: [
    'A poisoned batch: NaN, mislabelled or corrupt records',
    'Learning rate, precision or clipping that does not suit the data',
    'Out of memory on device or host',
    'A node lost or preempted without a checkpoint in time',
    'Torn or unreadable checkpoints, a full disk',
    'Deadlock in data loading or in a collective operation',
    'Validation data that no longer fit the schema',
  ],
  immediateActions: [
    {
      kind: 'freeze_promotion',
      text: 'Freeze promotion; keep the model in production',
      why: 'a candidate in doubt must not reach anybody',
    },
    {
      kind: 'start_retraining',
      text: 'Resume from the last valid checkpoint, past the bad batches',
      why: 'saves the work that is sound',
    },
    { kind: 'tell_team', text: 'Tell the owners of run and data', why: 'they know what changed' },
    {
      kind: 'assess_impact',
      text: 'See how long the model in production may age',
      why: 'decides whether this can wait until morning',
    },
  ],
  investigationSteps: [
    'Read the last events of the run: step, loss, gradient norm, memory',
    'Replay the batches before the first anomaly from the same checkpoint',
    'Verify the manifest of each kept checkpoint',
    'Compare configuration, data version and image with the last good run',
    'Look for preemption, OOM and disk events on the node',
    'Check which gate failed, by how much, on which segment',
  ],
  rootCauseQuestions: [
    'Was it the data, the code, the configuration or the machine?',
    'How much work was lost since the last valid checkpoint?',
    'Why did retries not help, or not happen?',
    'Did the gate refuse a bad model, or is the gate wrong?',
  ],
  prevention: [
    'Validate training data before the run, batch by batch',
    'Watch gradient norm as well as loss; roll back and skip on spikes',
    'Test that resuming gives the same weights as not stopping',
    'Alert on heartbeat and on checkpoint age',
    'Keep more than one valid checkpoint, verified after writing',
  ],
  escalationPath: path('ML Engineer On-Call', 'Training Platform Engineer', 'ML Tech Lead'),
};
