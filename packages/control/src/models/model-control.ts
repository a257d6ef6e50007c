import type { ServiceConfig } from '@evenkeel/config';
import { type Clock, describeError, type Random, type ReplicaLink, type TrainingEvent } from '@evenkeel/core';
import type { Lease, Store } from '@evenkeel/store';
import type { Route } from '../api/route.ts';
import type { LiveFeed } from '../live/feed.ts';
import type { Evaluator } from '../objectives/evaluator.ts';
import type { PolicyBook } from '../objectives/policies.ts';
import { type Retraining, retraining } from '../training/retraining.ts';
import { trainingRoutes } from '../training/routes.ts';
import { type RunBook, runBook } from '../training/run-book.ts';
import { trainingEvents } from '../training/training-events.ts';
import { trainingSignals } from '../training/training-signals.ts';
import { canaryJudge } from './canary-judge.ts';
import { modelLifecycle } from './lifecycle.ts';
import { modelBook } from './model-book.ts';
import { redRegressions } from './red-regressions.ts';
import { modelRoutes } from './routes.ts';
import { modelServing } from './serving.ts';

/** Training runs, versions of models and what becomes of them. */
export interface ModelControl {
  readonly routes: readonly Route[];
  readonly runs: RunBook;
  put(config: ServiceConfig): Promise<void>;
  step(lease: Lease | undefined): Promise<void>;
  /** What of a service's training is in trouble. */
  events(service: string): readonly TrainingEvent[];
  readonly retraining: Retraining;
  takeOver(): void;
  close(): Promise<void>;
}

/** Runs and registries are read this often for incidents and signals, in milliseconds. */
const READ_MS = 2_000;
const MOST_RUNS = 50;

export function modelControl(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly link: ReplicaLink;
  readonly evaluator: Pick<Evaluator, 'standing'>;
  readonly policies: Pick<PolicyBook, 'restriction'>;
  readonly configs: ReadonlyMap<string, ServiceConfig>;
  readonly feed: Pick<LiveFeed, 'publish'>;
  /** Where weights of versions and runs of its own are kept. */
  readonly directory: string;
  readonly tell: (what: string, reason: string) => void;
}): ModelControl {
  const { store, clock, feed, tell } = parts;
  const { documents } = store;
  const now = (): number => Math.round(clock.wall());
  const config = (service: string): ServiceConfig | undefined => parts.configs.get(service);
  const book = modelBook(documents, clock);
  const runs = runBook(documents, clock);
  const serving = modelServing({ directives: store.directives, clock });
  const red = redRegressions(documents, clock);

  async function blockedBy(service: string): Promise<readonly string[]> {
    const frozen = parts.policies.restriction(service, 'promotion');
    return [...(frozen === undefined ? [] : [frozen]), ...(await red(service))];
  }

  const lifecycle = modelLifecycle({
    book,
    serving,
    facts: store.facts,
    clock,
    directory: parts.directory,
    config,
    blockedBy,
    onChange(service, what, reason) {
      tell(`${service}: ${what}`, reason);
      feed.publish('runs', service);
    },
  });
  const judge = canaryJudge({
    book,
    lifecycle,
    serving,
    rollups: store.rollups,
    evaluator: parts.evaluator,
    link: parts.link,
    clock,
    config,
    blockedBy,
    tell,
  });
  const retrain = retraining({
    runs,
    lifecycle,
    book,
    clock,
    random: parts.random,
    directory: parts.directory,
    tell,
  });
  const signals = trainingSignals(store.facts, clock);
  const events = new Map<string, readonly TrainingEvent[]>();
  let readAt = Number.NEGATIVE_INFINITY;

  async function readAll(): Promise<void> {
    if (clock.now() - readAt < READ_MS) return;
    readAt = clock.now();
    for (const service of parts.configs.keys()) {
      const [own, models] = await Promise.all([runs.list({ service, limit: MOST_RUNS }), book.list(service)]);
      events.set(service, trainingEvents(own, models, now()));
      await signals.push(service, own);
    }
  }

  return {
    runs,
    routes: [
      ...trainingRoutes({
        runs,
        now,
        onReport: (run) => {
          readAt = Number.NEGATIVE_INFINITY;
          feed.publish('runs', run);
        },
      }),
      ...modelRoutes({ book, lifecycle, judge, runs }),
    ],
    put: (service) => book.put(service),
    async step(lease) {
      await readAll();
      await judge.step(lease);
      for (const service of parts.configs.values())
        await retrain
          .schedule(service)
          .catch((error: unknown) =>
            tell(`${service.name}: no retraining by schedule`, describeError(error)),
          );
    },
    events: (service) => events.get(service) ?? [],
    retraining: retrain,
    takeOver() {
      serving.forget();
      readAt = Number.NEGATIVE_INFINITY;
    },
    close: () => retrain.close(),
  };
}
