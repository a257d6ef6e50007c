import { path, type Signature } from '../signature.ts';

export const SAFETY_VIOLATION: Signature = {
  type: 'safety_violation',
  title: 'Safety violation',
  summary:
    'Harmful output reaches people, or is produced so often that only the last check stands in between.',
  signals: [
    { kind: 'safety_flags', weight: 0.9, role: 'cause', text: 'Outputs flagged by safety classifier' },
    { kind: 'harm_reports', weight: 0.85, role: 'cause', text: 'User reports of harmful content' },
    {
      kind: 'zero_tolerance_broken',
      weight: 0.92,
      role: 'cause',
      text: 'Monitoring alerts on sensitive outputs: what is never tolerated has happened',
    },
    { kind: 'burn_safety', weight: 0.85, role: 'symptom', text: 'A safety budget burns' },
    { kind: 'user_reports', weight: 0.15, role: 'symptom', text: 'People complain' },
    { kind: 'change_model', weight: 0.25, role: 'cause', text: 'A model version was changed' },
    {
      kind: 'change_config',
      weight: 0.25,
      role: 'cause',
      text: 'Prompts, filters or strictness were changed',
    },
    { kind: 'change_data', weight: 0.15, role: 'cause', text: 'A retrieval source was changed' },
  ],
  typicalCauses: [
    'Adversarial inputs exploiting model',
    'Training data contamination',
    'Edge case not covered by safety filters',
    'Prompt injection attack',
    'A filter that was relaxed, bypassed by a new path, or failed open',
    'Retrieved documents that carry instructions or personal data',
  ],
  immediateActions: [
    {
      kind: 'tighten_safety',
      text: 'Increase safety filter strictness',
      why: 'turns more away now; false alarms can be looked at later',
    },
    {
      kind: 'human_review',
      text: 'Enable human review for flagged outputs',
      why: 'a person decides before it reaches anybody',
    },
    {
      kind: 'block_pattern',
      text: 'Block affected input patterns',
      why: 'an attack comes in waves of the same shape',
    },
    {
      kind: 'pin_safer_rung',
      text: 'Consider service degradation to safer fallback',
      why: 'templates and rules cannot be talked into anything',
    },
    {
      kind: 'raise_sampling',
      text: 'Keep every flagged exchange',
      why: 'the evidence for the fix, and for those who must be told',
    },
  ],
  investigationSteps: [
    'Collect and analyze violating examples',
    'Identify common patterns in triggers',
    'Check for training data issues',
    'Review safety filter coverage',
    'Find out who saw harmful output, and whether they must be told',
    'Check by which path the output passed: streaming, tools, retrieval, cached answers',
  ],
  rootCauseQuestions: [
    'How did harmful content bypass filters?',
    'Was this a known edge case?',
    'Was training data contaminated?',
    'Were safety classifiers up to date?',
    'How many people saw it, and for how long?',
  ],
  prevention: [
    'Expand safety test coverage',
    'Add adversarial testing to CI',
    'Improve real-time safety filtering',
    'Establish red team process',
    'Add the violating examples to the regression set of filter and model',
  ],
  escalationPath: path('ML Engineer On-Call', 'Trust & Safety Team', 'VP of Engineering'),
};
