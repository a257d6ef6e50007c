/**
 * Where requests enter the ladder: at the highest rung that can answer, so that no request pays for a rung that is
 * known to be dead. The way down is immediate; the way up is by hysteresis: wait, probe with a share of the traffic,
 * step up after enough probes answered, wait longer after one that did not (SPEC part 5).
 */
export interface RungState {
  readonly name: string;
  /** `ready`: may take all traffic; `probe`: may take a few probes (its breaker is half open); `down`: none. */
  readonly availability: 'ready' | 'probe' | 'down';
  /** Why it is not ready. */
  readonly reason: string;
}

/** Hysteresis on the way up. */
export interface StepUpOptions {
  /** Share of requests that probe the rung above, in (0, 1] (default 0.05). */
  readonly share: number;
  /** Probes that must be answered in a row before all requests return (default 20). */
  readonly successes: number;
  /** Milliseconds to wait after a step down before the first probe (default 5 000). */
  readonly holdMs: number;
  /** A failed probe doubles the wait, up to this (default 120 000). */
  readonly maxHoldMs: number;
}

export const STEP_UP_DEFAULTS: StepUpOptions = {
  share: 0.05,
  successes: 20,
  holdMs: 5_000,
  maxHoldMs: 120_000,
};

/** A probing of one rung above the entry. */
export interface Probing {
  readonly rung: number;
  readonly successes: number;
}

export interface LadderState {
  /** Index of the rung where requests enter; the ladder's length when none can answer. */
  readonly entry: number;
  readonly reason: string;
  /** Monotonic milliseconds of the last change of `entry`. */
  readonly since: number;
  readonly probing: Probing | undefined;
  /** No probing before this time. */
  readonly holdUntil: number;
  /** The wait that the next failed probe, or the next step down, begins with. */
  readonly holdMs: number;
}

export function initialLadder(options: StepUpOptions, now: number): LadderState {
  return { entry: 0, reason: 'ok', since: now, probing: undefined, holdUntil: 0, holdMs: options.holdMs };
}

/** An operator's, a policy's or an incident's word on where requests enter. */
export interface Pin {
  readonly rung: string;
  readonly owner: string;
  readonly reason: string;
}

/** What decides the entry beside the state itself. */
export interface LadderInput {
  readonly rungs: readonly RungState[];
  readonly pin: Pin | undefined;
  /** Rungs that may not be entered at all, with the reason. */
  readonly forbidden: ReadonlyMap<string, string>;
}

function firstFrom(rungs: readonly RungState[], from: number, wanted: (rung: RungState) => boolean): number {
  for (let i = from; i < rungs.length; i++) {
    const rung = rungs[i];
    if (rung !== undefined && wanted(rung)) return i;
  }
  return rungs.length;
}

function whyBelow(input: LadderInput, entry: number, from: number): string {
  const reasons: string[] = [];
  for (let i = from; i < Math.min(entry, input.rungs.length); i++) {
    const rung = input.rungs[i];
    if (rung === undefined) continue;
    const why = input.forbidden.get(rung.name) ?? (rung.availability === 'ready' ? undefined : rung.reason);
    if (why !== undefined) reasons.push(`${rung.name}: ${why}`);
  }
  return reasons.length === 0 ? 'ok' : reasons.join('; ');
}

/**
 * Decides where requests enter from now on. Pure; call it whenever health, a breaker, a pin or the time may have
 * changed it (not necessarily per request).
 */
export function decideEntry(
  state: LadderState,
  input: LadderInput,
  options: StepUpOptions,
  now: number,
): LadderState {
  const { rungs, pin, forbidden } = input;
  const allowed = (rung: RungState): boolean => !forbidden.has(rung.name);
  const pinned = pin === undefined ? -1 : rungs.findIndex((rung) => rung.name === pin.rung);
  const isReady = (rung: RungState): boolean => allowed(rung) && rung.availability === 'ready';

  if (pin !== undefined && pinned >= 0) {
    const ready = firstFrom(rungs, pinned, isReady);
    const below = ready > pinned ? ` (and ${whyBelow(input, ready, pinned)})` : '';
    const reason = `pinned to ${pin.rung} by ${pin.owner}: ${pin.reason}${below}`;
    return moved(state, ready, reason, now, { probing: undefined });
  }

  const ready = firstFrom(rungs, state.entry, isReady);
  if (ready > state.entry) {
    // The entry rung is dead: down at once, and no probing for a while.
    return moved(state, ready, whyBelow(input, ready, 0), now, {
      probing: undefined,
      holdUntil: now + state.holdMs,
    });
  }
  const best = firstFrom(rungs, 0, (rung) => allowed(rung) && rung.availability !== 'down');
  if (best >= state.entry) {
    const holdMs = state.entry === 0 && now - state.since > options.maxHoldMs ? options.holdMs : state.holdMs;
    return moved(state, state.entry, whyBelow(input, state.entry, 0), now, { probing: undefined, holdMs });
  }

  // Something above could answer again.
  if (state.probing !== undefined && state.probing.rung === best) {
    if (state.probing.successes >= options.successes && rungs[best]?.availability === 'ready') {
      return moved(state, best, whyBelow(input, best, 0), now, {
        probing: undefined,
        holdMs: options.holdMs,
      });
    }
    return state;
  }
  if (now < state.holdUntil) {
    const reason = `${rungs[best]?.name} may be back; waiting before it is probed`;
    return moved(state, state.entry, reason, now, { probing: undefined });
  }
  const reason = `${rungs[best]?.name} is probed with ${(options.share * 100).toFixed(0)} % of requests`;
  return moved(state, state.entry, reason, now, { probing: { rung: best, successes: 0 } });
}

function moved(
  state: LadderState,
  entry: number,
  reason: string,
  now: number,
  change: Partial<Pick<LadderState, 'holdUntil' | 'holdMs'>> & { probing: Probing | undefined },
): LadderState {
  if (
    entry === state.entry &&
    reason === state.reason &&
    change.probing === state.probing &&
    (change.holdUntil ?? state.holdUntil) === state.holdUntil &&
    (change.holdMs ?? state.holdMs) === state.holdMs
  ) {
    return state;
  }
  return {
    entry,
    reason,
    since: entry === state.entry ? state.since : now,
    probing: change.probing,
    holdUntil: change.holdUntil ?? state.holdUntil,
    holdMs: change.holdMs ?? state.holdMs,
  };
}

/** Takes the result of one probe into account; a probe of a rung no longer probed changes nothing. */
export function observeProbe(
  state: LadderState,
  rung: number,
  answered: boolean,
  options: StepUpOptions,
  now: number,
): LadderState {
  if (state.probing === undefined || state.probing.rung !== rung) return state;
  if (answered) return { ...state, probing: { rung, successes: state.probing.successes + 1 } };
  const holdMs = Math.min(state.holdMs * 2, options.maxHoldMs);
  return { ...state, probing: undefined, holdUntil: now + state.holdMs, holdMs };
}
