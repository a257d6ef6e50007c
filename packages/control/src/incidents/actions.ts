import type { ServiceConfig } from '@evenkeel/config';
import {
  type ActionKind,
  type Actor,
  type Clock,
  type ControlStep,
  describeError,
  EVENKEEL,
  EvenkeelError,
  type Incident,
  idMaker,
  isOpen,
  judgeMitigation,
  MAX_LEASE_MS,
  MITIGATION_LEASE_MS,
  type MitigationContext,
  type MitigationPlan,
  nextAutomatic,
  type PastAction,
  planMitigation,
  type Random,
  type ReplicaLink,
  type SignalSnapshot,
  VERIFICATION_DEFAULTS,
  type Verification,
} from '@evenkeel/core';
import type { Lease } from '@evenkeel/store';
import type { Retraining } from '../training/retraining.ts';
import type { IncidentBook } from './book.ts';
import type { KeptIncident, RunningAction } from './kept-incident.ts';
import { messages } from './telling.ts';
import { measureOf } from './trouble.ts';
import { type ServiceWatch, wholeStretches } from './watch.ts';

export interface Mitigations {
  /** What an action would change here and now; changes nothing. */
  plan(
    config: ServiceConfig,
    incident: Incident,
    snapshot: SignalSnapshot,
    action: ActionKind,
  ): MitigationPlan;
  /**
   * Carries an action out.
   * @throws EvenkeelError conflict when it cannot be done here, with the reason
   */
  act(
    config: ServiceConfig,
    id: string,
    snapshot: SignalSnapshot,
    action: ActionKind,
    by: Actor,
  ): Promise<{ readonly plan: MitigationPlan; readonly mitigation: string | undefined }>;
  /** Undoes a running action by a person's word. @throws EvenkeelError not_found */
  undo(config: ServiceConfig, id: string, mitigation: string, by: Actor): Promise<void>;
  /** Judges what runs, undoes what does not help, takes the next automatic step. */
  step(
    config: ServiceConfig,
    snapshot: SignalSnapshot,
    watch: ServiceWatch,
    lease: Lease | undefined,
  ): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Whether more is turned down is no measure of whether less harm is done: a person judges these. */
const BY_PEOPLE: readonly ActionKind[] = ['tighten_safety', 'human_review', 'block_pattern'];

/** Stretches of trouble that are measured before something automatic is done: what cannot be compared cannot stay. */
const MEASURED = 4;
/** With so little traffic that it is not measured by then, it is not waited for longer, in milliseconds. */
const MOST_MEASURING_MS = 120_000;
/** What has shown that it helps stays as long as the trouble; if evenkeel dies, for so long. Milliseconds. */
const KEPT_LEASE_MS = 24 * 3_600_000;
/** These take the cause away instead of living with it: without them it would be back. They stay after the end. */
const LASTING: readonly ActionKind[] = ['roll_back_model'];

/** The trainer that the file names for a model, in words; undefined when it names none. */
function trainerOf(config: ServiceConfig): string | undefined {
  const commands = [...config.models.values()].flatMap(({ training }) => training?.retrain?.command ?? []);
  return commands.length === 0 ? undefined : commands.join(' ');
}

/** Whether a cause of the incident is still there: what has gone by itself, or with a restart, needs no action. */
function stillCaused({ incident }: KeptIncident, watch: ServiceWatch): boolean {
  const of = (wanted: 'cause' | 'symptom') => incident.signals.filter(({ role }) => role === wanted);
  // Labels that turn after a release show as a burning budget alone: a symptom, and all there is.
  const telling = of('cause').length > 0 ? of('cause') : of('symptom');
  const keys = new Set(telling.map(({ key }) => key));
  return watch.signals?.active.some(({ key }) => keys.has(key)) ?? false;
}

export function mitigationContext(config: ServiceConfig, snapshot: SignalSnapshot): MitigationContext {
  return {
    service: snapshot.service,
    needs: snapshot.needs,
    rollBacks: [...config.models].flatMap(([model, one]) => {
      const previous = one.previous === undefined ? undefined : config.models.get(one.previous);
      return previous === undefined ? [] : [{ model, from: one.version, to: previous.version }];
    }),
    strictness: config.safety?.strictness,
    holdsWhenStrict: config.safety?.rules.some(({ verdict }) => verdict === 'hold') ?? false,
    batchFeatures: config.features?.batch !== undefined,
    retrain: config.incidents.retrain ?? trainerOf(config),
    owners: config.incidents.owners,
  };
}

export function mitigationsOf(parts: {
  readonly book: IncidentBook;
  readonly link: ReplicaLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: (what: string, reason: string) => void;
  readonly retraining: () => Pick<Retraining, 'start' | 'command' | 'pause'>;
}): Mitigations {
  const { book, link, clock, tell } = parts;
  const newId = idMaker('m', clock, parts.random);
  const now = (): number => Math.round(clock.wall());

  function past(service: string): readonly PastAction[] {
    return book
      .live(service)
      .flatMap(({ incident, actions }) =>
        actions
          .filter(({ automatic }) => automatic)
          .map(({ action, at, state }) => ({ service, incident: incident.id, action, at, state })),
      );
  }

  async function record(
    config: ServiceConfig,
    id: string,
    by: Actor,
    action: RunningAction,
    end: {
      readonly state: Incident['mitigations'][number]['state'];
      readonly text: string;
      readonly outcome?: string | undefined;
      readonly effect?: number | undefined;
    },
    lease: Lease | undefined,
  ): Promise<void> {
    const ended = end.state === 'applied' ? undefined : now();
    await book.command(
      id,
      {
        by,
        at: now(),
        intent: {
          do: 'record_mitigation',
          mitigation: {
            id: action.id,
            action: action.action,
            text: end.text,
            by: action.by,
            automatic: action.automatic,
            at: action.at,
            state: end.state,
            outcome: end.outcome,
            effect: end.effect,
            endedAt: ended,
          },
        },
      },
      {
        lease,
        outbox: (incident) =>
          messages(config.incidents, incident, 'updated', {
            page: false,
            recipient: config.owner,
            at: now(),
          }),
        kept: (kept) => ({
          ...kept,
          actions: [...kept.actions.filter((one) => one.id !== action.id), action],
        }),
      },
    );
  }

  /** It is on the record already: whatever becomes of it, it is not done twice. */
  async function control(config: ServiceConfig, id: string, step: ControlStep): Promise<void> {
    const retraining = parts.retraining();
    try {
      if (step.kind === 'pause_training') retraining.pause(step.service, now() + DAY_MS);
      else if (step.kind !== 'run_command') return;
      else if (config.incidents.retrain === undefined) await retraining.start(config, id);
      else await retraining.command(config, config.incidents.retrain, id);
    } catch (error) {
      tell(`${config.name}: ${step.kind} for ${id} was not done`, describeError(error));
    }
  }

  async function carryOut(
    config: ServiceConfig,
    id: string,
    plan: Extract<MitigationPlan, { kind: 'orders' | 'control' | 'task' }>,
    by: Actor,
    lease: Lease | undefined,
  ): Promise<string> {
    const mitigation = newId();
    const directives: string[] = [];
    const owner = by.automatic ? `evenkeel:${id}` : by.name;
    const reason = `${id}: ${plan.action}`;
    // All of it or nothing: what is not written down would be in force without anybody judging or undoing it.
    const undone = async (error: unknown): Promise<never> => {
      for (const directive of directives) await link.lift(directive).catch(() => false);
      throw error;
    };
    if (plan.kind === 'orders') {
      for (const order of plan.orders) {
        const directive = await link
          .direct({ service: config.name, order, owner, reason }, plan.leaseMs)
          .catch(undone);
        directives.push(directive.id);
      }
    }
    const action: RunningAction = {
      id: mitigation,
      action: plan.action,
      at: now(),
      by: by.name,
      automatic: by.automatic,
      state: plan.kind === 'orders' ? 'running' : 'ended',
      directives,
    };
    const status = book.live(config.name).find(({ incident }) => incident.id === id)?.incident.status;
    if (plan.kind === 'orders' && (status === 'detected' || status === 'investigating')) {
      await book.command(id, { by, at: now(), intent: { do: 'mitigate' } }, { lease }).catch(undone);
    }
    await record(
      config,
      id,
      by,
      action,
      { state: plan.kind === 'orders' ? 'applied' : 'done', text: plan.dryRun },
      lease,
    ).catch(undone);
    tell(`${config.name}: ${plan.action} for ${id} by ${by.name}`, plan.dryRun);
    if (plan.kind === 'control') for (const step of plan.steps) await control(config, id, step);
    return mitigation;
  }

  async function lift(action: RunningAction): Promise<void> {
    for (const id of action.directives) await link.lift(id);
  }

  /** The same orders with a longer lease. */
  async function prolong(action: RunningAction): Promise<RunningAction> {
    const directives: string[] = [];
    for (const directive of await link.directives()) {
      if (!action.directives.includes(directive.id)) continue;
      const { service, order, owner, reason } = directive;
      const leaseMs = LASTING.includes(action.action) ? MAX_LEASE_MS : KEPT_LEASE_MS;
      directives.push((await link.direct({ service, order, owner, reason }, leaseMs)).id);
      await link.lift(directive.id);
    }
    return { ...action, directives };
  }

  async function end(
    config: ServiceConfig,
    kept: KeptIncident,
    action: RunningAction,
    verdict: Extract<Verification, { verdict: 'keep' | 'revert' }>,
    lease: Lease | undefined,
  ): Promise<void> {
    const keep = verdict.verdict === 'keep';
    if (!keep) await lift(action);
    const ended: RunningAction = keep
      ? { ...(await prolong(action)), state: 'kept' }
      : { ...action, state: 'reverted' };
    await record(
      config,
      kept.incident.id,
      EVENKEEL,
      ended,
      {
        state: keep ? 'kept' : 'reverted',
        text: textOf(kept, action),
        outcome: verdict.reason,
        effect: verdict.effect,
      },
      lease,
    );
    tell(`${config.name}: ${action.action} is ${keep ? 'kept' : 'undone'}`, verdict.reason);
  }

  const textOf = ({ incident }: KeptIncident, action: RunningAction): string =>
    incident.mitigations.find(({ id }) => id === action.id)?.text ?? action.action;

  /** What is in force and what is written down are made one: a process may have died between the two, and people lift things. */
  async function reconcile(
    config: ServiceConfig,
    kept: KeptIncident,
    lease: Lease | undefined,
  ): Promise<void> {
    const mine = (await link.directives()).filter(({ service }) => service === config.name);
    const active = new Set(mine.map(({ id }) => id));
    const written = new Set(kept.actions.flatMap(({ directives }) => directives));
    for (const { id, owner, order } of mine) {
      if (owner !== `evenkeel:${kept.incident.id}` || written.has(id)) continue;
      await link.lift(id);
      tell(
        `${config.name}: an order that nobody wrote down is lifted`,
        `${order.kind} for ${kept.incident.id}`,
      );
    }
    for (const action of kept.actions) {
      if (!action.automatic || (action.state !== 'running' && action.state !== 'kept')) continue;
      if (action.directives.every((id) => active.has(id))) continue;
      // Somebody has lifted it, or its lease has ended: either way it is not ours to judge any more.
      const overruled = now() - action.at < (action.state === 'kept' ? KEPT_LEASE_MS : MITIGATION_LEASE_MS);
      await lift(action);
      await record(
        config,
        kept.incident.id,
        EVENKEEL,
        { ...action, state: overruled ? 'overruled' : 'ended' },
        {
          state: 'lifted',
          text: textOf(kept, action),
          outcome: overruled ? 'a person has lifted it' : 'its lease has ended',
        },
        lease,
      );
    }
  }

  /** Wall milliseconds from which the trouble of an incident counts, for an action at a moment. */
  const troubledSince = ({ incident }: KeptIncident, at: number): number =>
    Math.max(at - 600_000, incident.startedAt);

  /** Whether enough was seen of the trouble to tell later whether it got less. */
  function measured(kept: KeptIncident, action: ActionKind, watch: ServiceWatch): boolean {
    const at = now();
    if (at - kept.incident.detectedAt > MOST_MEASURING_MS) return true;
    const { before } = measureOf(
      watch,
      wholeStretches(watch, clock),
      kept.incident,
      action,
      at,
      troubledSince(kept, at),
    );
    return before.filter(({ total }) => total > 0).length >= MEASURED;
  }

  async function judgeRunning(
    config: ServiceConfig,
    kept: KeptIncident,
    watch: ServiceWatch,
    lease: Lease | undefined,
  ): Promise<void> {
    const stretches = wholeStretches(watch, clock);
    for (const action of kept.actions) {
      if (action.state !== 'running' || BY_PEOPLE.includes(action.action)) continue;
      const { before, after, usual } = measureOf(
        watch,
        stretches,
        kept.incident,
        action.action,
        action.at,
        troubledSince(kept, action.at),
      );
      const verdict = judgeMitigation({ before, after, usual, at: action.at }, now(), {
        ...VERIFICATION_DEFAULTS,
        windowMs: config.incidents.verificationMs,
      });
      if (verdict.verdict !== 'wait') await end(config, kept, action, verdict, lease);
    }
  }

  async function afterwards(
    config: ServiceConfig,
    kept: KeptIncident,
    lease: Lease | undefined,
  ): Promise<void> {
    // Over: what was set for it is not needed any more. A person's own orders stay.
    for (const action of kept.actions) {
      if ((action.state !== 'kept' && action.state !== 'running') || !action.automatic) continue;
      // A version that was bad is bad after the end too: people bring another one, and lift this.
      if (action.state === 'kept' && LASTING.includes(action.action)) continue;
      await lift(action);
      const before = kept.incident.mitigations.find(({ id }) => id === action.id);
      await record(
        config,
        kept.incident.id,
        EVENKEEL,
        { ...action, state: 'ended' },
        {
          state: action.state === 'kept' ? 'kept' : 'lifted',
          text: before?.text ?? action.action,
          outcome: action.state === 'kept' ? before?.outcome : 'the trouble ended before it could be judged',
          effect: before?.effect,
        },
        lease,
      );
    }
  }

  return {
    plan: (config, incident, snapshot, action) =>
      planMitigation(action, incident.type, mitigationContext(config, snapshot)),
    async act(config, id, snapshot, action, by) {
      const { incident } = await book.get(id);
      const plan = planMitigation(action, incident.type, mitigationContext(config, snapshot));
      if (plan.kind === 'impossible') throw new EvenkeelError('conflict', plan.reason);
      if (!isOpen(incident)) throw new EvenkeelError('conflict', `${id} is ${incident.status}`);
      return { plan, mitigation: await carryOut(config, id, plan, by, undefined) };
    },
    async undo(config, id, mitigation, by) {
      const kept = await book.get(id);
      const action = kept.actions.find((one) => one.id === mitigation);
      if (action === undefined || (action.state !== 'running' && action.state !== 'kept')) {
        throw new EvenkeelError('not_found', `${id} has no mitigation ${mitigation} in force`);
      }
      await lift(action);
      const text = kept.incident.mitigations.find((one) => one.id === mitigation)?.text ?? action.action;
      await record(
        config,
        id,
        by,
        { ...action, state: 'overruled' },
        { state: 'lifted', text, outcome: `undone by ${by.name}` },
        undefined,
      );
    },
    async step(config, snapshot, watch, lease) {
      const current = (id: string): KeptIncident | undefined =>
        book.live(config.name).find(({ incident }) => incident.id === id);
      for (const before of book.live(config.name)) {
        await reconcile(config, before, lease);
        const seen = current(before.incident.id);
        if (seen === undefined) continue;
        if (!isOpen(seen.incident)) {
          await afterwards(config, seen, lease);
          continue;
        }
        await judgeRunning(config, seen, watch, lease);
        const kept = current(before.incident.id);
        if (kept === undefined || !stillCaused(kept, watch)) continue;
        const decision = nextAutomatic(
          kept.incident,
          mitigationContext(config, snapshot),
          past(config.name),
          { allowed: config.incidents.automatic, perDay: config.incidents.automaticPerDay, perIncident: 2 },
          now(),
        );
        if (decision.do !== 'act') continue;
        const { plan } = decision;
        if (plan.kind === 'orders' && !measured(kept, plan.action, watch)) continue;
        await carryOut(config, kept.incident.id, plan, EVENKEEL, lease);
      }
    },
  };
}
