import type { CheckResult } from './expectations.ts';
import type { Experiment } from './experiment.ts';

/** What to change when a check fails. Keyed by the check, because that is what was seen to be wrong. */
const ADVICE: Readonly<Record<CheckResult['check'], string>> = {
  error_rate:
    'Requests were lost. Add a rung below the one that failed, or one that cannot fail (a static answer); see which step of the records ended them.',
  latency:
    'Answers came too late. Shorten the time-out of what was slow and the budget of its rung, so that the rung below gets its turn; consider a cache in front of it.',
  fallback:
    'The fallback was not used. Check that the ladder has a rung that does not depend on what failed, that no directive forbids it, and that the breaker opens soon enough: lower its threshold.',
  priority_kept:
    'Important requests suffered. Check the priority rules, lower the thresholds of admission so that lower classes are turned away sooner, and look whether class 0 has a rung of its own.',
  lower_classes_first:
    'Less important requests fared better than more important ones. Check the priority rules and that overflow rungs take what the gates turn away.',
  incident:
    'Nobody would have known in time. Check the signals of the incident type that was expected, and the window of the objective that should have burned.',
  alert:
    'It was not noticed. Add an objective or a monitor for it, or shorten the window of the one there is; for old features that is an objective of freshness.',
  nobody_paged:
    'People were woken for what the service handles by itself. Raise the threshold of the alert that paged, or let it open a ticket.',
  somebody_paged:
    'Nobody was woken. Check the on-call schedule, the notifiers and the severity of the incident type.',
  cohorts:
    'Those in the blast radius were served worse than the others by more than is accepted. Compare the records of both groups at the rung where they part.',
  budget_spent:
    'It cost more of the budget than is accepted. Make the blast radius smaller, or the fallback faster.',
  steady_state_before:
    'The service was not in its steady state to begin with: nothing was tried. Repair that first.',
  steady_state_during:
    'The steady state did not hold while the fault was in force. See which probe left its tolerance first.',
  steady_state_after:
    'The service did not come back by itself after the fault had gone. Look for a breaker or a rung that does not step up, a cache that stays cold, a queue that does not drain.',
  rollback:
    'The undoing failed. See that the fault has ended at every replica, and repair the rollback before the next run.',
};

/** What the run teaches: by the first check that failed, else by what could not be seen. */
export function recommendation(experiment: Experiment, checks: readonly CheckResult[]): string {
  const failed = checks.filter((check) => check.status === 'failed');
  if (failed.length > 0) {
    const kinds = [...new Set(failed.map(({ check }) => check))];
    return kinds.map((kind) => ADVICE[kind]).join(' ');
  }
  const missing = checks.filter((check) => check.status === 'missing');
  if (missing.length > 0)
    return `No verdict: ${missing.map(({ check, reason }) => `${check.replaceAll('_', ' ')} (${reason})`).join('; ')}. Let it run longer, at more traffic, or with a wider blast radius.`;
  return experiment.schedule === undefined
    ? 'The service handled it. Put the experiment on a schedule, so that it stays so.'
    : 'The service handled it. Nothing to change.';
}
