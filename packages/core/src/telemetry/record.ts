import type { ErrorCode } from '../kernel/errors.ts';
import type { Priority, ServedLevel } from '../kernel/level.ts';
import type { TraceContext } from './trace-context.ts';

/** What became of one rung for one request. */
export type StepOutcome =
  | 'answered'
  /** Not tried: a dependency or breaker is down, features are missing, or it was tried already. */
  | 'skipped'
  /** Its gate had no room for a request of this class. */
  | 'full'
  /** Tried, and answered with an error or something malformed. */
  | 'failed'
  /** Tried, and its share of the deadline ran out. */
  | 'timed_out'
  /** Its answer was turned down by the output safety check. */
  | 'unsafe';

/** One step down (or the last, answering one), with the reason kept. */
export interface Step {
  readonly rung: string;
  readonly level: ServedLevel;
  readonly outcome: StepOutcome;
  readonly reason: string;
  /** Milliseconds from the start of the request to the start of this step. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** How the features of one request were had. */
export interface FeatureStep {
  readonly source: 'online' | 'cache' | 'batch' | 'none';
  readonly reason: string;
  readonly ageMs: number | undefined;
  readonly missing: readonly string[];
  readonly durationMs: number;
}

/** What the output safety check said. */
export interface SafetyStep {
  readonly verdict: 'allow' | 'block' | 'replace' | 'hold';
  readonly reason: string;
  readonly durationMs: number;
}

/** The one record of a request: what happened at each layer, and why (SPEC parts 15 and 16). */
export interface RequestRecord {
  readonly id: string;
  readonly traceId: string | undefined;
  /** What the caller said of its trace, where it said anything. */
  readonly trace?: TraceContext | undefined;
  readonly service: string;
  readonly kind: 'live' | 'shadow' | 'chaos';
  /** What was asked for, where the protocol says so. */
  readonly operation?: 'chat' | 'embeddings' | 'infer' | 'predict' | undefined;
  /** Wall milliseconds at arrival. */
  readonly at: number;
  readonly durationMs: number;
  /** Milliseconds to the first chunk, for streams. */
  readonly firstChunkMs: number | undefined;
  /** The longest and the mean wait for the next chunk of a stream, in milliseconds; see {@link StreamGaps}. */
  readonly maxGapMs?: number | undefined;
  readonly meanGapMs?: number | undefined;
  readonly tenant: string;
  readonly user: string;
  readonly priority: Priority;
  readonly level: ServedLevel;
  readonly rung: string | undefined;
  readonly model: string | undefined;
  readonly version: string | undefined;
  readonly confidence: number | undefined;
  readonly score: number | undefined;
  readonly label: string | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly status: number;
  readonly error: ErrorCode | undefined;
  /** Why the answer is not full service, or why there is none; `ok` otherwise. */
  readonly reason: string;
  /** Where the request entered the ladder, and why there. */
  readonly entry: string;
  readonly entryReason: string;
  readonly features: FeatureStep | undefined;
  readonly safety: SafetyStep | undefined;
  readonly steps: readonly Step[];
  /** What came in and went out: only where keeping payloads is switched on, and then redacted and cut already. */
  readonly payload?: { readonly input: unknown; readonly output: unknown } | undefined;
}
