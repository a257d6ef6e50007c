import type { ServiceConfig } from '@evenkeel/config';
import {
  type Directive,
  describeError,
  EvenkeelError,
  idMaker,
  nearestName,
  type ReplicaLink,
  type RequestRecord,
  type Ring,
  ring,
  type ServiceStatus,
} from '@evenkeel/core';
import type { Queues } from '@evenkeel/store';
import type { ServiceDirectory } from '../http/index.ts';
import type { Host } from './host.ts';
import type { ShadowResult } from './routed-model.ts';
import { checkOrder, type RunningService, startService } from './running-service.ts';

/** Something happened that an operator may want to read in a log. */
export interface ReplicaEvent {
  readonly what: string;
  readonly reason: string;
}

/** The services of one process: built from their files, exchanged when a file changes. */
export interface Replica {
  readonly directory: ServiceDirectory;
  readonly link: ReplicaLink;
  /**
   * Starts a service, or takes the place of the running one of that name without losing a request: new requests go to the
   * new one, those in flight end at the old.
   * @throws EvenkeelError config_invalid; the running one then stays
   */
  put(config: ServiceConfig, path: string): Promise<void>;
  /** Notes that a newer version of a service's file was refused. */
  refused(name: string, problem: string): void;
  config(name: string): ServiceConfig | undefined;
  /** Resolves when every component of every service has been checked once. */
  checked(): Promise<void>;
  shadows(): readonly ShadowResult[];
  close(): Promise<void>;
}

interface Entry {
  readonly running: RunningService;
  readonly records: Ring<RequestRecord>;
  file: ServiceStatus['file'];
}

/** Milliseconds that a replaced service is given to finish what it has in flight. */
const OLD_SERVICE_MS = 60_000;
const SHADOWS_KEPT = 1_000;

export function createReplica(host: Host, queues: Queues, onEvent: (event: ReplicaEvent) => void): Replica {
  const { clock } = host;
  const entries = new Map<string, Entry>();
  const newDirectiveId = idMaker('d', clock, host.random);
  const shadows = ring<ShadowResult>(SHADOWS_KEPT);
  const closing = new Set<Promise<void>>();

  function status(entry: Entry): ServiceStatus {
    return entry.running.status(entry.file);
  }

  async function retire(entry: Entry): Promise<void> {
    const { figures } = entry.running.service;
    const until = clock.now() + OLD_SERVICE_MS;
    while (figures.inFlight > 0 && clock.now() < until) {
      await new Promise<void>((resolve) => host.timers.after(50, resolve));
    }
    await entry.running.close();
  }

  const link: ReplicaLink = {
    async services() {
      return [...entries.values()].map(status);
    },
    async service(name) {
      const entry = entries.get(name);
      return entry === undefined ? undefined : status(entry);
    },
    async request(id) {
      for (const { records } of entries.values()) {
        const record = records.get(id);
        if (record !== undefined) return record;
      }
      return undefined;
    },
    async requests({ service, level, traceId, limit }) {
      const wanted = (record: RequestRecord): boolean =>
        (level === undefined || record.level === level) &&
        (traceId === undefined || record.traceId === traceId);
      return [...entries]
        .filter(([name]) => service === undefined || name === service)
        .flatMap(([, { records }]) => records.latest(Number.POSITIVE_INFINITY).filter(wanted))
        .sort((a, b) => b.at - a.at)
        .slice(0, limit);
    },
    async directives() {
      return [...entries.values()].flatMap(({ running }) => running.service.directives.active());
    },
    async direct(wanted, leaseMs): Promise<Directive> {
      const entry = entries.get(wanted.service);
      if (entry === undefined) {
        const near = nearestName(wanted.service, entries.keys());
        throw new EvenkeelError(
          'unknown_service',
          `no service "${wanted.service}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
        );
      }
      checkOrder(entry.running.config, wanted.order);
      const directive = entry.running.service.directives.set({ ...wanted, id: newDirectiveId() }, leaseMs);
      entry.running.service.entry.stale();
      onEvent({ what: `${wanted.service}: ${wanted.order.kind} by ${wanted.owner}`, reason: wanted.reason });
      return directive;
    },
    async lift(id) {
      for (const { running } of entries.values()) {
        if (!running.service.directives.lift(id)) continue;
        running.service.entry.stale();
        onEvent({ what: `${running.config.name}: ${id} lifted`, reason: 'by hand' });
        return true;
      }
      return false;
    },
  };

  return {
    directory: { get: (name) => entries.get(name)?.running.front, names: () => [...entries.keys()] },
    link,
    async put(config, path) {
      const running = await startService(config, host, queues, {
        onShadow: (result) => shadows.push(result.requestId, result),
        onChange: (what, reason) => onEvent({ what, reason }),
      });
      const old = entries.get(config.name);
      const records = old?.records ?? ring<RequestRecord>(config.limits.retainedRecords);
      running.service.onRecord((record) => {
        if (record.kind === 'live') records.push(record.id, record);
      });
      // Directives are the operators' words: a new file does not unsay them.
      for (const directive of old?.running.service.directives.active() ?? []) {
        running.service.directives.set(directive, Math.max(1, directive.expiresAt - clock.wall()));
      }
      entries.set(config.name, {
        running,
        records,
        file: { path, loadedAt: clock.wall(), problem: undefined },
      });
      if (old === undefined) return;
      const retired = retire(old).catch((error: unknown) =>
        onEvent({ what: `${config.name}: old version`, reason: describeError(error) }),
      );
      closing.add(retired);
      void retired.then(() => closing.delete(retired));
    },
    refused(name, problem) {
      const entry = entries.get(name);
      if (entry !== undefined) entry.file = { ...entry.file, problem };
    },
    config: (name) => entries.get(name)?.running.config,
    async checked() {
      await Promise.all([...entries.values()].map(({ running }) => running.health.firstRound));
    },
    shadows: () => shadows.latest(SHADOWS_KEPT),
    async close() {
      await Promise.all([...entries.values()].map(({ running }) => running.close()));
    },
  };
}
