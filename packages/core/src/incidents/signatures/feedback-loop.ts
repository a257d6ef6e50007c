import { path, type Signature } from '../signature.ts';

export const FEEDBACK_LOOP: Signature = {
  type: 'feedback_loop',
  title: 'Feedback loop',
  summary:
    'The model learns from what it did itself: it shows less and less of the world and believes it more and more.',
  signals: [
    {
      kind: 'toward_served',
      weight: 0.78,
      role: 'cause',
      text: 'Predictions drift toward what the model itself served',
    },
    {
      kind: 'exposure_concentrated',
      weight: 0.68,
      role: 'cause',
      text: 'Exposure concentrates on ever fewer items or classes',
    },
    {
      kind: 'labels_self_caused',
      weight: 0.72,
      role: 'cause',
      text: 'Most training labels were caused by the model’s own actions',
    },
    {
      kind: 'prediction_drift',
      weight: 0.25,
      role: 'symptom',
      text: 'Predictions have moved round by round',
    },
    {
      kind: 'confidence_drift',
      weight: 0.15,
      role: 'symptom',
      text: 'Confidence grows without better labels',
    },
    {
      kind: 'outcome_drop',
      weight: 0.15,
      role: 'symptom',
      text: 'Long-term outcomes fall while clicks hold',
    },
    { kind: 'user_reports', weight: 0.1, role: 'symptom', text: 'People complain of seeing always the same' },
    { kind: 'change_model', weight: 0.15, role: 'cause', text: 'A retrained model took over' },
    { kind: 'change_config', weight: 0.2, role: 'cause', text: 'Exploration or sampling was changed' },
  ],
  typicalCauses: [
    'Retraining on clicks of what was shown, without weights for what was not',
    'Exploration switched off, or its share too small to matter',
    'Labels that only exist where the model acted (blocked transactions are never seen to be good)',
    'Position and popularity bias taken for preference',
    'Generated texts among the training data of the next generation',
    'Downstream automation that acts on the score and so makes it true',
  ],
  immediateActions: [
    {
      kind: 'pause_retraining',
      text: 'Pause automatic retraining',
      why: 'each round on its own labels tightens the loop',
    },
    {
      kind: 'roll_back_model',
      text: 'Go back to the version before the loop began',
      why: 'it still knows the rest of the world',
    },
    {
      kind: 'finer_monitoring',
      text: 'Measure exposure and predictions by segment and round',
      why: 'shows where it closes first',
    },
    {
      kind: 'assess_impact',
      text: 'Compare with a random or held-out slice of traffic',
      why: 'the only labels the model has not caused',
    },
    {
      kind: 'tell_team',
      text: 'Ask the owners for an exploration share',
      why: 'the loop ends where chance is let in',
    },
  ],
  investigationSteps: [
    'Plot concentration of exposure over model versions',
    'Compare predictions on a fixed set of requests across versions',
    'Trace labels of the last training set to what caused them',
    'Check exploration: configured share, real share, who gets it',
    'Compare outcomes of explored and exploited traffic',
  ],
  rootCauseQuestions: [
    'Through which labels does the model see its own actions?',
    'When did the loop begin, and which version or change began it?',
    'Who or what was no longer shown, and what did that cost them?',
    'Which unbiased data are there, and are they used?',
  ],
  prevention: [
    'Keep a share of random exposure and log its propensities',
    'Weight labels by the inverse of their propensity, or train on explored traffic',
    'Set an objective on concentration and on the share of self-caused labels',
    'Judge candidates on held-out traffic that the model did not shape',
    'Mark generated content, and keep it out of training',
  ],
  escalationPath: path('ML Engineer On-Call', 'ML Tech Lead', 'Product Owner'),
};
