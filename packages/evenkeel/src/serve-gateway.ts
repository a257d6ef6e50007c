import {
  createFront,
  createMetrics,
  createReplica,
  createReporter,
  type Front,
  type Host,
  measureOf,
  type Replica,
  type Reporter,
} from '@evenkeel/gateway';
import { describeError, idMaker } from '@evenkeel/core';
import type { Store } from '@evenkeel/store';
import type { Log } from './log.ts';

/** The serving half of a process: replica, front, and what it hands over. */
export interface GatewayPart {
  readonly replica: Replica;
  readonly front: Front;
  readonly reporter: Reporter;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** Obeys the directives that are stored, now. */
  sync(): Promise<void>;
  /** Ends the background work; the front has been drained before. */
  close(): Promise<void>;
}

/** Milliseconds between two flushes: what a killed process loses at most. */
const FLUSH_MS = 1_000;

export function gatewayPart(options: {
  readonly host: Host;
  readonly store: Store;
  readonly log: Log;
  readonly ready: () => boolean;
  /** True when the control plane is another process, which learns of this one from what it reports. */
  readonly remote: boolean;
}): GatewayPart {
  const { host, store, log } = options;
  const { clock, timers, random } = host;
  const id = idMaker('r', clock, random)();
  const metrics = createMetrics({ clock });
  const reporter = createReporter({
    replica: id,
    store,
    host,
    everyMs: FLUSH_MS,
    measure: (config) =>
      measureOf(config, host, (service, objective, verdict) => metrics.objective(service, objective, verdict, 1)),
    status: options.remote ? () => replica.link.services() : undefined,
    onProblem: (problem) =>
      problem === undefined
        ? log.info('the store takes what is measured again')
        : log.error({ reason: problem }, 'the store does not take what is measured; serving goes on, it will be sent later'),
  });
  const replica = createReplica(host, {
    queues: store.queues,
    directives: store.directives,
    onEvent: ({ what, reason }) => log.info({ reason }, what),
    observe(config) {
      const measured = reporter.observe(config);
      const counted = metrics.service(config);
      return (record) => {
        measured(record);
        counted(record);
      };
    },
  });
  const front = createFront({
    services: replica.directory,
    clock,
    timers,
    requestId: idMaker('req', clock, random),
    ready: options.ready,
    onError: (error, request) =>
      log.error(
        { id: request, reason: describeError(error), stack: error instanceof Error ? error.stack : undefined },
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
  async function follow(): Promise<void> {
    while (!gone.signal.aborted) {
      await store.changed('directives', gone.signal);
      if (!gone.signal.aborted) await sync();
    }
  }
  const following = follow();

  return {
    replica,
    front,
    reporter,
    metrics,
    sync,
    async close() {
      gone.abort();
      await following;
      await reporter.close();
      await replica.close();
    },
  };
}
