import { path, type Signature } from '../signature.ts';

export const FEATURE_PIPELINE: Signature = {
  type: 'feature_pipeline',
  title: 'Feature pipeline',
  summary:
    'Features do not reach the model as they should: their source is gone, slow, behind, or full of holes.',
  signals: [
    { kind: 'features_down', weight: 0.95, role: 'cause', text: 'The feature server does not answer' },
    {
      kind: 'features_stale',
      weight: 0.88,
      role: 'cause',
      text: 'Feature freshness SLO violation: values older than they may be',
    },
    { kind: 'features_missing', weight: 0.88, role: 'cause', text: 'Missing features at serving time' },
    { kind: 'features_slow', weight: 0.85, role: 'cause', text: 'Features are not had in time' },
    { kind: 'burn_freshness', weight: 0.6, role: 'symptom', text: 'A freshness budget burns' },
    {
      kind: 'feature_drift',
      weight: 0.25,
      role: 'symptom',
      text: 'Sudden change in feature distributions',
    },
    { kind: 'feature_invalid', weight: 0.3, role: 'symptom', text: 'Feature values that cannot be right' },
    {
      kind: 'entry_below',
      weight: 0.15,
      role: 'symptom',
      text: 'Requests enter at cached features or below',
    },
    { kind: 'rung_down', weight: 0.15, role: 'symptom', text: 'Rungs that need features cannot answer' },
    { kind: 'exhaustion_forecast', weight: 0.1, role: 'symptom', text: 'A budget will be gone soon' },
    { kind: 'change_schema', weight: 0.3, role: 'cause', text: 'A schema was changed upstream' },
    { kind: 'change_data', weight: 0.3, role: 'cause', text: 'A data source or job was changed' },
    { kind: 'change_deploy', weight: 0.1, role: 'cause', text: 'The feature service was deployed' },
    { kind: 'change_config', weight: 0.1, role: 'cause', text: 'Configuration was changed' },
  ],
  typicalCauses: [
    'Pipeline job failure',
    'Schema change in upstream data',
    'Resource exhaustion',
    'Dependency service outage',
    'The online store lags behind the offline one: materialisation stuck or slow',
    'Entities that the store does not know (new users, changed keys)',
  ],
  immediateActions: [
    {
      kind: 'pin_cached_features',
      text: 'Switch to cached/stale features',
      why: 'last known values change slowly and answer at once',
    },
    {
      kind: 'pin_batch_features',
      text: 'Enable batch features as fallback',
      why: 'covers entities nobody asked about lately',
    },
    { kind: 'tell_team', text: 'Alert data engineering team', why: 'the pipeline is theirs to mend' },
    {
      kind: 'assess_impact',
      text: 'See which segments lose most without fresh features',
      why: 'cached values cost new and fast-moving entities the most',
    },
  ],
  investigationSteps: [
    'Check pipeline job logs',
    'Verify upstream data availability',
    'Review recent schema changes',
    'Check resource utilization',
    'Compare the newest event time in the online store with the wall clock, per feature view',
    'Ask the store for one known entity by hand, and time it',
  ],
  rootCauseQuestions: [
    'Which job or service failed first, and what did it depend on?',
    'Why did nobody notice before serving did?',
    'How long can the service live on cached features before quality falls?',
    'Which features had no batch table behind them?',
  ],
  prevention: [
    'Set freshness objectives per feature view and page the pipeline’s owners on them',
    'Keep a batch table behind every online feature that the model cannot do without',
    'Test schema changes against the feature definitions in CI',
    'Bound what one job may take of the shared cluster',
    'Run the feature store experiments on a schedule',
  ],
  escalationPath: path('Data Engineer On-Call', 'ML Engineer On-Call', 'Data Engineering Manager'),
};
