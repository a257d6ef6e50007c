import type { GateSnapshot } from '../admission/gate.ts';
import type { BreakerSnapshot } from '../degradation/breaker.ts';
import type { DegradationLevel, ServedLevel } from '../kernel/level.ts';
import type { RequestRecord, StepOutcome } from '../telemetry/record.ts';
import type { Directive, Order } from './directives.ts';
import type { Figures } from './figures.ts';

/** One rung as it stands now. */
export interface RungStatus {
  readonly name: string;
  readonly level: DegradationLevel;
  readonly qualityImpact: string;
  readonly budgetMs: number;
  readonly availability: 'ready' | 'probe' | 'down' | 'forbidden';
  readonly reason: string;
  readonly breaker: BreakerSnapshot | undefined;
  readonly gate: GateSnapshot | undefined;
  readonly counts: Readonly<Record<StepOutcome, number>> | undefined;
}

/** Health of something that rungs depend on. */
export interface ComponentStatus {
  readonly name: string;
  readonly up: boolean;
  readonly reason: string;
  /** What the component says of itself (a worker's restarts, a cache's size). */
  readonly details: Readonly<Record<string, unknown>>;
}

/** One service as it stands now, at one replica. */
export interface ServiceStatus {
  readonly name: string;
  readonly type: string;
  readonly owner: string;
  readonly deadlineMs: number;
  /** Level at which requests enter now. */
  readonly level: ServedLevel;
  readonly entry: string;
  readonly reason: string;
  /** Milliseconds since requests enter there. */
  readonly sinceMs: number;
  readonly probing:
    | { readonly rung: string; readonly successes: number; readonly needed: number }
    | undefined;
  readonly rungs: readonly RungStatus[];
  readonly gate: GateSnapshot | undefined;
  readonly components: readonly ComponentStatus[];
  readonly figures: Figures;
  readonly directives: readonly Directive[];
  /** The file it runs from; `problem` when a newer version of the file was refused. */
  readonly file: { readonly path: string; readonly loadedAt: number; readonly problem: string | undefined };
}

/** Which records are wanted; all conditions must hold. */
export interface RecordFilter {
  readonly service?: string | undefined;
  readonly level?: ServedLevel | undefined;
  readonly traceId?: string | undefined;
  readonly limit: number;
}

/**
 * The one link between a replica and the control plane. In one process it is a function call; it is asynchronous
 * because its other carriers (worker messages, the store) are.
 */
export interface ReplicaLink {
  services(): Promise<readonly ServiceStatus[]>;
  service(name: string): Promise<ServiceStatus | undefined>;
  request(id: string): Promise<RequestRecord | undefined>;
  /** Newest first. */
  requests(filter: RecordFilter): Promise<readonly RequestRecord[]>;
  directives(): Promise<readonly Directive[]>;
  /** @throws EvenkeelError unknown_service, or bad_request when the order names what the service has not */
  direct(
    order: {
      readonly service: string;
      readonly order: Order;
      readonly owner: string;
      readonly reason: string;
    },
    leaseMs: number,
  ): Promise<Directive>;
  /** False when it was not in force. */
  lift(id: string): Promise<boolean>;
}
