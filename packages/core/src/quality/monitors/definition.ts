import { EvenkeelError } from '../../kernel/errors.ts';
import type { MonitorRole } from '../what-moved.ts';

/** Where a monitor's baseline comes from. */
export type BaselineRule =
  /** The first traffic, and it stays until somebody sets another one. */
  | { readonly kind: 'learned' }
  /** Handed over (a file, a training run); until then there is none. */
  | { readonly kind: 'given' }
  /** The first traffic, then the last so many days, renewed every day. Slow drift is followed, not found. */
  | { readonly kind: 'rolling'; readonly days: number }
  /** Each hour of the week compared with itself, half of its weight renewed in so many weeks: an ordinary Monday is not drift. */
  | { readonly kind: 'seasonal'; readonly weeks: number };

export interface MonitorDefinition {
  /** Unique in its service. */
  readonly name: string;
  readonly role: MonitorRole;
  readonly kind: 'numeric' | 'categorical';
  /** Which way is worse: a change the other way is said, but is no violation. `any`: every change is. */
  readonly worse: 'any' | 'higher' | 'lower';
  readonly baseline: BaselineRule;
  /** A baseline is learned from at least so many values over at least so many milliseconds. */
  readonly learn: { readonly values: number; readonly forMs: number };
  /** Values within `maxAgeMs` below which nothing is said. */
  readonly minimum: number;
  /** Values older than this no longer count; when all are, there is no data. */
  readonly maxAgeMs: number;
  /** Parts of the traffic with a baseline and a detector of their own, at most; 0 for none. */
  readonly maxSegments: number;
}

/** What is used where a definition says nothing. */
export const MONITOR_DEFAULTS: Omit<MonitorDefinition, 'name' | 'role' | 'kind'> = {
  worse: 'any',
  baseline: { kind: 'learned' },
  learn: { values: 1000, forMs: 10 * 60_000 },
  minimum: 100,
  maxAgeMs: 60 * 60_000,
  maxSegments: 0,
};

/** Most values a baseline is learned from: enough for every bin, and little to keep. */
export const MOST_LEARNED = 10_000;

/** @throws EvenkeelError `bad_request` that names the monitor and what is wrong with it */
export function defineMonitor(
  given: Pick<MonitorDefinition, 'name' | 'role' | 'kind'> & Partial<MonitorDefinition>,
): MonitorDefinition {
  const definition: MonitorDefinition = { ...MONITOR_DEFAULTS, ...given };
  const { name, learn, minimum, maxAgeMs, maxSegments, baseline } = definition;
  const refuse = (what: string): never => {
    throw new EvenkeelError('bad_request', `The monitor "${name}": ${what}.`);
  };
  if (name === '' || name.length > 200) refuse('its name must have 1 to 200 characters');
  if (!(learn.values >= 100 && learn.values <= MOST_LEARNED) || !(learn.forMs >= 0)) {
    refuse(`it must learn from 100 to ${MOST_LEARNED} values, over 0 ms or more`);
  }
  if (!(minimum >= 1)) refuse('minimum must be at least 1');
  if (!(maxAgeMs >= 1000)) refuse('maxAgeMs must be at least a second');
  if (!(maxSegments >= 0 && maxSegments <= 100)) refuse('maxSegments must be 0 to 100');
  if (baseline.kind === 'rolling' && !(baseline.days >= 1 && baseline.days <= 90))
    refuse('days must be 1 to 90');
  if (baseline.kind === 'seasonal' && !(baseline.weeks >= 1 && baseline.weeks <= 52))
    refuse('weeks must be 1 to 52');
  return definition;
}

/**
 * The monitors that every service has without asking: score, confidence, label and level of its answers. Inputs are added by name as the service knows them.
 * @param inputs numeric features
 */
export function defaultMonitors(inputs: readonly string[] = []): MonitorDefinition[] {
  return [
    ...inputs.map((name) => defineMonitor({ name: `feature:${name}`, role: 'input', kind: 'numeric' })),
    defineMonitor({ name: 'score', role: 'prediction', kind: 'numeric' }),
    defineMonitor({ name: 'label', role: 'prediction', kind: 'categorical' }),
    defineMonitor({ name: 'level', role: 'prediction', kind: 'categorical' }),
    defineMonitor({ name: 'confidence', role: 'confidence', kind: 'numeric', worse: 'lower' }),
  ];
}
