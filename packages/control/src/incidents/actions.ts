import type { ServiceConfig } from '@evenkeel/config';
import {
  type ActionKind,
  type Actor,
  type Clock,
  EVENKEEL,
  EvenkeelError,
  type Incident,
  idMaker,
  isOpen,
  judgeMitigation,
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
import type { IncidentBook } from './book.ts';
import type { KeptIncident, RunningAction } from './kept-incident.ts';
import { messages } from './telling.ts';
import { type ServiceWatch, usualTrouble, wholeStretches } from './watch.ts';

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

/** Whether more is turned down is no measure of whether less harm is done: a person judges these. */
const BY_PEOPLE: readonly ActionKind[] = ['tighten_safety', 'human_review', 'block_pattern'];

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
    retrain: config.incidents.retrain,
    owners: config.incidents.owners,
  };
}

export function mitigationsOf(parts: {
  readonly book: IncidentBook;
  readonly link: ReplicaLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: (what: string, reason: string) => void;
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
    if (plan.kind === 'orders') {
      for (const order of plan.orders) {
        const directive = await link.direct(
          { service: config.name, order, owner, reason: `${id}: ${plan.action}` },
          plan.leaseMs,
        );
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
      await book.command(id, { by, at: now(), intent: { do: 'mitigate' } }, { lease });
    }
    await record(
      config,
      id,
      by,
      action,
      { state: plan.kind === 'orders' ? 'applied' : 'done', text: plan.dryRun },
      lease,
    );
    tell(`${config.name}: ${plan.action} for ${id} by ${by.name}`, plan.dryRun);
    return mitigation;
  }

  async function lift(action: RunningAction): Promise<void> {
    for (const id of action.directives) await link.lift(id);
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
    const text = kept.incident.mitigations.find(({ id }) => id === action.id)?.text ?? action.action;
    await record(
      config,
      kept.incident.id,
      EVENKEEL,
      { ...action, state: keep ? 'kept' : 'reverted' },
      { state: keep ? 'kept' : 'reverted', text, outcome: verdict.reason, effect: verdict.effect },
      lease,
    );
    tell(`${config.name}: ${action.action} is ${keep ? 'kept' : 'undone'}`, verdict.reason);
  }

  async function judgeRunning(
    config: ServiceConfig,
    kept: KeptIncident,
    watch: ServiceWatch,
    lease: Lease | undefined,
  ): Promise<void> {
    const stretches = wholeStretches(watch, clock);
    for (const action of kept.actions) {
      if (action.state !== 'running') continue;
      const active = new Set((await link.directives()).map(({ id }) => id));
      if (action.automatic && !action.directives.every((id) => active.has(id))) {
        // Somebody has lifted it, or its lease has ended: either way it is not ours to judge any more.
        const overruled = now() - action.at < VERIFICATION_DEFAULTS.windowMs;
        const text = kept.incident.mitigations.find(({ id }) => id === action.id)?.text ?? action.action;
        await record(
          config,
          kept.incident.id,
          EVENKEEL,
          { ...action, state: overruled ? 'overruled' : 'ended' },
          { state: 'lifted', text, outcome: overruled ? 'a person has lifted it' : 'its lease has ended' },
          lease,
        );
        continue;
      }
      if (BY_PEOPLE.includes(action.action)) continue;
      const verdict = judgeMitigation(
        {
          before: stretches.filter(
            ({ at }) =>
              at < action.at && at >= Math.max(action.at - 600_000, kept.incident.startedAt - 30_000),
          ),
          after: stretches.filter(({ at }) => at >= action.at),
          usual: usualTrouble(watch),
          at: action.at,
        },
        now(),
        { ...VERIFICATION_DEFAULTS, windowMs: config.incidents.verificationMs },
      );
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
      for (const kept of book.live(config.name)) {
        if (!isOpen(kept.incident)) {
          await afterwards(config, kept, lease);
          continue;
        }
        await judgeRunning(config, kept, watch, lease);
        const decision = nextAutomatic(
          kept.incident,
          mitigationContext(config, snapshot),
          past(config.name),
          { allowed: config.incidents.automatic, perDay: config.incidents.automaticPerDay, perIncident: 2 },
          now(),
        );
        if (decision.do === 'act') await carryOut(config, kept.incident.id, decision.plan, EVENKEEL, lease);
      }
    },
  };
}
