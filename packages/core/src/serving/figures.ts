import type { ServedLevel } from '../kernel/level.ts';
import type { StepOutcome } from '../telemetry/record.ts';

/** Counts since the start of the replica. Live requests only: shadows and chaos traffic are kept apart. */
export interface Figures {
  requests: number;
  inFlight: number;
  /** Finished requests by the level that they were served at. */
  readonly served: Record<ServedLevel, number>;
  /** Refused requests by error code. */
  readonly refused: Record<string, number>;
  readonly rungs: Record<string, Record<StepOutcome, number>>;
  /** Probes of rungs above the entry. */
  probes: number;
}

export function newFigures(rungs: readonly string[]): Figures {
  const steps: Record<string, Record<StepOutcome, number>> = {};
  for (const rung of rungs) {
    steps[rung] = { answered: 0, skipped: 0, full: 0, failed: 0, timed_out: 0, unsafe: 0 };
  }
  return {
    requests: 0,
    inFlight: 0,
    served: {
      full_service: 0,
      cached_features: 0,
      simpler_model: 0,
      rule_based: 0,
      static_fallback: 0,
      failed: 0,
    },
    refused: {},
    rungs: steps,
    probes: 0,
  };
}
