import type { ServiceConfig } from '@evenkeel/config';
import {
  type Clock,
  describeError,
  isEvenkeelError,
  type Objective,
  type Random,
  type ReplicaLink,
  type Timers,
} from '@evenkeel/core';
import type { FactKind, Lease, Store } from '@evenkeel/store';
import type { Route } from './api/route.ts';
import { auditRecorder } from './audit/recorder.ts';
import { controlChaos } from './chaos/chaos.ts';
import { mitigationsOf } from './incidents/actions.ts';
import { incidentBook } from './incidents/book.ts';
import { destinations } from './incidents/destinations.ts';
import { incidentEngine } from './incidents/engine.ts';
import { people as peopleOf } from './incidents/people.ts';
import { peopleRoutes } from './incidents/people-routes.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { liveFeed } from './live/feed.ts';
import { liveRoutes } from './live/routes.ts';
import { modelControl } from './models/model-control.ts';
import { boardBook } from './monitors/board-book.ts';
import { monitorRoutes } from './monitors/routes.ts';
import { estimateSnapshot, monitorSnapshots } from './monitors/snapshots.ts';
import { alertmanagerRoutes } from './notifiers/alertmanager/routes.ts';
import { heartbeat } from './notifiers/heartbeat.ts';
import type { Notifier } from './notifiers/notification.ts';
import { outboxWorker } from './notifiers/outbox-worker.ts';
import { outboxRoutes } from './notifiers/routes.ts';
import { alertBook } from './objectives/alerts.ts';
import { createEvaluator, type Standing } from './objectives/evaluator.ts';
import { exclusionBook } from './objectives/exclusions.ts';
import { gapRecord } from './objectives/gap-record.ts';
import { reportGaps } from './objectives/gaps.ts';
import { labelCounts } from './objectives/label-counts.ts';
import { createLedger } from './objectives/ledger.ts';
import { policyBook } from './objectives/policies.ts';
import { prometheus, promqlCounts, sourceAddress } from './objectives/promql.ts';
import { objectiveRevisions } from './objectives/revisions.ts';
import { objectiveRoutes } from './objectives/routes.ts';
import { signalCounts } from './objectives/signal-counts.ts';
import { smallestBudget } from './objectives/smallest-budget.ts';
import type { ReplicaBoard } from './replicas/board.ts';
import { replicaRoutes } from './replicas/routes.ts';
import { reviewBook } from './reviews/book.ts';
import { reviewRoutes } from './reviews/routes.ts';
import { maintenance } from './store/maintenance.ts';
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
  /**
   * Resolves after the first round; from then on there is one a second. Every service of the start has been put: what comes for
   * one that is not known counts nowhere.
   */
  start(): Promise<void>;
  onFacts(kind: FactKind): void;
  /** One round of everything, now. */
  tick(): Promise<void>;
  /** Why the API does not answer, as an experiment wants it; undefined when it does. */
  outage(): string | undefined;
  close(): Promise<void>;
}

/** Milliseconds between two rounds. */
const TICK_MS = 1_000;
/** Who leads must say so this often; a silent leader is followed after it, in milliseconds. */
const LEASE_MS = 10_000;
/** One that does not lead reads this often what the leader has written, in milliseconds. */
const FOLLOW_MS = 2_000;

export function createControlPlane(parts: {
  readonly store: Store;
  readonly host: ControlHost;
  readonly board: ReplicaBoard;
  readonly link: ReplicaLink;
  /** Name of this process among others. */
  readonly holder: string;
  /** Where versions of models are kept, for every replica to read. */
  readonly modelsDirectory: string;
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
  /** Token of the term for which everything was read that somebody else may have changed before. */
  let term: number | undefined;
  let followedAt = Number.NEGATIVE_INFINITY;
  let told: string | undefined;

  const gaps = reportGaps();
  const gapsToKeep = new Set<string>();
  const ledger = createLedger({
    store,
    clock,
    lease: () => lease,
    leads: () => lease !== undefined && lease.token === term,
    onRollup(rollup, arrivedAt) {
      board.seen(rollup, arrivedAt);
      const gap = gaps.observe(rollup);
      if (gap !== undefined) {
        const seconds = ((gap.end - gap.start) / 1_000).toFixed(1);
        tell(`${rollup.service}: no replica reported for ${seconds} s`, 'what happened then is not known');
        gapsToKeep.add(rollup.service);
      }
      chaos.onRollup(rollup, arrivedAt);
      incidents.onRollup(rollup);
      boards.onMonitors(rollup.service, rollup.monitors, rollup.answers, rollup.to);
    },
    onBadRollup: (problem) => tell('a rollup cannot be read', problem),
  });
  const evaluator = createEvaluator({ ledger, rollups: store.rollups, clock, gaps: gaps.within });
  const objectivesOf = (service: string): readonly Objective[] => configs.get(service)?.objectives ?? [];
  const labels = labelCounts({
    store,
    clock,
    ledger,
    objectives: objectivesOf,
    onJoined: (joined) => {
      boards.onLabel(joined);
      incidents.onLabel(joined);
    },
    heldBack: (fact) => chaos.outages.heldBack(fact, clock.wall()),
  });
  const signals = signalCounts({ store, ledger, objectives: objectivesOf });
  const queried = promqlCounts({
    ledger,
    clock,
    objectives: () => [...configs.values()].flatMap(({ objectives }) => objectives),
    query(source) {
      const address = sourceAddress(source, process.env);
      return address === undefined ? undefined : prometheus(address);
    },
  });
  const record = gapRecord(store.documents, gaps, clock);
  const pulse = heartbeat({ configs: () => configs.values(), clock, tell });
  const upkeep = maintenance({
    store,
    clock,
    objectives: () => [...configs.values()].flatMap(({ objectives }) => objectives),
    tell,
  });
  const revisions = objectiveRevisions(store.documents, clock);
  const exclusions = exclusionBook(store.facts, ledger, clock);
  const alerts = alertBook(store.documents, clock, host.random);
  const policies = policyBook({ store, evaluator, clock });
  const book = incidentBook(store.documents, clock);
  const people = peopleOf(store.documents, clock);
  const mitigations = mitigationsOf({
    book,
    link: parts.link,
    clock,
    random: host.random,
    tell,
    retraining: () => models.retraining,
  });
  const incidents = incidentEngine({
    store,
    clock,
    random: host.random,
    link: parts.link,
    evaluator,
    book,
    people,
    mitigations,
    monitors: (service) => {
      const own = boards.get(service);
      return own === undefined
        ? { monitors: [], estimates: [] }
        : {
            monitors: monitorSnapshots(own, boards.reports(service)),
            estimates: [estimateSnapshot(boards.estimate(service))],
          };
    },
    training: (service) => models.events(service),
    configs: () => [...configs.values()].filter(({ name }) => !chaos.outages.silent(name)),
    tell,
  });
  const chaos = controlChaos({
    store,
    clock,
    random: host.random,
    link: parts.link,
    evaluator,
    book,
    people,
    alerts,
    policies,
    configs,
    audit,
    feed,
    tell,
  });
  const models = modelControl({
    store,
    clock,
    random: host.random,
    link: parts.link,
    evaluator,
    policies,
    configs,
    feed,
    directory: parts.modelsDirectory,
    tell,
  });
  const boards = boardBook({ documents: store.documents, clock, random: host.random, tell });
  let notifiers: ReadonlyMap<string, Notifier> = new Map();
  const worker = outboxWorker({
    outbox: store.outbox,
    notifiers: () => notifiers,
    out: chaos.outages.notifier,
    clock,
    timers,
    random: host.random,
    onEvent: ({ destination, outcome, reason }) => {
      if (outcome !== 'sent') tell(`a message to ${destination}: ${outcome}`, reason);
    },
  });

  /** Somebody else may have led before: what they left is read, and what is in memory forgotten. */
  async function takeOver(): Promise<void> {
    await ledger.reload();
    exclusions.stale();
    alerts.forget();
    await policies.reload();
    await book.load();
    chaos.takeOver();
    models.takeOver();
  }

  async function lead(): Promise<boolean> {
    const before = lease;
    lease = await store.leases.take('control', parts.holder, LEASE_MS);
    if (lease === undefined) {
      if (before !== undefined) tell('another control process leads', 'the lease was lost');
      return false;
    }
    if (lease.token === term) return true;
    await takeOver();
    term = lease.token;
    tell('this control process leads', `term ${term}`);
    return true;
  }

  /** One that does not lead shows what the leader has written, and decides nothing. */
  async function follow(): Promise<void> {
    await board.read();
    chaos.standBy();
    if (clock.now() - followedAt < FOLLOW_MS) return;
    followedAt = clock.now();
    await chaos.readOrders();
    await exclusions.refresh(configs.keys());
    await ledger.reload();
    await policies.reload();
    await evaluator.learn();
    evaluator.evaluate();
    announce();
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

  /** Without the services that an experiment has cut off from this control plane. */
  const audible = (): readonly Standing[] =>
    evaluator.standings().filter(({ status }) => !chaos.outages.silent(status.service));

  async function round(): Promise<void> {
    if (!(await lead())) {
      await follow();
      return;
    }
    await chaos.readOrders();
    await labels.read();
    await signals.read();
    await queried.read();
    await exclusions.refresh(configs.keys());
    await ledger.settle();
    await evaluator.learn();
    evaluator.evaluate();
    await chaos.guard(lease);
    for (const { service, objective, pair, log } of await alerts.observe(audible(), lease)) {
      const entry = log.at(-1);
      if (entry !== undefined) tell(`${service}: ${pair} of ${objective} ${entry.kind}`, entry.reason);
    }
    for (const { policy, kind, reason } of await policies.step(lease, chaos.outages.silent)) {
      tell(`${policy.service}: policy ${policy.name} ${kind}`, reason);
    }
    for (const { service, event } of await boards.step(lease)) {
      tell(
        `${service}: monitor ${event.report.monitor} ${event.type}`,
        event.report.change?.summary ?? 'a baseline was learned',
      );
      feed.publish('monitors', service);
    }
    await models.step(lease);
    await incidents.step(lease);
    await chaos.step(lease);
    await record.keep(configs.keys(), gapsToKeep, lease);
    upkeep.step();
    pulse.beat();
    void worker.run();
    announce();
  }

  function onChange(): void {
    feed.publish('incidents');
    void worker.run();
  }

  let last: Promise<void> = Promise.resolve();
  /** A file that comes into force and a round take turns: what a round reads must find the series that it counts into. */
  function alone(work: () => Promise<void>): Promise<void> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  let running: Promise<void> | undefined;
  function tick(): Promise<void> {
    running ??= alone(round)
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
          // Somebody wrote what only the leader writes.
          if (isEvenkeelError(error) && error.code === 'conflict') term = undefined;
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

  return {
    routes: [
      ...objectiveRoutes({
        evaluator,
        rollups: store.rollups,
        clock,
        services: () => [...configs.keys()],
        problem: ledger.problem,
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
      ...reviewRoutes({
        reviews: reviewBook({ store, evaluator, incidents: book, clock }),
        incidents: book,
        engine: incidents,
        context: (service) => ({
          models: [...(configs.get(service)?.models.keys() ?? [])],
          corpus: `${service}.ndjson`,
        }),
        audit,
        clock,
      }),
      ...alertmanagerRoutes({
        book,
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
      ...monitorRoutes({ boards, services: () => [...configs.keys()], audit, clock }),
      ...chaos.routes,
      ...replicaRoutes(board),
      ...models.routes,
      ...storeRoutes(store, audit, ledger.problem),
      ...liveRoutes(feed, timers),
    ],
    put: (config) =>
      alone(async () => {
        const numbers = await revisions.current(config.name, config.objectives);
        configs.set(config.name, config);
        notifiers = destinations(configs.values(), clock);
        evaluator.put(config.name, config.objectives, numbers);
        await record.restore(config.name);
        await ledger.put(config.name, config.objectives);
        await policies.put(config.name, config.policies);
        await boards.put(config);
        await models.put(config);
        exclusions.stale();
      }),
    start: () => tick().then(again),
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
    outage: chaos.outages.api,
    async close() {
      closed = true;
      await running;
      await worker.close();
      await models.close();
      if (lease !== undefined) await store.leases.release(lease).catch(() => {});
    },
  };
}
