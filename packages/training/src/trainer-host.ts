import type { Usage } from './processes.ts';
import type { TrainerEvent, TrainerOrders } from './protocol.ts';

/** Where a trainer's output goes. */
export interface TrainerSink {
  event(event: TrainerEvent): void;
  /** An event that breaks the protocol: line number (0 in process), why, and the beginning of the line. */
  violation(line: number, reason: string, text: string): void;
  /** Log text, of either stream. */
  text(text: string): void;
}

export interface TrainerEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** A running trainer, in whatever shape. */
export interface TrainerHandle {
  /** Undefined in process. */
  readonly pid: number | undefined;
  readonly startTicks: number | undefined;
  /** Asks it to save and stop. */
  terminate(): void;
  /** Ends it and everything it started, at once. */
  kill(): void;
  /** Resolves when it is gone and all of its output has been given to the sink; never rejects. */
  readonly ended: Promise<TrainerEnd>;
  /** Undefined where it cannot be told. */
  usage(): Usage | undefined;
}

export interface TrainerHost {
  /** Command and arguments, or the trainer's name: for the record. */
  readonly trainer: readonly string[];
  start(orders: TrainerOrders, sink: TrainerSink, mark: string): TrainerHandle;
  /** Ends what an earlier supervisor of this run left running. */
  clear(run: string, graceMs: number): Promise<readonly string[]>;
}
