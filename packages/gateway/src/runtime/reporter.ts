import type { ServiceConfig } from '@evenkeel/config';
import {
  describeError,
  type KeptRecord,
  type ObjectiveCounts,
  type RequestRecord,
  type Rollup,
  type SeenRequest,
  type ServiceStatus,
} from '@evenkeel/core';
import type { PredictionRow, RollupRow, Store } from '@evenkeel/store';
import type { Pulse, WireFaultReport } from '../faults/index.ts';
import type { Host } from './host.ts';
import type { MonitorReference } from './monitors.ts';

/** What measures one service at this replica, between two flushes. */
export interface Measure {
  /** On the serving path. */
  record(record: RequestRecord): void;
  /** As `record`, with the values that monitors count. */
  see(seen: SeenRequest): void;
  /** What monitors count against from now on; names those that cannot be used. */
  useReferences(references: readonly MonitorReference[]): readonly string[];
  objectives(): readonly ObjectiveCounts[];
  served(): Rollup['served'];
  /** @param spanMs milliseconds since the last call */
  traffic(spanMs: number): Rollup['traffic'];
  monitors(): Rollup['monitors'];
  answers(): Rollup['answers'];
  /** Traffic as experiments look at it; undefined when there was none. */
  pulse(): Pulse | undefined;
  rows(): readonly Omit<PredictionRow, 'replica'>[];
  samples(): readonly KeptRecord[];
  /** Rows that had to be let go since the start. */
  dropped(): number;
}

export interface ReporterState {
  /** Flushes that the store has not taken yet: 0 or 1, for what comes after waits in the measures themselves. */
  readonly waiting: number;
  readonly problem: string | undefined;
  /** Wall milliseconds of the newest flush that is durable. */
  readonly flushedAt: number | undefined;
  readonly sequence: number;
  /** Rows of requests that had to be let go because the store was gone for too long. */
  readonly dropped: number;
}

/** Hands what a replica measured over to the store, in the background; the serving path never waits for it. */
export interface Reporter {
  /** Measures a service from now on; the measure that was there before is drained, not dropped. */
  observe(config: ServiceConfig): Pick<Measure, 'record' | 'see'>;
  /** Hands what monitors count against to the measure of a service. */
  useReferences(service: string, references: readonly MonitorReference[]): readonly string[];
  /** Hands over what there is. Resolves when it is durable, or the store did not take it. */
  flush(): Promise<void>;
  state(): ReporterState;
  /** One last flush, then no more. */
  close(): Promise<void>;
}

interface Pending {
  readonly rollups: readonly RollupRow[];
  readonly rows: readonly PredictionRow[];
  readonly samples: readonly KeptRecord[];
}

/** Rows in one statement: bigger ones hold the store's thread for too long. */
const CHUNK = 1_000;

/**
 * At most one flush is on its way, and it stays as it is until the store has taken it: a repeated one is known by its
 * sequence and counted once. What is measured meanwhile waits in the measures, which are bounded by their own design.
 * @param everyMs between flushes
 */
export function createReporter(parts: {
  readonly replica: string;
  readonly store: Pick<Store, 'rollups' | 'predictions'>;
  readonly host: Host;
  readonly everyMs: number;
  readonly measure: (config: ServiceConfig) => Measure;
  /** How the services stand, sent along where the control plane is another process. */
  readonly status: (() => Promise<readonly ServiceStatus[]>) | undefined;
  /** What the faults in force and the last ones did to a service. */
  readonly faults?: ((service: string) => readonly WireFaultReport[]) | undefined;
  readonly onProblem: (problem: string | undefined) => void;
  /** What the sampler has kept, for whoever exports traces: one decision for both. */
  readonly onSamples?: ((samples: readonly KeptRecord[]) => void) | undefined;
}): Reporter {
  const { replica, store, host, everyMs } = parts;
  const { clock } = host;
  const measures = new Map<string, Measure>();
  let retired: { readonly service: string; readonly measure: Measure; drains: number }[] = [];
  let pending: Pending | undefined;
  let sequence = 0;
  let from = Math.round(clock.wall());
  let flushedAt: number | undefined;
  let problem: string | undefined;
  let flushing: Promise<void> | undefined;
  let closed = false;

  function bodyOf(
    service: string,
    own: readonly Measure[],
    status: ServiceStatus | undefined,
    to: number,
  ): RollupRow {
    const first = own[0];
    const faults = parts.faults?.(service) ?? [];
    const rollup: Rollup & {
      readonly status: ServiceStatus | undefined;
      readonly pulse: Pulse | undefined;
      readonly faults: readonly WireFaultReport[] | undefined;
    } = {
      service,
      replica,
      sequence,
      from,
      to,
      objectives: own.flatMap((measure) => measure.objectives()),
      served: first?.served() ?? {},
      traffic: first?.traffic(to - from),
      answers: first?.answers(),
      monitors: first?.monitors() ?? {},
      status,
      pulse: first?.pulse(),
      faults: faults.length === 0 ? undefined : faults,
    };
    return { replica, sequence, service, from, to, body: rollup };
  }

  async function collect(): Promise<Pending> {
    const statuses = new Map(((await parts.status?.()) ?? []).map((status) => [status.name, status]));
    const to = Math.round(clock.wall());
    sequence += 1;
    const names = new Set([...measures.keys(), ...retired.map(({ service }) => service)]);
    const all: Measure[] = [];
    const rollups = [...names].map((service) => {
      const current = measures.get(service);
      const own = [
        ...(current === undefined ? [] : [current]),
        ...retired.filter((old) => old.service === service).map((old) => old.measure),
      ];
      all.push(...own);
      return bodyOf(service, own, statuses.get(service), to);
    });
    const found = {
      rollups,
      rows: all.flatMap((measure) => measure.rows().map((row) => ({ ...row, replica }))),
      samples: all.flatMap((measure) => measure.samples()),
    };
    parts.onSamples?.(found.samples);
    // A replaced service may still finish requests for a while: its measure is drained some times more.
    for (const old of retired) old.drains += 1;
    retired = retired.filter((old) => old.drains < OLD_DRAINS);
    from = to;
    return found;
  }

  async function hand({ rollups, rows, samples }: Pending): Promise<void> {
    await store.rollups.append(rollups);
    for (let i = 0; i < Math.max(rows.length, samples.length); i += CHUNK) {
      await store.predictions.append(rows.slice(i, i + CHUNK), samples.slice(i, i + CHUNK));
    }
  }

  async function once(): Promise<void> {
    pending ??= await collect();
    try {
      await hand(pending);
      pending = undefined;
      flushedAt = Math.round(clock.wall());
      if (problem !== undefined) parts.onProblem(undefined);
      problem = undefined;
    } catch (error) {
      const words = describeError(error);
      if (problem === undefined) parts.onProblem(words);
      problem = words;
    }
  }

  function flush(): Promise<void> {
    flushing ??= once().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  function again(): void {
    host.timers.after(everyMs, () => {
      if (closed) return;
      void flush().then(again);
    });
  }
  again();

  return {
    observe(config) {
      const old = measures.get(config.name);
      if (old !== undefined) retired.push({ service: config.name, measure: old, drains: 0 });
      const measure = parts.measure(config);
      measures.set(config.name, measure);
      return measure;
    },
    useReferences: (service, references) => measures.get(service)?.useReferences(references) ?? [],
    flush,
    state: () => ({
      waiting: pending === undefined ? 0 : 1,
      problem,
      flushedAt,
      sequence,
      dropped: [...measures.values()].reduce((sum, measure) => sum + measure.dropped(), 0),
    }),
    async close() {
      closed = true;
      await flush();
      // The flush that was on its way may have left without the newest.
      await flush();
    },
  };
}

/** Flushes after which a replaced service has nothing in flight any more: it is closed after a minute. */
const OLD_DRAINS = 90;
