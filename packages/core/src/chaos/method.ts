import type { FaultSpec } from '../serving/fault.ts';
import { comparisonsSettled, type Evidence } from './expectations.ts';
import type { RunDraft } from './run-draft.ts';
import { type Injection, NEVER } from './run-state.ts';

/** What a run has seen, for its checks. */
export function evidenceOf({ state }: RunDraft): Evidence {
  const { before, baseline, during, latest, injectedAt } = state;
  return { before, baseline, during, latest, injectedAt };
}

function order(draft: RunDraft, step: number, fault: FaultSpec, known: Injection | undefined): void {
  const { experiment, state } = draft;
  const directive = `${state.id}-${step}`;
  const injection: Injection = {
    step,
    directive,
    state: known?.state ?? 'ordered',
    orderedAt: state.elapsedMs,
    liftAskedAt: NEVER,
  };
  if (known === undefined) {
    draft.change({
      ran: true,
      injectedAt: state.ran ? state.injectedAt : state.clock.wall,
      injectedElapsedMs: state.ran ? state.injectedElapsedMs : state.elapsedMs,
      injections: [...state.injections, injection],
    });
    draft.note(`fault ${fault.type}`, `ordered as ${directive}, for ${experiment.leaseMs} ms at a time`);
  } else draft.injection(directive, injection);
  const { name: _, ...radius } = experiment.radius;
  draft.effects.push({
    kind: 'inject',
    directive,
    order: { kind: 'fault', fault: { spec: fault, radius } },
    leaseMs: experiment.leaseMs,
    owner: `experiment ${experiment.name}`,
    reason: `run ${state.id} by ${state.by}`,
  });
}

/** Lifts a fault, and asks again every so often until it is seen to be gone. */
export function lift(draft: RunDraft, injection: Injection, why: string): void {
  const { elapsedMs } = draft.state;
  if (injection.state === 'lifted' || elapsedMs - injection.liftAskedAt < LIFT_AGAIN_MS) return;
  if (injection.state !== 'lifting') draft.note(`lifting ${injection.directive}`, why);
  draft.injection(injection.directive, { state: 'lifting', liftAskedAt: elapsedMs });
  draft.effects.push({ kind: 'lift', directive: injection.directive });
}

/** Milliseconds before lifting is asked for again. */
const LIFT_AGAIN_MS = 1_000;

/** Orders, renews and ends one fault by its times, in milliseconds since the start of the method. */
function keepFault(
  draft: RunDraft,
  step: number,
  fault: FaultSpec,
  atMs: number,
  forMs: number | undefined,
): boolean {
  const { experiment } = draft;
  const injection = draft.state.injections.find((one) => one.step === step);
  const { phaseMs } = draft;
  if (phaseMs < atMs) return false;
  if (forMs !== undefined && phaseMs >= atMs + forMs) {
    if (injection !== undefined) lift(draft, injection, `its ${forMs} ms are over`);
    return true;
  }
  if (injection === undefined) order(draft, step, fault, undefined);
  else if (
    injection.state !== 'lifting' &&
    injection.state !== 'lifted' &&
    draft.state.elapsedMs - injection.orderedAt >= experiment.leaseMs / 3
  )
    order(draft, step, fault, injection);
  return false;
}

/** Does what the method has due. `over` says that there is nothing left to do, and why. */
export function proceedMethod(draft: RunDraft): { readonly over: string | undefined } {
  const { experiment } = draft;
  let done = true;
  let turn = true;
  for (const [i, step] of experiment.method.entries()) {
    if (step.kind === 'fault') {
      if (!keepFault(draft, i, step.fault, step.atMs, step.forMs)) done = false;
      continue;
    }
    const { activity } = step;
    const key = `method:${i}`;
    const known = draft.state.activities.find((one) => one.key === key);
    if (!turn) {
      if (known === undefined) done = false;
      continue;
    }
    const { wall } = draft.state.clock;
    if (known === undefined || known.state === 'waiting') {
      done = false;
      turn = activity.background;
      const asked = known ?? {
        key,
        activity,
        state: 'waiting',
        output: undefined,
        reason: '',
        startedAt: 0,
        endedAt: 0,
        turnAt: draft.state.elapsedMs,
        doneAt: 0,
      };
      if (known === undefined) draft.change({ activities: [...draft.state.activities, asked] });
      if (draft.state.elapsedMs - asked.turnAt < activity.pauseBeforeMs) continue;
      if (activity.provider.type === 'evenkeel') {
        draft.activity(key, {
          state: 'succeeded',
          startedAt: wall,
          endedAt: wall,
          doneAt: draft.state.elapsedMs,
        });
        order(draft, i, activity.provider.fault, undefined);
      } else draft.run(key, activity);
      continue;
    }
    if (known.state === 'running') {
      done = false;
      if (!activity.background) turn = false;
      continue;
    }
    if (activity.provider.type === 'evenkeel') {
      const { fault, forMs } = activity.provider;
      keepFault(draft, i, fault, known.doneAt - draft.state.phaseAt, forMs);
    }
    if (draft.state.elapsedMs - known.doneAt < activity.pauseAfterMs) {
      done = false;
      if (!activity.background) turn = false;
    }
  }
  const { durationMs } = experiment;
  if (durationMs > 0 && draft.phaseMs >= durationMs) return { over: `its ${durationMs} ms are over` };
  if (durationMs === 0 && done) return { over: 'every step is done' };
  if (experiment.stopEarly && comparisonsSettled(experiment, evidenceOf(draft)))
    return { over: 'the comparison of the arms is settled' };
  return { over: undefined };
}
