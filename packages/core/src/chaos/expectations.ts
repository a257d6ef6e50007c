import type { ArmFigures } from './arm-figures.ts';
import { addArms } from './arm-figures.ts';
import { type CohortVerdict, compareArms } from './cohorts.ts';
import type { Expectation, Experiment } from './experiment.ts';
import { latencyQuantile } from './latency-counts.ts';
import { figureOf, type Observation, type WindowFigures } from './observation.ts';

/** What came of one expectation. `missing`: cannot be told. */
export interface CheckResult {
  readonly check:
    | Expectation['check']
    | 'steady_state_before'
    | 'steady_state_during'
    | 'steady_state_after'
    | 'rollback';
  readonly status: 'passed' | 'failed' | 'missing';
  readonly reason: string;
  /** For the comparison of the arms. */
  readonly cohorts?: CohortVerdict | undefined;
}

/** What a run has seen, for judging it. */
export interface Evidence {
  /** The last look before the method. */
  readonly before: Observation | undefined;
  readonly baseline: WindowFigures | undefined;
  /** The last look while the fault was in force. */
  readonly during: Observation | undefined;
  /** The newest look at incidents, alerts and pages, which may come after the fault has gone. */
  readonly latest: Observation | undefined;
  /** Wall milliseconds of the first injection. */
  readonly injectedAt: number;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The arm that the fault touched; all traffic where no arms were measured but there is traffic. */
function touched(evidence: Evidence): ArmFigures | undefined {
  return evidence.during?.arms?.experiment ?? evidence.during?.window?.arm;
}

export function judge(expectation: Expectation, experiment: Experiment, evidence: Evidence): CheckResult {
  const { check } = expectation;
  const say = (ok: boolean | undefined, reason: string): CheckResult => ({
    check,
    status: ok === undefined ? 'missing' : ok ? 'passed' : 'failed',
    reason,
  });
  const arm = touched(evidence);
  const needsArm = ['error_rate', 'latency', 'fallback', 'priority_kept', 'lower_classes_first'].includes(
    check,
  );
  if (needsArm && (arm === undefined || arm.requests < Math.max(1, experiment.minRequests)))
    return say(
      undefined,
      arm === undefined
        ? 'nothing was measured in the blast radius'
        : `${arm.requests} requests in the blast radius; ${experiment.minRequests} are needed`,
    );
  const { latest, injectedAt } = evidence;

  switch (expectation.check) {
    case 'error_rate': {
      if (arm === undefined) return say(undefined, 'nothing was measured');
      const share = arm.errors / arm.requests;
      return say(
        share < expectation.max,
        `${percent(share)} without an answer; under ${percent(expectation.max)} is accepted`,
      );
    }
    case 'latency': {
      const was = figureOf(evidence.baseline, 'p99_ms');
      const is = arm === undefined ? undefined : latencyQuantile(arm.latency, 0.99);
      if (was === undefined) return say(undefined, 'there is no baseline of the latency');
      if (is === undefined) return say(undefined, 'nothing was answered whose latency could be measured');
      return say(
        is < expectation.times * was,
        `p99 ${is.toFixed(0)} ms against ${was.toFixed(0)} ms before; under ${expectation.times} times is accepted`,
      );
    }
    case 'fallback': {
      if (arm === undefined) return say(undefined, 'nothing was measured');
      const { levels, least } = expectation;
      const count =
        levels.length === 0 ? arm.degraded : levels.reduce((sum, level) => sum + (arm.levels[level] ?? 0), 0);
      const share = count / arm.requests;
      const names = levels.length === 0 ? 'below full service' : `at ${levels.join(' or ')}`;
      return say(
        count > 0 && share >= least,
        `${percent(share)} answered ${names}; at least ${percent(least)} is expected`,
      );
    }
    case 'priority_kept': {
      const during = evidence.during?.arms;
      const both = during === undefined ? arm : addArms(during.experiment, during.control);
      const own = both?.classes[expectation.priority];
      if (own === undefined || own.requests === 0)
        return say(undefined, `there were no requests of class ${expectation.priority}`);
      const share = own.good / own.requests;
      return say(
        share >= expectation.good,
        `${percent(share)} of ${own.requests} requests of class ${expectation.priority} were answered in time; at least ${percent(expectation.good)} is expected`,
      );
    }
    case 'lower_classes_first': {
      const shares = (arm?.classes ?? []).flatMap(({ requests, good }, priority) =>
        requests < 20 ? [] : [{ priority, share: good / requests, spread: Math.sqrt(0.25 / requests) }],
      );
      if (shares.length < 2) return say(undefined, 'fewer than two classes had enough requests to compare');
      const wrong = shares.find((one, i) => {
        const next = shares[i + 1];
        return next !== undefined && next.share > one.share + 2 * Math.hypot(one.spread, next.spread);
      });
      const words = shares.map(({ priority, share }) => `class ${priority}: ${percent(share)}`).join(', ');
      return say(wrong === undefined, `answered in time: ${words}`);
    }
    case 'incident': {
      if (latest?.incidents === undefined) return say(undefined, 'incidents could not be seen');
      const since = latest.incidents.filter(({ openedAt }) => openedAt >= injectedAt);
      const right = since.find(
        ({ type, openedAt }) => type === expectation.type && openedAt - injectedAt <= expectation.withinMs,
      );
      if (right !== undefined)
        return say(
          true,
          `${right.id} of type ${right.type} after ${Math.round((right.openedAt - injectedAt) / 1_000)} s`,
        );
      const others = since.map(
        ({ id, type, openedAt }) =>
          `${id} of type ${type} after ${Math.round((openedAt - injectedAt) / 1_000)} s`,
      );
      return say(
        false,
        `no incident of type ${expectation.type} within ${expectation.withinMs / 1_000} s${others.length === 0 ? '' : `; there was ${others.join(', ')}`}`,
      );
    }
    case 'alert': {
      if (latest?.alerts === undefined) return say(undefined, 'alerts could not be seen');
      const right = latest.alerts.find(
        ({ name, at }) =>
          name === expectation.name && at >= injectedAt && at - injectedAt <= expectation.withinMs,
      );
      return right === undefined
        ? say(false, `no alert ${expectation.name} within ${expectation.withinMs / 1_000} s`)
        : say(true, `${right.name} after ${Math.round((right.at - injectedAt) / 1_000)} s`);
    }
    case 'nobody_paged': {
      if (latest?.pages === undefined) return say(undefined, 'pages could not be seen');
      const paged = latest.pages.filter(({ at }) => at >= injectedAt);
      return say(paged.length === 0, paged.length === 0 ? 'nobody' : paged.map(({ who }) => who).join(', '));
    }
    case 'somebody_paged': {
      if (latest?.pages === undefined) return say(undefined, 'pages could not be seen');
      const first = latest.pages.find(
        ({ at }) => at >= injectedAt && at - injectedAt <= expectation.withinMs,
      );
      return first === undefined
        ? say(false, `nobody within ${expectation.withinMs / 1_000} s`)
        : say(true, `${first.who} after ${Math.round((first.at - injectedAt) / 1_000)} s`);
    }
    case 'cohorts': {
      const arms = evidence.during?.arms;
      if (arms === undefined) return say(undefined, 'the arms were not measured');
      const { metric, margin } = expectation;
      const { alpha, minRequests } = experiment;
      const cohorts = compareArms(metric, arms.experiment, arms.control, { margin, alpha, minRequests });
      const ok = cohorts.verdict === 'within' ? true : cohorts.verdict === 'over' ? false : undefined;
      return { ...say(ok, cohorts.reason), cohorts };
    }
    case 'budget_spent': {
      const was = evidence.before?.budgets;
      const is = latest?.budgets;
      if (was === undefined || is === undefined) return say(undefined, 'the budgets could not be seen');
      const spent = is.flatMap(({ objective, remaining }) => {
        const first = was.find((budget) => budget.objective === objective)?.remaining;
        return first === undefined || remaining === undefined
          ? []
          : [{ objective, share: first - remaining }];
      });
      const most = spent.sort((a, b) => b.share - a.share)[0];
      if (most === undefined) return say(undefined, 'no objective has figures');
      return say(
        most.share <= expectation.max,
        `${percent(most.share)} of the budget of ${most.objective}; at most ${percent(expectation.max)} is accepted`,
      );
    }
  }
}

/** Whether every comparison of the arms is settled, so that more traffic would change nothing. */
export function comparisonsSettled(experiment: Experiment, evidence: Evidence): boolean {
  const compared = experiment.expect.filter((one) => one.check === 'cohorts');
  return (
    compared.length > 0 && compared.every((one) => judge(one, experiment, evidence).status !== 'missing')
  );
}
