import type { ServiceConfig } from '@evenkeel/config';
import {
  type Clock,
  describeError,
  EvenkeelError,
  experimentRun,
  isEvenkeelError,
  type Random,
  type ReplicaLink,
  type RunClock,
  type RunEffect,
  type RunEvent,
  type RunState,
  type RunStatus,
  startRun,
} from '@evenkeel/core';
import { checkFault } from '@evenkeel/gateway';
import type { Lease, Store } from '@evenkeel/store';
import type { RunActivity } from './activities.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { ACTIVE_PHASES, directivesOf, type KeptRun, readRun, runIdMaker, runRow } from './kept-run.ts';
import { type ObserveParts, observe } from './observe.ts';

/** Runs experiments: keeps each step before it does what follows from it. */
export interface ExperimentRunner {
  /**
   * A new run; the next round looks whether it may start.
   * @throws EvenkeelError bad_request when the experiment cannot be run on the service
   */
  start(
    entry: CatalogueEntry,
    as: { readonly by: string; readonly gameDay?: string | undefined },
  ): Promise<RunState>;
  /** Stops a run and undoes it, at once; works at every process that reaches the store. */
  halt(id: string, by: string, reason: string): Promise<RunState>;
  /** Stops everything that runs, of one service or of all, and returns the ids. */
  haltAll(by: string, reason: string, service?: string): Promise<readonly string[]>;
  get(id: string): Promise<KeptRun>;
  list(filter: {
    readonly service?: string | undefined;
    readonly experiment?: string | undefined;
    readonly limit: number;
  }): Promise<readonly KeptRun[]>;
  active(): readonly KeptRun[];
  /** Somebody else has led: what is read next was theirs, and goes on from what they left. */
  takeOver(): void;
  /** This process does not lead: it may halt, and nothing else. */
  standBy(): void;
  /** One look at every run. Only where this process leads. */
  step(lease: Lease | undefined): Promise<void>;
}

interface Active {
  run: KeptRun;
  savedAt: number;
  /** What happens to one run happens in its turn. */
  turn: Promise<unknown>;
}

/** A run of which only figures change is written this often, in milliseconds. */
const SAVE_EVERY_MS = 5_000;
const TRIES = 5;
const MOST_ACTIVE = 100;

export function experimentRunner(parts: {
  readonly store: Pick<Store, 'documents' | 'directives'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly link: Pick<ReplicaLink, 'lift'>;
  readonly observing: ObserveParts;
  readonly config: (service: string) => ServiceConfig | undefined;
  readonly runActivity: RunActivity;
  /** Something is left that people must look at: an incident. */
  readonly raise: (run: KeptRun, what: string, reason: string) => Promise<void>;
  readonly onFinished: (run: KeptRun, status: RunStatus) => Promise<void>;
  readonly onChange: (run: KeptRun) => void;
  readonly tell: (what: string, reason: string) => void;
}): ExperimentRunner {
  const { store, clock, link, tell } = parts;
  const { sight } = parts.observing;
  const newId = runIdMaker(clock, parts.random);
  const boot = newId();
  const actives = new Map<string, Active>();
  let lease: Lease | undefined;
  let resuming = true;

  const now = (): RunClock => ({ mono: clock.now(), wall: clock.wall(), boot });

  async function read(id: string): Promise<KeptRun> {
    const row = await store.documents.get('experiment_run', id);
    const run = row === undefined ? undefined : readRun(row);
    if (run === undefined) throw new EvenkeelError('not_found', `no experiment run ${id}`);
    return run;
  }

  async function save(active: Active, state: RunState): Promise<void> {
    const next = { ...active.run, state };
    await store.documents.commit({
      puts: [runRow(next, Math.round(clock.wall()))],
      audit: [],
      outbox: [],
      lease,
    });
    active.run = { ...next, revision: next.revision + 1 };
    active.savedAt = clock.now();
    parts.onChange(active.run);
  }

  /** Taking a fault back needs nobody's leave, and no store. */
  async function lift(directive: string): Promise<RunEvent> {
    try {
      // Asked again, it changes nothing, and what was reported since the first time stays true.
      if (await link.lift(directive)) sight.touched(directive);
      return { kind: 'lifted', directive, ok: true, reason: '' };
    } catch (error) {
      return { kind: 'lifted', directive, ok: false, reason: describeError(error) };
    }
  }

  async function inject(
    active: Active,
    { directive, order, leaseMs, owner, reason }: Extract<RunEffect, { kind: 'inject' }>,
  ): Promise<RunEvent> {
    const { service } = active.run.experiment;
    try {
      const config = parts.config(service);
      if (config === undefined) throw new EvenkeelError('unknown_service', `no service "${service}"`);
      if (order.kind === 'fault') checkFault(config, order.fault);
      const at = Math.round(clock.wall());
      sight.touched(directive);
      await store.directives.put({
        id: directive,
        service,
        order,
        owner,
        reason,
        createdAt: at,
        expiresAt: at + leaseMs,
      });
      sight.touched(directive);
      return { kind: 'injected', directive, ok: true, reason: '' };
    } catch (error) {
      return { kind: 'injected', directive, ok: false, reason: describeError(error) };
    }
  }

  function earlier(run: KeptRun): KeptRun[] {
    return [...actives.values()]
      .map((active) => active.run)
      .filter(
        (other) =>
          other.state.id !== run.state.id &&
          other.experiment.service === run.experiment.service &&
          other.state.phase !== 'done' &&
          (other.state.phase !== 'checking' || other.state.id < run.state.id),
      );
  }

  /** @returns what it reports back to the run */
  async function perform(active: Active, effect: RunEffect): Promise<RunEvent | undefined> {
    const { run } = active;
    switch (effect.kind) {
      case 'observe':
        return {
          kind: 'observed',
          seen: await observe(parts.observing, run, effect.windowMs, earlier(run)),
        };
      case 'inject':
        return inject(active, effect);
      case 'lift':
        return lift(effect.directive);
      case 'run': {
        const { key, activity } = effect;
        void parts
          .runActivity(activity)
          .then((outcome) => inTurn(active, { kind: 'activity_done', key, ...outcome }))
          .catch(() => {
            // Told by its turn.
          });
        return undefined;
      }
      case 'raise':
        await parts.raise(run, effect.what, effect.reason);
        return undefined;
      case 'finished':
        actives.delete(run.state.id);
        sight.forget(directivesOf(run.state));
        tell(`${run.experiment.service}: experiment ${run.experiment.name} ${effect.status}`, effect.reason);
        await parts.onFinished(run, effect.status);
        return undefined;
    }
  }

  function mustSave(
    active: Active,
    before: RunState,
    after: RunState,
    effects: readonly RunEffect[],
  ): boolean {
    return (
      effects.some(({ kind }) => kind !== 'observe') ||
      after.phase !== before.phase ||
      after.journal.length !== before.journal.length ||
      clock.now() - active.savedAt > SAVE_EVERY_MS
    );
  }

  async function take(active: Active, event: RunEvent): Promise<readonly RunEffect[]> {
    for (let n = 1; ; n++) {
      const { run } = active;
      const step = experimentRun(run.experiment, run.state, event, now());
      if (!mustSave(active, run.state, step.state, step.effects)) {
        active.run = { ...run, state: step.state };
        return step.effects;
      }
      try {
        await save(active, step.state);
        return step.effects;
      } catch (error) {
        if (isEvenkeelError(error) && error.code === 'conflict' && n < TRIES) {
          // Somebody else went on with it: from what they left.
          active.run = await read(run.state.id);
          continue;
        }
        for (const effect of step.effects) if (effect.kind === 'lift') await lift(effect.directive);
        throw error;
      }
    }
  }

  async function advance(active: Active, first: RunEvent): Promise<void> {
    const events: RunEvent[] = [first];
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      for (const effect of await take(active, event)) {
        const answer = await perform(active, effect);
        if (answer !== undefined) events.push(answer);
      }
    }
  }

  function inTurn(active: Active, event: RunEvent): Promise<void> {
    const done = active.turn.then(() => advance(active, event));
    active.turn = done.catch((error: unknown) =>
      tell(`the run ${active.run.state.id} could not go on`, describeError(error)),
    );
    return done;
  }

  function adopt(run: KeptRun): Active {
    const active: Active = { run, savedAt: clock.now(), turn: Promise.resolve() };
    actives.set(run.state.id, active);
    return active;
  }

  /** Takes up what others have begun, and lets go of what others have ended. */
  async function refresh(): Promise<void> {
    const rows = await store.documents.list({
      kind: 'experiment_run',
      states: ACTIVE_PHASES,
      limit: MOST_ACTIVE,
    });
    const found = new Set<string>();
    for (const row of rows) {
      const run = readRun(row);
      if (run === undefined) continue;
      found.add(row.id);
      const known = actives.get(row.id);
      if (known === undefined) {
        const active = adopt(run);
        if (resuming && run.state.clock.boot !== boot) await inTurn(active, { kind: 'resumed' });
      } else if (run.revision > known.run.revision) known.run = run;
    }
    resuming = false;
    for (const [id, { run }] of actives) if (!found.has(id) && run.revision > 0) actives.delete(id);
  }

  async function halt(id: string, by: string, reason: string): Promise<RunState> {
    const active = actives.get(id) ?? {
      run: await read(id),
      savedAt: clock.now(),
      turn: Promise.resolve(),
    };
    if (active.run.state.phase === 'done')
      throw new EvenkeelError('conflict', `the run ${id} is over: ${active.run.state.status ?? 'done'}`);
    // First what cannot wait: the faults go whether or not the run can be written.
    await Promise.all(directivesOf(active.run.state).map(lift));
    await inTurn(active, { kind: 'halt', by, reason });
    return active.run.state;
  }

  return {
    async start(entry, { by, gameDay }) {
      const { experiment } = entry;
      if (experiment === undefined) {
        const why = [...entry.problems.map(({ message }) => message), ...entry.refusals].join('; ');
        throw new EvenkeelError('bad_request', `${entry.name} cannot be run: ${why}`);
      }
      const config = parts.config(experiment.service);
      if (config === undefined)
        throw new EvenkeelError('unknown_service', `no service "${experiment.service}"`);
      for (const step of experiment.method) {
        const { name: _, ...radius } = experiment.radius;
        if (step.kind === 'fault') checkFault(config, { spec: step.fault, radius });
      }
      const { state } = startRun(experiment, { id: newId(), by, settings: config.chaos.settings }, now());
      const run: KeptRun = { experiment, state, toolkit: entry.toolkit, gameDay, revision: 0 };
      await store.documents.commit({
        puts: [runRow(run, Math.round(clock.wall()))],
        audit: [
          {
            at: Math.round(clock.wall()),
            by,
            action: 'experiment.start',
            subject: state.id,
            service: experiment.service,
            detail: { experiment: experiment.name, gameDay },
          },
        ],
        outbox: [],
      });
      parts.onChange({ ...run, revision: 1 });
      return state;
    },
    halt,
    async haltAll(by, reason, service) {
      const rows = await store.documents
        .list({ kind: 'experiment_run', service, states: ACTIVE_PHASES, limit: MOST_ACTIVE })
        .catch(() => []);
      const ids = new Set([
        ...rows.map(({ id }) => id),
        ...[...actives.values()]
          .filter(({ run }) => service === undefined || run.experiment.service === service)
          .map(({ run }) => run.state.id),
      ]);
      const results = await Promise.allSettled([...ids].map((id) => halt(id, by, reason)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined && !(isEvenkeelError(failed.reason) && failed.reason.code === 'conflict'))
        throw failed.reason;
      return [...ids];
    },
    async get(id) {
      return actives.get(id)?.run ?? read(id);
    },
    async list({ service, experiment, limit }) {
      const rows = await store.documents.list({ kind: 'experiment_run', service, label: experiment, limit });
      return rows.flatMap((row) => actives.get(row.id)?.run ?? readRun(row) ?? []);
    },
    active: () => [...actives.values()].map(({ run }) => run),
    takeOver() {
      actives.clear();
      resuming = true;
    },
    standBy() {
      lease = undefined;
      actives.clear();
    },
    async step(current) {
      lease = current;
      await refresh();
      for (const active of [...actives.values()])
        await inTurn(active, { kind: 'tick' }).catch(() => {
          // Told already; the next round tries again.
        });
    },
  };
}
