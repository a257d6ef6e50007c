import { path, type Signature } from '../signature.ts';

export const DATA_QUALITY: Signature = {
  type: 'data_quality',
  title: 'Data quality',
  summary:
    'What reaches the model is wrong as data: empty, in another unit, in the wrong field, of another type.',
  signals: [
    {
      kind: 'request_invalid',
      weight: 0.9,
      role: 'cause',
      text: 'Inputs that cannot be right: nulls, wrong types, unseen categories, values out of range',
    },
    {
      kind: 'feature_invalid',
      weight: 0.85,
      role: 'cause',
      text: 'Feature values that cannot be right, from a source that answers in time',
    },
    { kind: 'request_drift', weight: 0.2, role: 'symptom', text: 'Input distributions have jumped' },
    { kind: 'feature_drift', weight: 0.25, role: 'symptom', text: 'Feature distributions have jumped' },
    { kind: 'prediction_drift', weight: 0.15, role: 'symptom', text: 'Predictions have moved' },
    { kind: 'confidence_drift', weight: 0.15, role: 'symptom', text: 'Confidence has moved' },
    { kind: 'estimate_void', weight: 0.2, role: 'symptom', text: 'Quality cannot be estimated any more' },
    { kind: 'estimate_low', weight: 0.15, role: 'symptom', text: 'Estimated quality is down' },
    { kind: 'labels_disagree', weight: 0.15, role: 'symptom', text: 'Labels disagree with predictions' },
    { kind: 'outcome_drop', weight: 0.15, role: 'symptom', text: 'Online metrics drop' },
    { kind: 'burn_quality', weight: 0.15, role: 'symptom', text: 'A quality budget burns' },
    { kind: 'errors_malformed', weight: 0.1, role: 'symptom', text: 'The model chokes on its input' },
    { kind: 'change_schema', weight: 0.45, role: 'cause', text: 'A schema was changed upstream' },
    { kind: 'change_data', weight: 0.4, role: 'cause', text: 'A data source was changed' },
    { kind: 'change_deploy', weight: 0.1, role: 'cause', text: 'A producer was deployed' },
  ],
  typicalCauses: [
    'A producer renamed, retyped or dropped a field',
    'A unit or currency changed (cents for euros, seconds for milliseconds)',
    'Two columns swapped, or a join that lost its keys',
    'A new client version or locale sends categories that training never saw',
    'Backfill or test data written into the production source',
    'Encoding or truncation on the way (UTF-8 read as Latin-1, texts cut at a length)',
  ],
  immediateActions: [
    {
      kind: 'block_pattern',
      text: 'Turn away or set aside the inputs that cannot be right',
      why: 'an honest refusal is better than an answer to garbage',
    },
    {
      kind: 'pin_safer_rung',
      text: 'Enter at a rung that does not use the broken fields',
      why: 'rules and simpler models read fewer fields',
    },
    {
      kind: 'pin_batch_features',
      text: 'Use the last good batch of the affected features',
      why: 'yesterday’s right values beat today’s wrong ones',
    },
    {
      kind: 'tell_team',
      text: 'Alert the team that owns the producer',
      why: 'only they can stop it at its source',
    },
    {
      kind: 'raise_sampling',
      text: 'Keep full samples of the affected requests',
      why: 'shows the shape of what is wrong',
    },
    {
      kind: 'pause_retraining',
      text: 'Pause retraining on the affected data',
      why: 'or the next model learns the mistake',
    },
  ],
  investigationSteps: [
    'List the fields whose validity changed, in order of time',
    'Compare a sample of wrong values with last week’s: unit, type, field order, encoding',
    'Find the producer, client version or region they come from',
    'Check schema and producer changes before the first wrong value',
    'Find what else reads this source: training sets, batch features, reports',
  ],
  rootCauseQuestions: [
    'Which contract between producer and service was broken, and was it written down?',
    'Why did validation at the edge let it in?',
    'How long were wrong values stored, and what was computed from them?',
    'Did training data take them in?',
  ],
  prevention: [
    'Validate types, ranges and categories at the edge and refuse what breaks them',
    'Agree on a data contract with the producer and test it in their CI',
    'Monitor the share of nulls, unseen categories and out-of-range values per field',
    'Quarantine data that fails its checks before training sees it',
  ],
  escalationPath: path('Data Engineer On-Call', 'Owner of the data source', 'Data Engineering Manager'),
};
