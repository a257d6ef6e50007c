import type { ServiceConfig } from '@evenkeel/config';
import type { Clock, Random, ReplicaLink } from '@evenkeel/core';
import type { Lease, Store } from '@evenkeel/store';
import type { Route } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { IncidentBook } from '../incidents/book.ts';
import type { People } from '../incidents/people.ts';
import type { LiveFeed } from '../live/feed.ts';
import type { AlertBook } from '../objectives/alerts.ts';
import type { Evaluator } from '../objectives/evaluator.ts';
import type { PolicyBook } from '../objectives/policies.ts';
import type { RollupBody } from '../replicas/rollup-body.ts';
import { runActivity } from './activities.ts';
import { aftermath as aftermathOf } from './aftermath.ts';
import { experimentCatalogue } from './catalogue.ts';
import { gameDayRoutes } from './game-day-routes.ts';
import { gameDays } from './game-days.ts';
import { budgetsOf, type ObserveParts } from './observe.ts';
import { controlOutages, type Outages } from './outages.ts';
import { experimentRoutes } from './routes.ts';
import { experimentRunner } from './runner.ts';
import { scenarioFiles } from './scenarios.ts';
import { experimentSchedule } from './schedule.ts';
import { chaosSight } from './sight.ts';

/** Experiments and game days: what runs by itself, and the routes that steer it. */
export interface ControlChaos {
  readonly routes: readonly Route[];
  /** What is broken on purpose in this control plane. */
  readonly outages: Outages;
  onRollup(rollup: RollupBody, arrivedAt: number): void;
  /** Once a round, before anything else: which orders are in force. */
  readOrders(): Promise<void>;
  /**
   * As soon as the budgets are judged: a look at what is broken now, before anything else takes its time. Only where this
   * process leads.
   */
  guard(lease: Lease | undefined): Promise<void>;
  /** One look at every run and every day. Only where this process leads. */
  step(lease: Lease | undefined): Promise<void>;
  /** Somebody else has led before. */
  takeOver(): void;
  /** Somebody else leads. */
  standBy(): void;
  /** Why something may not happen now: an experiment that blocks it is red. */
  blocked(service: string, what: 'promotion'): Promise<string | undefined>;
}

export function controlChaos(parts: {
  readonly store: Pick<Store, 'documents' | 'directives'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly link: ReplicaLink;
  readonly evaluator: Evaluator;
  readonly book: IncidentBook;
  readonly people: People;
  readonly alerts: AlertBook;
  readonly policies: PolicyBook;
  readonly configs: ReadonlyMap<string, ServiceConfig>;
  readonly audit: Recorder;
  readonly feed: Pick<LiveFeed, 'publish'>;
  readonly tell: (what: string, reason: string) => void;
}): ControlChaos {
  const { store, clock, random, link, configs, audit, feed, tell } = parts;
  const { documents } = store;
  const config = (service: string): ServiceConfig | undefined => configs.get(service);
  const sight = chaosSight(clock);
  const outages = controlOutages();
  const observing: ObserveParts = {
    sight,
    evaluator: parts.evaluator,
    book: parts.book,
    alerts: parts.alerts,
    policies: parts.policies,
    people: parts.people,
    config,
    directives: outages.directives,
    silent: outages.silent,
  };
  const catalogue = experimentCatalogue({ documents, clock, configs: () => configs.values() });
  const aftermath = aftermathOf({ documents, book: parts.book, clock, random, config, tell });
  const runner = experimentRunner({
    store,
    clock,
    random,
    link,
    observing,
    config,
    runActivity,
    raise: aftermath.raise,
    async onFinished(run, status) {
      await aftermath.finished(run, status);
      await days.ended(run);
    },
    onChange: ({ state }) => feed.publish('experiments', state.id),
    tell,
  });
  const schedule = experimentSchedule({
    catalogue,
    documents,
    clock,
    busy: (service) => runner.active().some(({ experiment }) => experiment.service === service),
    start: async (entry) => {
      await runner.start(entry, { by: 'schedule' });
    },
    tell,
  });
  const scenarios = scenarioFiles(
    () => configs.values(),
    async (service) => new Set((await catalogue.list(service)).map(({ name }) => name)),
  );
  const days = gameDays({
    documents,
    clock,
    random,
    incidents: parts.book,
    budgets: (service) => budgetsOf(observing, service),
    async startExperiment(name, { state, scenario }) {
      await runner.start(await catalogue.get(name, scenario.service), {
        by: state.facilitator,
        gameDay: state.id,
      });
    },
    async haltRuns(day, reason) {
      for (const { gameDay, state } of runner.active())
        if (gameDay === day) await runner.halt(state.id, 'the game day', reason);
    },
    onChange: ({ state }) => feed.publish('experiments', state.id),
    tell,
  });

  let looked = false;

  return {
    routes: [
      ...experimentRoutes({
        catalogue,
        runner,
        schedule,
        aftermath,
        observing,
        link,
        config,
        services: () => [...configs.keys()],
        audit,
        clock,
      }),
      ...gameDayRoutes({ days, scenarios, audit, wall: clock.wall }),
    ],
    outages,
    onRollup: sight.seen,
    async readOrders() {
      outages.read(await store.directives.active(clock.wall()));
    },
    async guard(lease) {
      looked = runner.active().some(({ state }) => state.phase === 'method');
      if (looked) await runner.step(lease);
    },
    async step(lease) {
      if (!looked) await runner.step(lease);
      looked = false;
      await schedule.step(lease);
      await days.step(lease);
    },
    takeOver: runner.takeOver,
    standBy: runner.standBy,
    blocked: aftermath.blocked,
  };
}
