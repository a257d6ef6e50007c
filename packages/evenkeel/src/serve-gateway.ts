import { describeError, idMaker } from '@evenkeel/core';
import {
  createFront,
  createMetrics,
  createReplica,
  createReporter,
  type Front,
  type Host,
  type Metrics,
  measureOf,
  type Replica,
  type Reporter,
  type StoredBreakers,
  type Thresholds,
  wireReports,
} from '@evenkeel/gateway';
import type { Otel } from '@evenkeel/otel';
import type { Store } from '@evenkeel/store';
import { z } from 'zod';
import type { Log } from './log.ts';
import { predictionLog } from './prediction-log.ts';

/** The serving half of a process: replica, front, and what it hands over. */
export interface GatewayPart {
  readonly replica: Replica;
  readonly front: Front;
  readonly reporter: Reporter;
  readonly metrics: Metrics;
  /** Obeys the directives that are stored, now. */
  sync(): Promise<void>;
  /** Ends the background work; the front has been drained before. */
  close(): Promise<void>;
}

/** Milliseconds between two flushes: what a killed process loses at most. */
const FLUSH_MS = 1_000;
/** Milliseconds between two looks for new baselines. */
const REFERENCES_MS = 2_000;

const referencesBody = z.object({
  references: z.array(z.object({ monitor: z.string(), segment: z.string(), reference: z.unknown() })),
});

export function gatewayPart(options: {
  readonly host: Host;
  readonly store: Store;
  readonly log: Log;
  readonly ready: () => boolean;
  readonly version: string;
  /** Thresholds of the objectives, for the bounds of histograms. */
  readonly thresholds: Thresholds;
  /** What breakers knew before a restart, and keep for the next. */
  readonly breakers: StoredBreakers;
  /** Largest head of a request that any service allows, in bytes. */
  readonly headerBytes: number;
  /** Undefined where nobody asked for it: then it is not even loaded. */
  readonly otel: Otel | undefined;
  /** True when the control plane is another process, which learns of this one from what it reports. */
  readonly remote: boolean;
}): GatewayPart {
  const { host, store, log } = options;
  const { clock, timers, random } = host;
  const id = idMaker('r', clock, random)();
  const metrics = createMetrics({
    version: options.version,
    services: () => replica.link.services(),
    thresholds: options.thresholds,
    store: () => {
      const { waiting, flushedAt, problem } = reporter.state();
      const lagMs = waiting === 0 || flushedAt === undefined ? 0 : clock.wall() - flushedAt;
      return { up: problem === undefined, pending: waiting, lagSeconds: Math.max(0, lagMs / 1_000) };
    },
    dropped: () => ({ rows: reporter.state().dropped }),
  });
  const logged = predictionLog(log);
  const reporter = createReporter({
    replica: id,
    store,
    host,
    everyMs: FLUSH_MS,
    measure: (config) =>
      measureOf(config, host, (service, objective, verdict) =>
        metrics.objective(service, objective, verdict, 1),
      ),
    status: options.remote ? () => replica.link.services() : undefined,
    faults: (service) => wireReports(replica.faults(service), clock.wall()),
    onSamples: options.otel?.onKept,
    onProblem: (problem) =>
      problem === undefined
        ? log.info('the store takes what is measured again')
        : log.error(
            { reason: problem },
            'the store does not take what is measured; serving goes on, it will be sent later',
          ),
  });
  const replica = createReplica(host, {
    queues: store.queues,
    directives: store.directives,
    breakers: options.breakers,
    onEvent: ({ what, reason }) => log.info({ reason }, what),
    observe(config) {
      const measured = reporter.observe(config);
      metrics.declare(
        config.name,
        config.ladder.map((rung) => rung.name),
      );
      for (const { name } of config.objectives) metrics.objective(config.name, name, 'good', 0);
      return {
        see: measured.see,
        record(record) {
          measured.record(record);
          metrics.onRecord(record);
          logged(record);
          options.otel?.onRecord(record);
        },
      };
    },
  });
  const front = createFront({
    services: replica.directory,
    clock,
    timers,
    requestId: idMaker('req', clock, random),
    ready: options.ready,
    headerBytes: options.headerBytes,
    onError: (error, request) =>
      log.error(
        {
          id: request,
          reason: describeError(error),
          stack: error instanceof Error ? error.stack : undefined,
        },
        'internal error',
      ),
  });

  const gone = new AbortController();
  let syncProblem: string | undefined;
  async function sync(): Promise<void> {
    const readAt = clock.now();
    try {
      replica.sync(await store.directives.active(clock.wall()), readAt);
      syncProblem = undefined;
    } catch (error) {
      const words = describeError(error);
      // Those in force stay until their leases end: a replica does not forget because the store is gone.
      if (syncProblem === undefined) log.warn({ reason: words }, 'directives could not be read');
      syncProblem = words;
    }
  }
  const revisions = new Map<string, number>();
  /** What monitors count against is learned by the control plane and comes through the store. */
  async function readReferences(): Promise<void> {
    for (const service of replica.directory.names()) {
      const row = await store.documents.get('baseline', service);
      if (row === undefined || revisions.get(service) === row.revision) continue;
      revisions.set(service, row.revision);
      const { references } = referencesBody.parse(row.body);
      const wrong = reporter.useReferences(service, references);
      if (wrong.length > 0) log.warn({ monitors: wrong }, `${service}: baselines that cannot be used`);
    }
  }
  let wake = (): void => {};
  async function followReferences(): Promise<void> {
    while (!gone.signal.aborted) {
      await readReferences().catch((error: unknown) =>
        log.warn({ reason: describeError(error) }, 'baselines could not be read'),
      );
      await new Promise<void>((resolve) => {
        const cancel = timers.after(REFERENCES_MS, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
  }
  async function follow(): Promise<void> {
    while (!gone.signal.aborted) {
      await store.changed('directives', gone.signal);
      if (!gone.signal.aborted) await sync();
    }
  }
  const following = Promise.all([follow(), followReferences()]);

  return {
    replica,
    front,
    reporter,
    metrics,
    sync,
    async close() {
      gone.abort();
      wake();
      await following;
      await options.breakers.close();
      await reporter.close();
      await replica.close();
      metrics.close();
      await options.otel?.close();
    },
  };
}
