import type { ServiceConfig } from '@evenkeel/config';
import {
  type Clock,
  describeError,
  type Objective,
  type Random,
  type ReplicaLink,
  type Timers,
} from '@evenkeel/core';
import type { FactKind, Lease, Store } from '@evenkeel/store';
import type { Route } from './api/route.ts';
import { auditRecorder } from './audit/recorder.ts';
import { mitigationsOf } from './incidents/actions.ts';
import { incidentBook } from './incidents/book.ts';
import { destinations } from './incidents/destinations.ts';
import { incidentEngine } from './incidents/engine.ts';
import { people as peopleOf } from './incidents/people.ts';
import { peopleRoutes } from './incidents/people-routes.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { liveFeed } from './live/feed.ts';
import { liveRoutes } from './live/routes.ts';
import type { Notifier } from './notifiers/notification.ts';
import { outboxWorker } from './notifiers/outbox-worker.ts';
import { outboxRoutes } from './notifiers/routes.ts';
import { alertBook } from './objectives/alerts.ts';
import { createEvaluator } from './objectives/evaluator.ts';
import { exclusionBook } from './objectives/exclusions.ts';
import { labelCounts } from './objectives/label-counts.ts';
import { createLedger } from './objectives/ledger.ts';
import { policyBook } from './objectives/policies.ts';
import { objectiveRevisions } from './objectives/revisions.ts';
import { objectiveRoutes } from './objectives/routes.ts';
import { signalCounts } from './objectives/signal-counts.ts';
import { smallestBudget } from './objectives/smallest-budget.ts';
import type { ReplicaBoard } from './replicas/board.ts';
import { replicaRoutes } from './replicas/routes.ts';
import { storeRoutes } from './store/routes.ts';

export interface ControlHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Everything of the control plane that runs by itself, and the routes that show and steer it. */
export interface ControlPlane {
  readonly routes: readonly Route[];
  /** Takes a service's file into account. */
  put(config: ServiceConfig): Promise<void>;
  /** A service's file was exchanged: a possible cause of what follows. */
  changed(service: string, path: string): Promise<void>;
  onFacts(kind: FactKind): void;
  /** One round of everything, now. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds between two rounds. */
const TICK_MS = 1_000;
/** Who leads must say so this often; a silent leader is followed after it, in milliseconds. */
const LEASE_MS = 10_000;

export function createControlPlane(parts: {
  readonly store: Store;
  readonly host: ControlHost;
  readonly board: ReplicaBoard;
  readonly link: ReplicaLink;
  /** Name of this process among others. */
  readonly holder: string;
  readonly tell: (what: string, reason: string) => void;
  /** The value of `evenkeel-budget` has changed. */
  readonly onBudget: (
    service: string,
    value: string | undefined,
    shares: ReadonlyMap<string, number | undefined>,
  ) => void;
}): ControlPlane {
  const { store, host, board, tell } = parts;
  const { clock, timers } = host;
  const configs = new Map<string, ServiceConfig>();
  const feed = liveFeed();
  const audit = auditRecorder(store.audit, clock);
  let lease: Lease | undefined;
  let told: string | undefined;

  const ledger = createLedger({
    store,
    clock,
    lease: () => lease,
    onRollup(rollup, arrivedAt) {
      board.seen(rollup, arrivedAt);
      incidents.onRollup(rollup);
    },
    onBadRollup: (problem) => tell('a rollup cannot be read', problem),
  });
  const evaluator = createEvaluator({ ledger, rollups: store.rollups, clock });
  const objectivesOf = (service: string): readonly Objective[] => configs.get(service)?.objectives ?? [];
  const labels = labelCounts({
    store,
    clock,
    ledger,
    objectives: objectivesOf,
    onJoined: () => {},
  });
  const signals = signalCounts({ store, ledger, objectives: objectivesOf });
  const revisions = objectiveRevisions(store.documents, clock);
  const exclusions = exclusionBook(store.facts, ledger, clock);
  const alerts = alertBook(store.documents, clock, host.random);
  const policies = policyBook({ store, evaluator, clock });
  const book = incidentBook(store.documents, clock);
  const people = peopleOf(store.documents, clock);
  const mitigations = mitigationsOf({ book, link: parts.link, clock, random: host.random, tell });
  const incidents = incidentEngine({
    store,
    clock,
    random: host.random,
    link: parts.link,
    evaluator,
    book,
    people,
    mitigations,
    configs: () => configs.values(),
    tell,
  });
  let notifiers: ReadonlyMap<string, Notifier> = new Map();
  const worker = outboxWorker({
    outbox: store.outbox,
    notifiers: () => notifiers,
    clock,
    timers,
    random: host.random,
    onEvent: ({ destination, outcome, reason }) => {
      if (outcome !== 'sent') tell(`a message to ${destination}: ${outcome}`, reason);
    },
  });

  function problemOf(): string | undefined {
    return ledger.problem() ?? (lease === undefined ? 'another control process leads' : undefined);
  }

  async function lead(): Promise<boolean> {
    const before = lease;
    lease = await store.leases.take('control', parts.holder, LEASE_MS);
    if (before === undefined && lease !== undefined)
      tell('this control process leads', `term ${lease.token}`);
    if (before !== undefined && lease === undefined)
      tell('another control process leads', 'the lease was lost');
    return lease !== undefined;
  }

  function announce(): void {
    for (const service of configs.keys()) {
      const statuses = evaluator
        .standings(service)
        .map(({ status }) => status)
        .filter(({ segment }) => segment === '');
      parts.onBudget(
        service,
        smallestBudget(statuses),
        new Map(statuses.map(({ objective, adjusted }) => [objective, adjusted.remaining])),
      );
    }
    feed.publish('objectives');
    feed.publish('services');
    feed.publish('incidents');
  }

  async function round(): Promise<void> {
    if (!(await lead())) return;
    await labels.read();
    await signals.read();
    await exclusions.refresh(configs.keys());
    await ledger.settle();
    await evaluator.learn();
    evaluator.evaluate();
    for (const { service, objective, pair, log } of await alerts.observe(evaluator.standings(), lease)) {
      const entry = log.at(-1);
      if (entry !== undefined) tell(`${service}: ${pair} of ${objective} ${entry.kind}`, entry.reason);
    }
    for (const { policy, kind, reason } of await policies.step(lease)) {
      tell(`${policy.service}: policy ${policy.name} ${kind}`, reason);
    }
    await incidents.step(lease);
    void worker.run();
    announce();
  }

  function onChange(): void {
    feed.publish('incidents');
    void worker.run();
  }

  let running: Promise<void> | undefined;
  function tick(): Promise<void> {
    running ??= round()
      .then(
        () => {
          if (told !== undefined && ledger.problem() === undefined) {
            tell('the control plane has caught up', 'the store answers again');
            told = undefined;
          }
        },
        (error: unknown) => {
          const words = describeError(error);
          if (told !== words) tell('the control plane is behind', words);
          told = words;
        },
      )
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  let closed = false;
  function again(): void {
    timers.after(TICK_MS, () => {
      if (closed) return;
      void tick().then(again);
    });
  }
  again();

  return {
    routes: [
      ...objectiveRoutes({
        evaluator,
        rollups: store.rollups,
        clock,
        services: () => [...configs.keys()],
        problem: problemOf,
        alerts,
        policies,
        exclusions,
        owner: (service) => configs.get(service)?.owner ?? '',
      }),
      ...incidentRoutes({
        book,
        engine: incidents,
        mitigations,
        config: (service) => configs.get(service),
        services: () => [...configs.keys()],
        audit,
        clock,
        random: host.random,
        onChange,
      }),
      ...peopleRoutes({ documents: store.documents, people, audit, clock, random: host.random }),
      ...outboxRoutes({
        outbox: store.outbox,
        notifiers: () => notifiers,
        clock,
        audit,
        onChange,
      }),
      ...replicaRoutes(board),
      ...storeRoutes(store, audit, problemOf),
      ...liveRoutes(feed, timers),
    ],
    async put(config) {
      configs.set(config.name, config);
      notifiers = destinations(configs.values(), clock);
      evaluator.put(config.name, config.objectives, await revisions.current(config.name, config.objectives));
      await ledger.put(config.name, config.objectives);
      await policies.put(config.name, config.policies);
      exclusions.stale();
    },
    async changed(service, path) {
      const at = Math.round(clock.wall());
      await store.facts.add([
        {
          kind: 'change',
          service,
          id: `file-${at}`,
          at,
          arrivedAt: at,
          by: 'evenkeel',
          request: undefined,
          body: { kind: 'configuration', what: `the file ${path} was exchanged` },
        },
      ]);
    },
    onFacts(kind) {
      if (kind === 'exclusion') exclusions.stale();
      void tick();
    },
    tick,
    async close() {
      closed = true;
      await running;
      await worker.close();
      if (lease !== undefined) await store.leases.release(lease).catch(() => {});
    },
  };
}
