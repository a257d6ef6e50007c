import { type CheckResult, judge } from './expectations.ts';
import type { Experiment } from './experiment.ts';
import { evidenceOf, lift, proceedMethod } from './method.ts';
import { RunDraft } from './run-draft.ts';
import {
  NEVER,
  type RunClock,
  type RunEvent,
  type RunState,
  type RunStatus,
  type RunStep,
} from './run-state.ts';
import { abortCheck, type SafetySettings, startChecks } from './safety-checks.ts';
import { steadyState, whyNot } from './steady-state.ts';

/** Milliseconds between two looks. An abort is decided at the first look that shows the reason. */
const LOOK_EVERY_MS = 1_000;
/** Without a look for this long nobody knows what the fault does: it is undone. */
const BLIND_MS = 10_000;
const CHECK_MS = 30_000;
/** Milliseconds over a lease after which a fault that is still seen has outlived it. */
const GRACE_MS = 5_000;
/** Milliseconds that replicas are given to report that a fault has gone; whoever takes a run over knows nothing of them yet. */
const SEEN_MS = 10_000;

/** A new run, and the first look that decides whether it may start. */
export function startRun(
  experiment: Experiment,
  as: { readonly id: string; readonly by: string; readonly settings: SafetySettings },
  now: RunClock,
): RunStep {
  const draft = new RunDraft(
    experiment,
    {
      id: as.id,
      experiment: experiment.name,
      service: experiment.service,
      by: as.by,
      phase: 'checking',
      status: undefined,
      reason: '',
      ran: false,
      startedAt: now.wall,
      endedAt: undefined,
      injectedAt: 0,
      injectedElapsedMs: 0,
      elapsedMs: 0,
      phaseAt: 0,
      clock: now,
      settings: as.settings,
      before: undefined,
      baseline: undefined,
      during: undefined,
      latest: undefined,
      latestAt: 0,
      askedAt: NEVER,
      injections: [],
      activities: [],
      steady: { before: undefined, during: undefined, after: undefined },
      stopped: undefined,
      checks: [],
      recommendation: '',
      journal: [],
      dropped: 0,
    },
    now,
  );
  draft.note('checking', `asked for by ${as.by}`);
  look(draft);
  return draft.step();
}

/**
 * One step of a run: decides what to do from what has happened. Pure; the state is plain JSON and is to be kept before the
 * effects are done, so that whoever reads it after a crash knows of every fault that may have been ordered.
 * Call it with what comes in, and with `tick` at least every second.
 */
export function experimentRun(
  experiment: Experiment,
  state: RunState,
  event: RunEvent,
  now: RunClock,
): RunStep {
  if (state.phase === 'done') return { state, effects: [], reasons: [] };
  const draft = new RunDraft(experiment, state, now);
  take(draft, event);
  if (draft.state.phase === 'checking') check(draft, event);
  else if (draft.state.phase === 'baseline') baseline(draft);
  if (draft.state.phase === 'method') method(draft, event);
  if (draft.state.phase === 'undoing') undo(draft);
  if (draft.state.phase === 'recovering') recover(draft);
  if (draft.state.phase !== 'done') look(draft);
  return draft.step();
}

function look(draft: RunDraft): void {
  const { elapsedMs, askedAt, phase } = draft.state;
  if (elapsedMs - askedAt < LOOK_EVERY_MS) return;
  draft.change({ askedAt: elapsedMs });
  draft.effects.push({
    kind: 'observe',
    windowMs: phase === 'checking' ? 60_000 : Math.max(1, draft.phaseMs),
  });
}

/** Ends the method: for a reason other than its time, with the status that follows from it. */
function stop(draft: RunDraft, status: 'aborted' | 'interrupted', reason: string): void {
  draft.change({ stopped: { status, reason } });
  draft.enter('undoing', reason);
}

function take(draft: RunDraft, event: RunEvent): void {
  const { state } = draft;
  switch (event.kind) {
    case 'tick':
      return;
    case 'observed':
      draft.change({ latest: event.seen, latestAt: state.elapsedMs });
      return;
    case 'injected':
      if (event.ok) {
        if (state.injections.find((one) => one.directive === event.directive)?.state === 'ordered')
          draft.injection(event.directive, { state: 'in_force' });
      } else if (state.phase === 'method') {
        draft.note(`${event.directive} was refused`, event.reason);
        stop(draft, 'aborted', `the fault could not be injected: ${event.reason}`);
      }
      return;
    case 'lifted':
      if (!event.ok) draft.note(`${event.directive} was not lifted`, event.reason);
      return;
    case 'activity_done': {
      const known = state.activities.find((one) => one.key === event.key);
      if (known === undefined || known.state !== 'running') return;
      const { ok, output, reason } = event;
      draft.activity(event.key, {
        state: ok ? 'succeeded' : 'failed',
        output,
        reason,
        endedAt: state.clock.wall,
        doneAt: state.elapsedMs,
      });
      draft.note(`${known.activity.type} ${known.activity.name}`, ok ? 'done' : `failed: ${reason}`);
      if (!ok && state.phase === 'method' && known.activity.type === 'action')
        stop(draft, 'aborted', `the action ${known.activity.name} failed: ${reason}`);
      return;
    }
    case 'halt': {
      const reason = `halted by ${event.by}: ${event.reason}`;
      if (state.phase === 'checking' || state.phase === 'baseline') draft.finish('aborted', reason, []);
      else if (state.phase === 'method') stop(draft, 'aborted', reason);
      else draft.note('halt', `${reason}; it is being undone already`);
      return;
    }
    case 'resumed': {
      draft.note('resumed', 'whoever ran it is gone; its state was read from the journal');
      // What was under way when it died is asked again: all of it may be done twice.
      for (const one of state.activities)
        if (one.state === 'running') draft.activity(one.key, { state: 'waiting' });
      draft.change({ askedAt: NEVER, latestAt: draft.state.elapsedMs });
      const reason = 'the process that ran it died';
      if (state.phase === 'checking' || state.phase === 'baseline') draft.finish('interrupted', reason, []);
      else if (state.phase === 'method') stop(draft, 'interrupted', reason);
      else if (state.phase === 'undoing') draft.change({ phaseAt: draft.state.elapsedMs });
    }
  }
}

function check(draft: RunDraft, event: RunEvent): void {
  const { experiment, state } = draft;
  if (event.kind !== 'observed') {
    if (draft.phaseMs > CHECK_MS)
      draft.finish('aborted', 'not started: the service could not be looked at', []);
    return;
  }
  const found = startChecks(experiment, event.seen, state.settings, state.clock.wall);
  if (found.length > 0) {
    for (const one of found) draft.note(one.check, one.reason);
    draft.finish('aborted', `not started: ${found.map(({ reason }) => reason).join('; ')}`, []);
    return;
  }
  draft.change({ before: event.seen });
  draft.enter('baseline', 'every safety check holds');
}

function baseline(draft: RunDraft): void {
  const { experiment, state } = draft;
  const { forMs, minRequests, maxMs } = experiment.baseline;
  const { latest } = state;
  const seenHere = latest !== undefined && state.latestAt > state.phaseAt;
  if (seenHere) {
    const danger = abortCheck(experiment, latest, state.before, state.startedAt);
    if (danger !== undefined) {
      draft.note(danger.check, danger.reason);
      draft.finish('aborted', `not started: ${danger.reason}`, []);
      return;
    }
  }
  const window = seenHere ? latest.window : undefined;
  const enough = minRequests === 0 || (window?.arm.requests ?? 0) >= minRequests;
  const late = draft.phaseMs > maxMs;
  if (draft.phaseMs < forMs || (!enough && !late)) return;
  if (!enough) {
    const reason = `${window?.arm.requests ?? 0} requests in ${Math.round(draft.phaseMs / 1_000)} s; ${minRequests} are needed for a baseline`;
    draft.finish('inconclusive', reason, [{ check: 'steady_state_before', status: 'missing', reason }]);
    return;
  }
  if (state.steady.before === undefined) draft.change({ baseline: window ?? state.baseline });
  const steady = steadyState(draft, experiment.hypothesis, 'before', draft.state.baseline);
  if (steady === undefined) {
    if (late) draft.finish('aborted', 'not started: a probe of the steady state did not answer', []);
    return;
  }
  draft.change({ steady: { ...draft.state.steady, before: steady } });
  if (steady.met === true) {
    draft.change({ before: latest ?? state.before });
    draft.enter('method', `${experiment.hypothesis.title}: met`);
    return;
  }
  const reason = whyNot(steady);
  const status = steady.met === false ? 'failed' : 'missing';
  draft.finish(
    steady.met === false ? 'aborted' : 'inconclusive',
    `not started: the steady state is not there: ${reason}`,
    [{ check: 'steady_state_before', status, reason }],
  );
}

function method(draft: RunDraft, event: RunEvent): void {
  const { experiment } = draft;
  if (event.kind === 'observed' && draft.state.latestAt > draft.state.phaseAt) {
    draft.change({ during: event.seen });
    const danger = abortCheck(experiment, event.seen, draft.state.before, draft.state.startedAt);
    if (danger !== undefined) {
      draft.note(danger.check, danger.reason);
      stop(draft, 'aborted', danger.reason);
      return;
    }
  }
  if (draft.state.elapsedMs - Math.max(draft.state.latestAt, draft.state.phaseAt) > BLIND_MS) {
    stop(draft, 'aborted', `nothing was seen of the service for ${BLIND_MS / 1_000} s`);
    return;
  }
  const { over } = proceedMethod(draft);
  if (over === undefined) return;
  const steady = steadyState(draft, experiment.hypothesis, 'during', draft.state.during?.window, 'during');
  if (steady === undefined) return;
  draft.change({ steady: { ...draft.state.steady, during: steady } });
  draft.enter('undoing', over);
}

function undo(draft: RunDraft): void {
  const { experiment } = draft;
  const { latest, latestAt, phaseAt } = draft.state;
  const sinceUndoing = latestAt > phaseAt ? latest : undefined;
  let left = false;
  for (const injection of draft.state.injections) {
    if (injection.state === 'lifted') continue;
    lift(draft, injection, draft.state.stopped?.reason ?? 'the method is over');
    const gone =
      sinceUndoing?.faults === undefined ? undefined : !sinceUndoing.faults.includes(injection.directive);
    const overdue =
      draft.state.elapsedMs - injection.orderedAt > experiment.leaseMs + GRACE_MS && draft.phaseMs > SEEN_MS;
    if (gone === true) {
      draft.injection(injection.directive, { state: 'lifted' });
      draft.note(`${injection.directive} is gone`, 'no replica has it in force');
    } else if (!overdue) left = true;
    else {
      draft.injection(injection.directive, { state: 'lifted' });
      const reason =
        gone === false
          ? `${injection.directive} is still in force after its lease of ${experiment.leaseMs} ms`
          : `nobody can see whether ${injection.directive} is gone; its lease of ${experiment.leaseMs} ms is over`;
      fail(draft, gone === false ? 'failed' : 'missing', reason);
    }
  }
  if (left) return;
  for (const [i, activity] of experiment.rollbacks.entries()) {
    const run = draft.run(`rollback:${i}`, activity);
    if (run.state === 'running') return;
    if (
      run.state === 'failed' &&
      !draft.state.checks.some(({ reason }) => reason.startsWith(`${activity.name}: `))
    )
      fail(draft, 'failed', `${activity.name}: ${run.reason}`);
  }
  draft.enter('recovering', draft.state.ran ? 'everything is undone' : 'nothing was in force');
}

/** The undoing went wrong: said loudly, and kept for the verdict. */
function fail(draft: RunDraft, status: CheckResult['status'], reason: string): void {
  draft.change({ checks: [...draft.state.checks, { check: 'rollback', status, reason }] });
  draft.note('rollback failed', reason);
  draft.effects.push({
    kind: 'raise',
    what: `chaos: the rollback of ${draft.experiment.name} failed`,
    reason,
  });
}

function recover(draft: RunDraft): void {
  const { experiment, state } = draft;
  const { latest, latestAt, phaseAt } = state;
  const seen = latestAt > phaseAt ? latest : undefined;
  const late = draft.phaseMs > experiment.recoverMs;
  const evidence = evidenceOf(draft);
  const since = state.elapsedMs - state.injectedElapsedMs;
  // What is given time to show itself gets that time, though the fault has gone.
  const pending =
    state.stopped === undefined &&
    experiment.expect.some(
      (one) =>
        'withinMs' in one && since < one.withinMs && judge(one, experiment, evidence).status === 'failed',
    );
  if (seen === undefined && !late) return;
  const attempt = Math.floor(draft.phaseMs / 5_000);
  const steady = steadyState(draft, experiment.hypothesis, `after${attempt}`, seen?.recent);
  if (steady === undefined && !late) return;
  if (steady !== undefined) draft.change({ steady: { ...draft.state.steady, after: steady } });
  const met = steady?.met;
  if ((met !== true && !late) || pending) return;
  conclude(draft);
}

function conclude(draft: RunDraft): void {
  const { experiment, state } = draft;
  const evidence = evidenceOf(draft);
  const checks: CheckResult[] = [];
  for (const when of ['before', 'during', 'after'] as const) {
    const steady = state.steady[when];
    if (steady === undefined || (when === 'during' && steady.probes.length === 0)) {
      if (when === 'after')
        checks.push({ check: 'steady_state_after', status: 'missing', reason: 'it could not be looked at' });
      continue;
    }
    const status = steady.met === true ? 'passed' : steady.met === false ? 'failed' : 'missing';
    checks.push({ check: `steady_state_${when}`, status, reason: whyNot(steady) });
  }
  checks.push(...experiment.expect.map((one) => judge(one, experiment, evidence)), ...state.checks);
  for (const { check, status, reason } of checks) draft.note(`${check} ${status}`, reason);
  const red = checks.filter((one) => one.status === 'failed');
  const blank = checks.filter((one) => one.status === 'missing');
  if (state.steady.after?.met === false)
    draft.effects.push({
      kind: 'raise',
      what: `chaos: ${experiment.service} did not come back after ${experiment.name}`,
      reason: whyNot(state.steady.after),
    });
  const [status, reason]: [RunStatus, string] =
    state.stopped !== undefined
      ? [state.stopped.status, state.stopped.reason]
      : red.length > 0
        ? ['failed', red.map((one) => `${one.check}: ${one.reason}`).join('; ')]
        : blank.length > 0
          ? ['inconclusive', blank.map((one) => `${one.check}: ${one.reason}`).join('; ')]
          : ['completed', 'everything that was expected was seen'];
  draft.finish(status, reason, checks);
}
