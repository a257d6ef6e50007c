import type { ServiceConfig } from '@evenkeel/config';
import {
  type Directive,
  describeError,
  EvenkeelError,
  type FaultReport,
  idMaker,
  nearestName,
  type ReplicaLink,
  type RequestRecord,
  type Ring,
  ring,
  type SeenRequest,
  type ServiceStatus,
} from '@evenkeel/core';
import type { DirectiveRows, Queues } from '@evenkeel/store';
import type { ServiceDirectory } from '../http/index.ts';
import type { BreakerMemory } from './breaker-memory.ts';
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
  /** What answers of a service carry as `evenkeel-budget` from now on; undefined: nothing. */
  setBudget(service: string, value: string | undefined): void;
  /**
   * Brings the directives in force into step with those that are stored: set, renewed or lifted elsewhere. One set here
   * that the store does not know any more was lifted.
   * @param readAt monotonic milliseconds before the store was asked: what was set since then is not in its answer
   */
  sync(stored: readonly Directive[], readAt: number): void;
  /** Resolves when every component of every service has been checked once. */
  checked(): Promise<void>;
  shadows(): readonly ShadowResult[];
  /** What the faults in force and the last ones did to a service, as measured here. */
  faults(service: string): readonly FaultReport[];
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

export interface ReplicaParts {
  readonly queues: Queues;
  /** Where directives are kept, so that they outlive the process and reach other replicas. */
  readonly directives: DirectiveRows;
  readonly onEvent: (event: ReplicaEvent) => void;
  /** What breakers knew before a restart, and where they keep it; left out, each starts afresh. */
  readonly breakers?: BreakerMemory | undefined;
  /** Who measures a service: called for each file that comes into force, told of every finished request. */
  readonly observe: (config: ServiceConfig) => {
    readonly record: (record: RequestRecord) => void;
    readonly see: (seen: SeenRequest) => void;
  };
}

export function createReplica(host: Host, parts: ReplicaParts): Replica {
  const { clock } = host;
  const { queues, onEvent } = parts;
  /** Directives that came from the store or went into it, by id, with the expiry that was stored. */
  const synced = new Map<string, { readonly expiresAt: number; readonly at: number }>();
  const entries = new Map<string, Entry>();
  /** Lifted here, and perhaps still stored. */
  const lifted = new Set<string>();
  const newDirectiveId = idMaker('d', clock, host.random);
  const shadows = ring<ShadowResult>(SHADOWS_KEPT);
  const closing = new Set<Promise<void>>();
  const budgets = new Map<string, string>();

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
      const at = Math.round(clock.wall());
      const directive: Directive = {
        ...wanted,
        id: newDirectiveId(),
        createdAt: at,
        expiresAt: at + leaseMs,
      };
      // The board checks it before it is stored, so that nothing is kept that no replica would obey.
      entry.running.service.directives.set(directive, leaseMs);
      try {
        await parts.directives.put(directive);
      } catch (error) {
        entry.running.service.directives.lift(directive.id);
        throw error;
      }
      synced.set(directive.id, { expiresAt: directive.expiresAt, at: clock.now() });
      entry.running.service.entry.stale();
      entry.running.faults.refresh();
      entry.running.followVersions();
      onEvent({ what: `${wanted.service}: ${wanted.order.kind} by ${wanted.owner}`, reason: wanted.reason });
      return directive;
    },
    async lift(id) {
      // Here first: a halt must not wait for a store that is gone. It stays lifted until the store has forgotten it too.
      lifted.add(id);
      synced.delete(id);
      let was = false;
      for (const { running } of entries.values()) {
        if (!running.service.directives.lift(id)) continue;
        running.service.entry.stale();
        running.faults.refresh();
        running.followVersions();
        onEvent({ what: `${running.config.name}: ${id} lifted`, reason: 'by hand' });
        was = true;
      }
      const stored = await parts.directives.remove(id);
      lifted.delete(id);
      return was || stored;
    },
  };

  return {
    directory: { get: (name) => entries.get(name)?.running.front, names: () => [...entries.keys()] },
    link,
    async put(config, path) {
      const running = await startService(
        config,
        host,
        queues,
        {
          onShadow: (result) => shadows.push(result.requestId, result),
          onChange: (what, reason) => onEvent({ what, reason }),
          budget: () => budgets.get(config.name),
        },
        parts.breakers,
      );
      const old = entries.get(config.name);
      const records = old?.records ?? ring<RequestRecord>(config.limits.retainedRecords);
      const { record: measured, see } = parts.observe(config);
      running.service.onRecord(measured);
      if (config.monitors.monitors.length > 0) running.service.onSeen(see);
      running.service.onRecord((record) => {
        if (record.kind === 'live') records.push(record.id, record);
      });
      // Directives are the operators' words: a new file does not unsay them.
      for (const directive of old?.running.service.directives.active() ?? []) {
        // By what is left of the lease, not by the wall clock: that may have been set meanwhile.
        const leftMs = old?.running.service.directives.leftMs(directive.id) ?? 0;
        if (leftMs > 0) running.service.directives.set(directive, leftMs);
      }
      running.faults.refresh();
      running.followVersions();
      // Nobody is answered by an older version in between.
      await running.versionsSettled();
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
    setBudget(service, value) {
      if (value === undefined) budgets.delete(service);
      else budgets.set(service, value);
    },
    config: (name) => entries.get(name)?.running.config,
    sync(stored, readAt) {
      const now = clock.wall();
      const live = new Set<string>();
      for (const directive of stored) {
        live.add(directive.id);
        if (lifted.has(directive.id)) continue;
        const entry = entries.get(directive.service);
        if (entry === undefined || synced.get(directive.id)?.expiresAt === directive.expiresAt) continue;
        synced.set(directive.id, { expiresAt: directive.expiresAt, at: readAt });
        try {
          checkOrder(entry.running.config, directive.order);
          entry.running.service.directives.set(directive, directive.expiresAt - now);
        } catch (error) {
          onEvent({
            what: `${directive.service}: ${directive.id} is not obeyed`,
            reason: describeError(error),
          });
          continue;
        }
        entry.running.service.entry.stale();
        entry.running.faults.refresh();
        entry.running.followVersions();
        onEvent({
          what: `${directive.service}: ${directive.order.kind} by ${directive.owner}`,
          reason: directive.reason,
        });
      }
      for (const [id, { at }] of synced) {
        if (live.has(id) || at > readAt) continue;
        synced.delete(id);
        for (const { running } of entries.values()) {
          if (!running.service.directives.lift(id)) continue;
          running.service.entry.stale();
          running.faults.refresh();
          running.followVersions();
          onEvent({ what: `${running.config.name}: ${id} lifted`, reason: 'it is not stored any more' });
        }
      }
    },
    async checked() {
      await Promise.all(
        [...entries.values()].flatMap(({ running }) => [
          running.health.firstRound,
          running.versionsSettled(),
        ]),
      );
    },
    shadows: () => shadows.latest(SHADOWS_KEPT),
    faults: (service) => entries.get(service)?.running.faults.reports() ?? [],
    async close() {
      await Promise.all([...entries.values()].map(({ running }) => running.close()));
    },
  };
}
