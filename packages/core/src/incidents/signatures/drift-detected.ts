import { path, type Signature } from '../signature.ts';

export const DRIFT_DETECTED: Signature = {
  type: 'drift_detected',
  title: 'Drift',
  summary:
    'What the model is asked is not what it was trained on any more; the values are valid, the world has moved.',
  signals: [
    { kind: 'request_drift', weight: 0.75, role: 'cause', text: 'PSI/JSD alerts on input features' },
    { kind: 'feature_drift', weight: 0.65, role: 'cause', text: 'PSI/JSD alerts on looked-up features' },
    { kind: 'prediction_drift', weight: 0.4, role: 'symptom', text: 'Prediction distribution shift' },
    { kind: 'confidence_drift', weight: 0.4, role: 'symptom', text: 'Sudden change in model confidence' },
    { kind: 'estimate_void', weight: 0.3, role: 'symptom', text: 'Quality cannot be estimated any more' },
    { kind: 'estimate_low', weight: 0.25, role: 'symptom', text: 'Estimated quality is down' },
    { kind: 'change_baseline', weight: 0.25, role: 'cause', text: 'The baseline was changed' },
    { kind: 'change_deploy', weight: 0.1, role: 'cause', text: 'A product or page was changed' },
  ],
  typicalCauses: [
    'Seasonal change in user behavior',
    'Product/UI change affecting features',
    'Real world event (holiday, news)',
    'Data collection bug',
    'A new market, tenant or client whose traffic differs',
    'A baseline that does not cover the week, or is older than the product',
  ],
  immediateActions: [
    {
      kind: 'verify_drift',
      text: 'Verify drift is real (not monitoring bug)',
      why: 'a second test on raw samples, against last week as well as the baseline',
    },
    {
      kind: 'assess_impact',
      text: 'Assess impact on model performance',
      why: 'drift that costs nothing is a note, not an incident',
    },
    {
      kind: 'start_retraining',
      text: 'Consider triggering model retraining',
      why: 'a real and lasting change is answered by learning it',
    },
    {
      kind: 'finer_monitoring',
      text: 'Watch the drifting segments closer',
      why: 'shows who moves, and since when',
    },
  ],
  investigationSteps: [
    'Identify which features are drifting',
    'Correlate with external events',
    'Check for upstream data issues',
    'Analyze impact on model outputs',
    'Split by segment: did everybody change, or did the mix of segments?',
    'Compare with the same weekday and hour of earlier weeks',
  ],
  rootCauseQuestions: [
    'Did the world change, the product, or the measuring?',
    'Is it a shift of inputs, of classes, or of what an input means?',
    'How much quality did it cost, in which segments?',
    'Could it have been foreseen (season, launch, campaign)?',
  ],
  prevention: [
    'Refresh baselines from recent traffic, season and weekday included',
    'Retrain on a schedule or on verified drift, behind gates',
    'Announce launches and campaigns as changes, so that drift finds its cause',
    'Track performance by segment, not on average alone',
  ],
  escalationPath: path('ML Engineer On-Call', 'Data Scientist of the model', 'ML Tech Lead'),
};
