import type { Clock } from '../kernel/clock.ts';
import { listeners, type Unsubscribe } from '../kernel/listeners.ts';
import type { Random } from '../kernel/random.ts';
import { type BreakerOptions, breakerSettings } from './breaker-options.ts';
import { type BreakerRecord, parseBreakerRecord } from './breaker-record.ts';
import { failureWindow, type WindowFigures } from './breaker-window.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerEvent {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: string;
  /** Wall milliseconds. */
  readonly at: number;
}

export interface BreakerSnapshot {
  readonly state: BreakerState;
  /** Set by hand until `auto()`. */
  readonly manual: 'none' | 'open' | 'closed';
  readonly reason: string;
  /** Milliseconds in this state. */
  readonly forMs: number;
  /** Milliseconds until it may be probed; 0 unless it is open. */
  readonly retryInMs: number;
  readonly window: WindowFigures;
  readonly probesOut: number;
  readonly probesDone: number;
  /** Votes that came after the state they belonged to had ended, and were not counted. */
  readonly late: number;
  readonly refused: number;
}

/**
 * A circuit breaker. Permits are plain numbers that carry the generation of the state they were given in: a result that
 * arrives after that state has ended changes nothing (as in sony/gobreaker). Time is read when asked, there are no timers.
 */
export interface Breaker {
  /** Whether votes are to bring how long the call took: it counts slow calls. */
  readonly measures?: boolean;
  /** A permit over 0, or 0: refused. Never throws, allocates nothing. Each permit is handed back exactly once. */
  tryAcquire(): number;
  /** @param now monotonic milliseconds, where the caller has just read them: it saves reading them again */
  success(permit: number, durationMs?: number, now?: number): void;
  failure(permit: number, durationMs?: number, now?: number): void;
  /** Gives the permit, and its probe, back without a vote: the caller left, or the fault was the caller's. */
  release(permit: number): void;
  /** Whether a call would be let through now. Changes nothing. */
  admits(): 'yes' | 'probe' | 'no';
  snapshot(): BreakerSnapshot;
  /** Opens it by hand until `close` or `auto`. */
  open(reason: string): void;
  /** Holds it closed by hand, whatever fails, until `open` or `auto`. */
  close(reason: string): void;
  /** Ends manual control: what was held open is probed first, what was held closed starts with nothing counted. */
  auto(): void;
  /** What outlives a restart: state, manual control, recovery. What a closed breaker has counted does not. */
  toJSON(): BreakerRecord;
  on(listener: (event: BreakerEvent) => void): Unsubscribe;
}

/** How long a closed breaker must stay closed until the recovery time is the first one again, in recovery times. */
const FORGIVEN_AFTER = 2;

/**
 * @param host `restored`: what `toJSON` gave in an earlier life
 * @throws EvenkeelError config_invalid for options out of range or a stored state that is not one
 */
export function createBreaker(
  options: BreakerOptions,
  host: { readonly clock: Clock; readonly random: Random; readonly restored?: unknown },
): Breaker {
  const settings = breakerSettings(options);
  const { clock, random } = host;
  const { slow, probes } = settings;
  const slowOver = slow?.overMs ?? Number.POSITIVE_INFINITY;
  // Without a window there is no share of slow calls to judge: each is a failure.
  const slowRate = 'failures' in settings.policy ? undefined : slow?.rate;
  const slowFails = slowRate === undefined;
  const window = failureWindow(settings);
  const { timed } = window;
  const events = listeners<BreakerEvent>();

  let state: BreakerState = 'closed';
  let manual: 'none' | 'open' | 'closed' = 'none';
  let reason = 'new';
  /** Grows with every transition; a permit is the generation it was given in. */
  let generation = 1;
  /** The generation while it is closed, otherwise -1: what the hot path compares and nothing else. */
  let closed = 1;
  let since = clock.now();
  let retryAt = 0;
  let recoveryMs = settings.recoveryMs;
  let probesOut = 0;
  let probesDone = 0;
  let probesSlow = 0;
  /** When the last probe was let through. */
  let probedAt = 0;
  let late = 0;
  let refused = 0;

  function become(next: BreakerState, why: string): void {
    const from = state;
    state = next;
    reason = why;
    generation += 1;
    closed = next === 'closed' ? generation : -1;
    since = clock.now();
    probesOut = 0;
    probesDone = 0;
    probesSlow = 0;
    window.clear();
    if (events.size() > 0) events.emit({ from, to: next, reason: why, at: clock.wall() });
  }

  function trip(why: string): void {
    const wait = recoveryMs * (1 + settings.jitter * (2 * random() - 1));
    // Before the transition: its listeners may look.
    retryAt = clock.now() + Math.min(wait, settings.maxRecoveryMs);
    become('open', why);
  }

  function tripAgain(why: string): void {
    recoveryMs = Math.min(recoveryMs * settings.growth, settings.maxRecoveryMs);
    trip(why);
  }

  /** Half-open probes that never came back are given up. Half open again, as a new generation. */
  function renewProbes(now: number): void {
    if (now - probedAt < settings.maxHalfOpenMs) return;
    const lost = `${probesOut} ${probesOut === 1 ? 'probe' : 'probes'} did not come back`;
    become('half_open', `${lost} within ${settings.maxHalfOpenMs} ms; probing anew`);
  }

  function tryAcquire(): number {
    if (closed > 0) return closed;
    if (manual === 'none') {
      const now = clock.now();
      if (state === 'open') {
        if (now >= retryAt) become('half_open', 'the recovery time is over; probing');
      } else if (probesOut + probesDone >= probes) renewProbes(now);
      if (state === 'half_open' && probesOut + probesDone < probes) {
        probesOut += 1;
        probedAt = now;
        return generation;
      }
    }
    refused += 1;
    return 0;
  }

  function vote(permit: number, failed: boolean, durationMs: number, at: number | undefined): void {
    if (permit !== generation) {
      late += 1;
      return;
    }
    const isSlow = durationMs > slowOver;
    const bad = failed || (isSlow && slowFails);
    if (state === 'closed') {
      const why = window.record(bad, isSlow, timed ? (at ?? clock.now()) : 0);
      if (why !== undefined && manual === 'none') {
        if (clock.now() - since > FORGIVEN_AFTER * recoveryMs) recoveryMs = settings.recoveryMs;
        trip(why);
      }
      return;
    }
    if (state !== 'half_open' || probesOut === 0) return;
    probesOut -= 1;
    if (bad) {
      tripAgain(failed ? 'a probe failed' : `a probe took ${Math.round(durationMs)} ms, over ${slowOver} ms`);
      return;
    }
    probesDone += 1;
    if (isSlow) probesSlow += 1;
    if (probesDone < probes) return;
    if (slowRate !== undefined && probesSlow > 0 && probesSlow >= slowRate * probes) {
      tripAgain(`${probesSlow} of ${probes} probes took over ${slowOver} ms`);
    } else become('closed', `${probes} of ${probes} probes succeeded`);
  }

  function words(now: number): string {
    if (manual !== 'none') return reason;
    if (state === 'open') {
      const left = Math.max(0, retryAt - now);
      return `open: ${reason}; ${left > 0 ? `probed in ${(left / 1000).toFixed(1)} s` : 'due to be probed'}`;
    }
    if (state === 'half_open')
      return `half open: ${probesOut} of ${probes} probes are out, ${probesDone} succeeded`;
    return `closed: ${window.words(now)}`;
  }

  if (host.restored !== undefined) {
    const record = parseBreakerRecord(host.restored);
    state = record.state;
    closed = state === 'closed' ? generation : -1;
    manual = record.manual;
    reason = record.reason;
    recoveryMs = Math.min(Math.max(record.recoveryMs, settings.recoveryMs), settings.maxRecoveryMs);
    // Never later than a whole recovery from now: the wall clock may have been set meanwhile.
    const waitMs = Math.min(Math.max(0, (record.retryAt ?? 0) - clock.wall()), settings.maxRecoveryMs);
    retryAt = clock.now() + waitMs;
  }

  return {
    measures: slow !== undefined,
    tryAcquire,
    success(permit, durationMs = 0, now = undefined) {
      if (permit === closed && !(durationMs > slowOver)) window.succeeded(timed ? (now ?? clock.now()) : 0);
      else vote(permit, false, durationMs, now);
    },
    failure: (permit, durationMs = 0, now = undefined) => vote(permit, true, durationMs, now),
    release(permit) {
      if (permit !== generation) late += 1;
      else if (state === 'half_open' && probesOut > 0) probesOut -= 1;
    },
    admits() {
      if (state === 'closed') return 'yes';
      if (manual !== 'none') return 'no';
      const now = clock.now();
      if (state === 'open') return now >= retryAt ? 'probe' : 'no';
      return probesOut + probesDone < probes || now - probedAt >= settings.maxHalfOpenMs ? 'probe' : 'no';
    },
    snapshot() {
      const now = clock.now();
      return {
        state,
        manual,
        reason: words(now),
        forMs: now - since,
        retryInMs: state === 'open' && manual === 'none' ? Math.max(0, retryAt - now) : 0,
        window: window.figures(now),
        probesOut,
        probesDone,
        late,
        refused,
      };
    },
    open(why) {
      manual = 'open';
      become('open', `opened by hand: ${why}`);
    },
    close(why) {
      manual = 'closed';
      become('closed', `held closed by hand: ${why}`);
    },
    auto() {
      if (manual === 'none') return;
      manual = 'none';
      recoveryMs = settings.recoveryMs;
      become(state === 'open' ? 'half_open' : 'closed', 'manual control has ended');
    },
    toJSON: () => ({
      version: 1,
      state,
      manual,
      reason,
      retryAt: state === 'open' ? clock.wall() + Math.max(0, retryAt - clock.now()) : undefined,
      recoveryMs,
    }),
    on: events.on,
  };
}
