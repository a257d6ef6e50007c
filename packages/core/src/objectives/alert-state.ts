import type { AlertStanding } from './status.ts';

/** One alert of one objective and segment over time. */
export interface AlertState {
  readonly state: 'resolved' | 'firing';
  /** When it began to fire, wall milliseconds; undefined while resolved. */
  readonly firedAt: number | undefined;
  /** Highest burn rate of the long window while firing. */
  readonly peakBurn: number;
  /** It would end, but there are no events to tell recovery by. */
  readonly held: boolean;
  /** Since when its condition has not held; undefined while it does. */
  readonly quietSince: number | undefined;
}

export const RESOLVED: AlertState = {
  state: 'resolved',
  firedAt: undefined,
  peakBurn: 0,
  held: false,
  quietSince: undefined,
};

/** The condition has to stay away for this long, in milliseconds: a burn that sways around its factor is one alert, not twenty. */
export const QUIET_MS = 60_000;

/** What is written down; entries are added and never changed or taken away. */
export type AlertLogEntry =
  | {
      readonly kind: 'fired';
      readonly at: number;
      readonly reason: string;
      readonly burn: number | undefined;
    }
  | {
      readonly kind: 'resolved';
      readonly at: number;
      readonly firedAt: number;
      readonly reason: string;
      readonly peakBurn: number;
    }
  /** Counts that came late tell another story of the past. What fired, fired. */
  | {
      readonly kind: 'restated';
      readonly at: number;
      /** The instant that is spoken of. */
      readonly about: number;
      readonly fired: boolean;
      readonly wouldHaveFired: boolean;
      readonly reason: string;
    };

/**
 * One look at an alert. It begins when its condition holds. It ends when the condition has not held for {@link QUIET_MS}, except that a
 * short window without events ends nothing while the long one still burns: an outage that stops the traffic is not over
 * because nothing fails any more.
 * @param reason words for the log; only asked for when something is written
 */
export function observeAlert(
  state: AlertState,
  standing: AlertStanding,
  at: number,
  reason: () => string,
): { readonly state: AlertState; readonly entry: AlertLogEntry | undefined } {
  const burn = standing.longBurn;
  if (state.state === 'resolved') {
    if (!standing.firing) return { state, entry: undefined };
    return {
      state: { state: 'firing', firedAt: at, peakBurn: burn ?? 0, held: false, quietSince: undefined },
      entry: { kind: 'fired', at, reason: reason(), burn },
    };
  }
  const peakBurn = Math.max(state.peakBurn, burn ?? 0);
  const held = !standing.firing && isSilent(standing);
  if (standing.firing || held) {
    const same = peakBurn === state.peakBurn && held === state.held && state.quietSince === undefined;
    return { state: same ? state : { ...state, peakBurn, held, quietSince: undefined }, entry: undefined };
  }
  const quietSince = state.quietSince ?? at;
  if (at - quietSince < QUIET_MS)
    return { state: { ...state, peakBurn, held: false, quietSince }, entry: undefined };
  return {
    state: RESOLVED,
    entry: { kind: 'resolved', at, firedAt: state.firedAt ?? at, reason: reason(), peakBurn },
  };
}

/** The long window burns on, the short one has seen nothing. */
function isSilent(standing: AlertStanding): boolean {
  const { cause, longBurn, shortTotal, factor } = standing;
  return cause === 'no_events' && shortTotal <= 0 && longBurn !== undefined && longBurn > factor;
}

/**
 * What late counts say about an alert at an instant of the past: an entry when they say something else than what
 * happened. Nothing is un-fired, and nothing fires in hindsight.
 * @param log entries of this alert, in the order of their times
 * @param about the instant that the standing was computed for
 */
export function restateAlert(
  log: readonly AlertLogEntry[],
  standing: AlertStanding,
  about: number,
  at: number,
  reason: string,
): AlertLogEntry | undefined {
  const fired = wasFiring(log, about);
  if (fired === standing.firing) return undefined;
  const told = log.findLast((entry) => entry.kind === 'restated' && entry.about === about);
  if (told?.kind === 'restated' && told.wouldHaveFired === standing.firing) return undefined;
  return { kind: 'restated', at, about, fired, wouldHaveFired: standing.firing, reason };
}

/** Whether an alert was firing at an instant, by its log. */
export function wasFiring(log: readonly AlertLogEntry[], at: number): boolean {
  const last = log.findLast((entry) => entry.kind !== 'restated' && entry.at <= at);
  return last?.kind === 'fired';
}
