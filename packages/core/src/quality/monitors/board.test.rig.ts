import { type Random, seededRandom } from '../../kernel/random.ts';
import { loadReference } from '../reference-record.ts';
import type { MonitorBoard, MonitorEvent } from './board.ts';
import type { MonitorDefinition } from './definition.ts';
import { createMonitor, type Monitor } from './recorder.ts';

export interface Row {
  readonly amount?: unknown;
  readonly confidence?: unknown;
  readonly country?: unknown;
  readonly segment?: string | undefined;
}

export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const READ: Readonly<Record<string, (row: Row) => unknown>> = {
  amount: (row) => row.amount,
  confidence: (row) => row.confidence,
  country: (row) => row.country,
};

/** Replicas that serve in turn, and the board that hears of them every so many events; through JSON, as it is in life. */
export class Estate {
  readonly replicas: readonly (readonly Monitor<Row>[])[];
  readonly events: MonitorEvent[] = [];
  board: MonitorBoard;
  now: number;
  #turn = 0;

  constructor(
    board: MonitorBoard,
    definitions: readonly MonitorDefinition[],
    replicas = 4,
    now = 1_700_000_000_000,
  ) {
    this.board = board;
    this.now = now;
    this.replicas = Array.from({ length: replicas }, () =>
      definitions.map((definition) => {
        const value = READ[definition.name];
        if (value === undefined) throw new Error(`nothing to read for ${definition.name}`);
        return createMonitor<Row>(definition, { value, segment: (row) => row.segment });
      }),
    );
    this.spread();
  }

  serve(row: Row): void {
    for (const monitor of this.replicas[this.#turn++ % this.replicas.length] ?? []) monitor.observe(row);
  }

  /** @param rows that come in this period @param ms that it lasts */
  period(rows: Iterable<Row>, ms = 10_000): readonly MonitorEvent[] {
    for (const row of rows) this.serve(row);
    this.now += ms;
    const rollups = this.replicas.map((monitors) =>
      Object.fromEntries(
        monitors.flatMap((monitor) => {
          const delta = monitor.take();
          return delta === undefined ? [] : [[monitor.definition.name, delta]];
        }),
      ),
    );
    const events = this.board.apply(JSON.parse(JSON.stringify(rollups)), this.now);
    this.events.push(...events);
    if (events.some((event) => event.type === 'baseline')) this.spread();
    return events;
  }

  /** Tells the replicas what they count against. */
  spread(): void {
    for (const { monitor, segment, reference } of this.board.references()) {
      const loaded = loadReference(JSON.parse(JSON.stringify(reference)));
      for (const replica of this.replicas) {
        replica.find((m) => m.definition.name === monitor)?.useBaseline(segment, loaded);
      }
    }
  }

  types(monitor?: string): string[] {
    return this.events
      .filter((e) => monitor === undefined || e.report.monitor === monitor)
      .map((e) => e.type);
  }
}

export function rows(seed: number, n: number, make: (random: Random, i: number) => Row): Row[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => make(random, i));
}
