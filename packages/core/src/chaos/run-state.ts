import type { Order } from '../serving/directives.ts';
import type { CheckResult } from './expectations.ts';
import type { Activity } from './experiment.ts';
import type { Observation, WindowFigures } from './observation.ts';
import type { SafetySettings } from './safety-checks.ts';
import type { ToleranceResult } from './tolerance.ts';

/**
 * Where a run stands. `checking`: may it start? `baseline`: the steady state before. `method`: faults are in force. `undoing`:
 * they are lifted, and seen to be gone. `recovering`: the steady state after. `done`.
 */
export type Phase = 'checking' | 'baseline' | 'method' | 'undoing' | 'recovering' | 'done';

/**
 * `completed`: it ran, and everything expected was seen. `failed`: something expected was not. `aborted`: not started, or
 * stopped for safety or by a person. `interrupted`: whoever ran it died. `inconclusive`: not enough was seen to say.
 */
export type RunStatus = 'completed' | 'failed' | 'aborted' | 'interrupted' | 'inconclusive';

/** One thing that happened, for people and for the record. */
export interface JournalEntry {
  /** Wall milliseconds. */
  readonly at: number;
  /** Milliseconds since the start, by a clock that does not jump. */
  readonly elapsedMs: number;
  readonly phase: Phase;
  readonly what: string;
  readonly reason: string;
}

/** A fault of the run and what is known of it. */
export interface Injection {
  readonly step: number;
  readonly directive: string;
  readonly state: 'ordered' | 'in_force' | 'lifting' | 'lifted';
  /** Milliseconds since the start when it was last ordered or renewed. */
  readonly orderedAt: number;
  /** Milliseconds since the start when lifting it was last asked for. */
  readonly liftAskedAt: number;
}

/** An activity of the run: asked for, and what came of it. */
export interface ActivityRun {
  readonly key: string;
  readonly activity: Activity;
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed';
  readonly output: unknown;
  readonly reason: string;
  /** Wall milliseconds; 0 while it has not begun, or not ended. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Milliseconds since the start of the run: when its turn came, and when it was done. */
  readonly turnAt: number;
  readonly doneAt: number;
}

export interface SteadyProbe extends ToleranceResult {
  readonly name: string;
  readonly value: unknown;
}

export interface SteadyState {
  readonly met: boolean | undefined;
  readonly probes: readonly SteadyProbe[];
}

/** A run as a value: plain JSON, kept whole after each step. */
export interface RunState {
  readonly id: string;
  readonly experiment: string;
  readonly service: string;
  readonly by: string;
  readonly phase: Phase;
  readonly status: RunStatus | undefined;
  /** Why it has the status; the first counts. */
  readonly reason: string;
  /** Whether a fault was ever ordered. */
  readonly ran: boolean;
  /** Wall milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** Wall milliseconds of the first injection; 0 before. */
  readonly injectedAt: number;
  /** The same on the scale of `elapsedMs`. */
  readonly injectedElapsedMs: number;
  /** Milliseconds since the start, and when the phase began on that scale. */
  readonly elapsedMs: number;
  readonly phaseAt: number;
  readonly clock: { readonly mono: number; readonly wall: number; readonly boot: string };
  readonly settings: SafetySettings;
  readonly before: Observation | undefined;
  readonly baseline: WindowFigures | undefined;
  readonly during: Observation | undefined;
  readonly latest: Observation | undefined;
  /** On the scale of `elapsedMs`. */
  readonly latestAt: number;
  readonly askedAt: number;
  readonly injections: readonly Injection[];
  readonly activities: readonly ActivityRun[];
  readonly steady: {
    readonly before: SteadyState | undefined;
    readonly during: SteadyState | undefined;
    readonly after: SteadyState | undefined;
  };
  /** Set when the undoing begins for another reason than that the time is up. */
  readonly stopped:
    | { readonly status: 'aborted' | 'interrupted' | 'failed'; readonly reason: string }
    | undefined;
  readonly checks: readonly CheckResult[];
  readonly recommendation: string;
  readonly journal: readonly JournalEntry[];
  /** Entries that the bounded journal has let go. */
  readonly dropped: number;
}

/** What the loop reports to a run. */
export type RunEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'observed'; readonly seen: Observation }
  | { readonly kind: 'injected'; readonly directive: string; readonly ok: boolean; readonly reason: string }
  | { readonly kind: 'lifted'; readonly directive: string; readonly ok: boolean; readonly reason: string }
  | {
      readonly kind: 'activity_done';
      readonly key: string;
      readonly ok: boolean;
      readonly output: unknown;
      readonly reason: string;
    }
  /** Somebody, or something, wants it stopped now. */
  | { readonly kind: 'halt'; readonly by: string; readonly reason: string }
  /** The process that ran it is gone, and another has read the state. */
  | { readonly kind: 'resumed' };

/** What the loop shall do, after it has kept the state. Each may be done twice without harm. */
export type RunEffect =
  /** Look at the service; figures of the window in milliseconds up to now. */
  | { readonly kind: 'observe'; readonly windowMs: number }
  /** Order or renew a fault; the id is ours, and the same again renews. */
  | {
      readonly kind: 'inject';
      readonly directive: string;
      readonly order: Order;
      readonly leaseMs: number;
      readonly owner: string;
      readonly reason: string;
    }
  | { readonly kind: 'lift'; readonly directive: string }
  | { readonly kind: 'run'; readonly key: string; readonly activity: Activity }
  /** Open an incident: something is left that people must look at. */
  | { readonly kind: 'raise'; readonly what: string; readonly reason: string }
  /** The run is over. */
  | { readonly kind: 'finished'; readonly status: RunStatus; readonly reason: string };

export interface RunStep {
  readonly state: RunState;
  readonly effects: readonly RunEffect[];
  /** What was decided in this step, in words; what the journal got. */
  readonly reasons: readonly string[];
}

/** A time before every run. Finite, because a state is JSON. */
export const NEVER = -1e12;

/** Now, on both clocks; `boot` names the life of the process, because a monotonic clock starts anew with it. */
export interface RunClock {
  readonly mono: number;
  readonly wall: number;
  readonly boot: string;
}
