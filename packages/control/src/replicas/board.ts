import {
  type Clock,
  type Directive,
  EvenkeelError,
  idMaker,
  LEVELS,
  MAX_LEASE_MS,
  type Random,
  type ReplicaLink,
  type ServiceStatus,
} from '@evenkeel/core';
import type { Store } from '@evenkeel/store';
import { unknownService } from '../services/routes.ts';
import { type RollupBody, readRollup } from './rollup-body.ts';

/** One replica as its rollups show it. */
export interface ReplicaSeen {
  readonly replica: string;
  readonly services: readonly string[];
  /** Wall milliseconds of the end of its newest rollup, by its own clock. */
  readonly to: number;
  /** Wall milliseconds at which that arrived, by the store's clock. */
  readonly arrivedAt: number;
  readonly sequence: number;
  readonly state: 'reporting' | 'silent';
}

export interface ReplicaBoard {
  seen(rollup: RollupBody, arrivedAt: number): void;
  /** Reads what has arrived since the last time, for a process that does not count it. */
  read(): Promise<void>;
  replicas(): readonly ReplicaSeen[];
  /** The link to replicas in other processes: what they reported, and directives through the store. */
  link(): ReplicaLink;
}

/** A replica that reports every second and has been silent for this long has a problem. */
const SILENT_MS = 10_000;
/** Name of the cursor of whoever counts the rollups. */
const COUNTED = 'ledger';
const BATCH = 500;
/** A silent one is forgotten after this long. */
const FORGOTTEN_MS = 3_600_000;

const depth = (status: ServiceStatus): number =>
  status.level === 'failed' ? LEVELS.length : LEVELS.indexOf(status.level);

export function replicaBoard(store: Store, clock: Clock, random: Random): ReplicaBoard {
  interface Entry {
    to: number;
    arrivedAt: number;
    heardAt: number;
    sequence: number;
    readonly statuses: Map<string, ServiceStatus>;
  }
  const entries = new Map<string, Entry>();
  const newId = idMaker('d', clock, random);

  function prune(): void {
    const now = clock.now();
    for (const [id, entry] of entries) if (now - entry.heardAt > FORGOTTEN_MS) entries.delete(id);
  }

  /** Of several replicas the one that is worst off stands for the service: trouble must not hide behind health. */
  function worst(): Map<string, ServiceStatus> {
    const found = new Map<string, ServiceStatus>();
    for (const entry of entries.values()) {
      if (clock.now() - entry.heardAt > SILENT_MS) continue;
      for (const [name, status] of entry.statuses) {
        const known = found.get(name);
        if (known === undefined || depth(status) > depth(known)) found.set(name, status);
      }
    }
    return found;
  }

  const link: ReplicaLink = {
    services: async () => [...worst().values()],
    service: async (name) => worst().get(name),
    // The memory of a replica elsewhere is not reachable: what was sampled is in the store.
    request: async (id) => (await store.predictions.record(id))?.record,
    requests: async (filter) => (await store.predictions.records(filter)).map(({ record }) => record),
    directives: () => store.directives.active(clock.wall()),
    async direct(wanted, leaseMs) {
      const known = worst();
      if (!known.has(wanted.service)) throw unknownService(wanted.service, known.keys());
      if (wanted.owner.trim() === '' || wanted.reason.trim() === '') {
        throw new EvenkeelError('bad_request', 'a directive needs an owner and a reason');
      }
      if (!(leaseMs > 0 && leaseMs <= MAX_LEASE_MS)) {
        throw new EvenkeelError('bad_request', `a lease is more than 0 and at most ${MAX_LEASE_MS} ms`);
      }
      const at = Math.round(clock.wall());
      const directive: Directive = { ...wanted, id: newId(), createdAt: at, expiresAt: at + leaseMs };
      await store.directives.put(directive);
      return directive;
    },
    lift: (id) => store.directives.remove(id),
  };

  function seen(rollup: RollupBody, arrivedAt: number): void {
    prune();
    const entry = entries.get(rollup.replica) ?? {
      to: 0,
      arrivedAt: 0,
      heardAt: 0,
      sequence: 0,
      statuses: new Map<string, ServiceStatus>(),
    };
    entries.set(rollup.replica, entry);
    if (rollup.sequence < entry.sequence) return;
    entry.to = rollup.to;
    entry.arrivedAt = arrivedAt;
    entry.sequence = rollup.sequence;
    // How old the news is counts, not when it was read: a control plane that starts reads an hour of rollups at once.
    entry.heardAt = clock.now() - Math.max(0, clock.wall() - arrivedAt);
    if (rollup.status !== undefined) entry.statuses.set(rollup.service, rollup.status);
  }

  let cursor = 0;
  let readAt = Number.NEGATIVE_INFINITY;

  return {
    seen,
    async read() {
      // After a pause only what is new counts: the one that leads has counted the rest.
      if (clock.now() - readAt > SILENT_MS) cursor = Math.max(cursor, await store.rollups.cursor(COUNTED));
      for (;;) {
        const rows = await store.rollups.since(cursor, BATCH);
        for (const row of rows) {
          const rollup = readRollup(row.body);
          if (typeof rollup !== 'string') seen(rollup, row.arrivedAt);
          cursor = row.cursor;
        }
        if (rows.length < BATCH) break;
      }
      readAt = clock.now();
    },
    replicas() {
      prune();
      return [...entries].map(([replica, entry]) => ({
        replica,
        services: [...entry.statuses.keys()],
        to: entry.to,
        arrivedAt: entry.arrivedAt,
        sequence: entry.sequence,
        state: clock.now() - entry.heardAt > SILENT_MS ? 'silent' : 'reporting',
      }));
    },
    link: () => link,
  };
}
