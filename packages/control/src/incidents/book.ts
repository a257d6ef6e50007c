import {
  applyCommand,
  type Clock,
  type CommandResult,
  EvenkeelError,
  type Incident,
  type IncidentCommand,
  type IncidentStatus,
  isEvenkeelError,
  isOpen,
  startEscalation,
} from '@evenkeel/core';
import type { AuditEntry, Documents, Lease, OutboxPut } from '@evenkeel/store';
import { type KeptIncident, keptRow, readKept } from './kept-incident.ts';

/** What goes with a change of an incident, true together with it or not at all. */
export interface Beside {
  readonly outbox?: (incident: Incident) => readonly OutboxPut[];
  readonly audit?: (incident: Incident) => readonly AuditEntry[];
  readonly lease?: Lease | undefined;
  /** What the engine remembers changes too. */
  readonly kept?: (kept: KeptIncident) => KeptIncident;
}

export interface IncidentBook {
  /** Open ones, and those resolved lately; from memory. */
  live(service?: string): readonly KeptIncident[];
  /** Reads the live ones from the store: at the start, and when somebody else has led meanwhile. */
  load(): Promise<void>;
  /** Reads what other processes have changed of the open ones: an acknowledgement may come in at any of them. */
  refresh(): Promise<void>;
  get(id: string): Promise<KeptIncident>;
  list(filter: {
    readonly service?: string | undefined;
    readonly states?: readonly string[] | undefined;
    readonly type?: string | undefined;
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly Incident[]>;
  create(incident: Incident, beside?: Beside): Promise<KeptIncident>;
  /**
   * Applies a command and keeps the result. When somebody else was faster it is applied to what they left, unless the
   * command names the revision that it was made for.
   */
  command(id: string, command: IncidentCommand, beside?: Beside): Promise<CommandResult>;
  /** Changes only what the engine remembers. */
  remember(id: string, change: (kept: KeptIncident) => KeptIncident): Promise<void>;
}

/** A resolved incident is still looked at for this long: trouble that comes back is the same incident. */
const RECENT_MS = 24 * 3_600_000;
const OPEN: readonly IncidentStatus[] = ['detected', 'investigating', 'mitigating'];
const MOST_LIVE = 5_000;
const TRIES = 5;

export function incidentBook(documents: Documents, clock: Clock): IncidentBook {
  const live = new Map<string, KeptIncident>();

  function hold(kept: KeptIncident): void {
    const { incident } = kept;
    const recent = incident.status === 'resolved' && clock.wall() - (incident.resolvedAt ?? 0) < RECENT_MS;
    if (isOpen(incident) || recent) live.set(incident.id, kept);
    else live.delete(incident.id);
  }

  async function fresh(id: string): Promise<KeptIncident> {
    const row = await documents.get('incident', id);
    const kept = row === undefined ? undefined : readKept(row);
    if (kept === undefined) {
      live.delete(id);
      throw new EvenkeelError('not_found', `no incident ${id}`);
    }
    hold(kept);
    return kept;
  }

  async function write(next: KeptIncident, beside: Beside): Promise<KeptIncident> {
    const { incident } = next;
    await documents.commit({
      puts: [keptRow(next, Math.round(clock.wall()))],
      audit: beside.audit?.(incident) ?? [],
      outbox: beside.outbox?.(incident) ?? [],
      lease: beside.lease,
    });
    const written = { ...next, revision: next.revision + 1 };
    hold(written);
    return written;
  }

  /** Tries again on what somebody else has left. */
  async function again<T>(id: string, attempt: (kept: KeptIncident) => Promise<T>): Promise<T> {
    for (let n = 1; ; n++) {
      const kept = live.get(id) ?? (await fresh(id));
      try {
        return await attempt(kept);
      } catch (error) {
        if (n >= TRIES || !isEvenkeelError(error) || error.code !== 'conflict') throw error;
        await fresh(id);
      }
    }
  }

  return {
    live: (service) =>
      [...live.values()].filter(({ incident }) => service === undefined || incident.service === service),
    async load() {
      live.clear();
      const from = Math.round(clock.wall()) - RECENT_MS;
      // One that has been open for long must not be hidden behind many that were resolved since.
      const open = await documents.list({ kind: 'incident', states: OPEN, limit: MOST_LIVE });
      const over = await documents.list({ kind: 'incident', states: ['resolved'], from, limit: MOST_LIVE });
      for (const row of [...over, ...open]) {
        const kept = readKept(row);
        if (kept !== undefined) hold(kept);
      }
    },
    async refresh() {
      const rows = await documents.list({ kind: 'incident', states: OPEN, limit: MOST_LIVE });
      const open = new Set(rows.map(({ id }) => id));
      for (const row of rows) {
        const known = live.get(row.id);
        if (known !== undefined && known.revision >= row.revision) continue;
        const kept = readKept(row);
        if (kept !== undefined) hold(kept);
      }
      // Somebody else has ended it.
      for (const { incident } of [...live.values()]) {
        if (isOpen(incident) && !open.has(incident.id)) await fresh(incident.id).catch(() => undefined);
      }
    },
    get: (id) => fresh(id),
    async list({ type, ...filter }) {
      const rows = await documents.list({ ...filter, kind: 'incident', label: type });
      return rows.flatMap((row) => readKept(row)?.incident ?? []);
    },
    create: (incident, beside = {}) =>
      write(
        {
          incident,
          escalation: startEscalation(Math.round(clock.wall())),
          lowerSince: undefined,
          actions: [],
          revision: 0,
        },
        beside,
      ),
    command: (id, command, beside = {}) =>
      again(id, async (kept) => {
        const result = applyCommand(kept.incident, command);
        if (!result.ok) return result;
        const next = { ...kept, incident: result.incident };
        await write(beside.kept?.(next) ?? next, beside);
        return result;
      }),
    remember: (id, change) =>
      again(id, async (kept) => {
        await write(change(kept), {});
      }),
  };
}
