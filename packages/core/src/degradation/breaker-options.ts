import { EvenkeelError } from '../kernel/errors.ts';

/** When calls that took long count against the model. */
export interface SlowCalls {
  /** Milliseconds over which a call is slow. */
  readonly overMs: number;
  /**
   * Share of slow calls in the window, in (0, 1], that opens the breaker. Left out, every slow call is a failure; it
   * always is where the policy counts failures and has no window.
   */
  readonly rate?: number | undefined;
}

/** What opens a closed breaker. */
export type BreakerPolicy =
  /** The reference's count: a failure adds one, a success takes one back. */
  | { readonly kind: 'reference'; readonly failures: number }
  /** So many failures with no success between them. */
  | { readonly kind: 'consecutive'; readonly failures: number }
  /** A share of failures among the last `size` calls. */
  | { readonly kind: 'count'; readonly size: number; readonly rate: number; readonly minimum: number }
  /** A share of failures among the calls of the last `windowMs` milliseconds. */
  | { readonly kind: 'time'; readonly windowMs: number; readonly rate: number; readonly minimum: number };

export interface BreakerOptions {
  /** Default: the reference's count with 5 failures. */
  readonly policy?: BreakerPolicy;
  readonly slow?: SlowCalls | undefined;
  /** Milliseconds that it stays open the first time (default 30 000). */
  readonly recoveryMs?: number;
  /** Each opening out of half open multiplies the recovery time by this, at least 1 (default 1). */
  readonly growth?: number;
  /** The recovery time never grows over this, in milliseconds (default 300 000, at least `recoveryMs`). */
  readonly maxRecoveryMs?: number;
  /** Share by which the recovery time varies up and down, in [0, 1), so that replicas do not probe in step (default 0.1). */
  readonly jitter?: number;
  /** Calls let through half open; all must succeed (default 3). */
  readonly probes?: number;
  /** Milliseconds after the last probe was let through at which those still out are given up (default 60 000). */
  readonly maxHalfOpenMs?: number;
}

/** Options with their defaults filled in. */
export interface BreakerSettings {
  readonly policy: BreakerPolicy;
  readonly slow: SlowCalls | undefined;
  readonly recoveryMs: number;
  readonly growth: number;
  readonly maxRecoveryMs: number;
  readonly jitter: number;
  readonly probes: number;
  readonly maxHalfOpenMs: number;
}

function check(ok: boolean, what: string, got: number): void {
  if (!ok) throw new EvenkeelError('config_invalid', `breaker: ${what}, not ${got}`);
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
const isRate = (value: number): boolean => value > 0 && value <= 1;

/** @throws EvenkeelError config_invalid naming the option that is out of range */
export function breakerSettings(options: BreakerOptions): BreakerSettings {
  const policy = options.policy ?? { kind: 'reference', failures: 5 };
  if (policy.kind === 'reference' || policy.kind === 'consecutive') {
    check(isCount(policy.failures), 'failures is a whole number from 1', policy.failures);
  } else {
    check(isRate(policy.rate), 'rate lies in (0, 1]', policy.rate);
    check(isCount(policy.minimum), 'minimum is a whole number from 1', policy.minimum);
    if (policy.kind === 'count') {
      check(
        isCount(policy.size) && policy.size <= 100_000,
        'size is a whole number from 1 to 100000',
        policy.size,
      );
      check(policy.minimum <= policy.size, `minimum is at most size (${policy.size})`, policy.minimum);
    } else check(policy.windowMs >= 10, 'windowMs is at least 10', policy.windowMs);
  }
  if (options.slow !== undefined) {
    check(options.slow.overMs > 0, 'slow.overMs is more than 0', options.slow.overMs);
    const { rate } = options.slow;
    if (rate !== undefined) check(isRate(rate), 'slow.rate lies in (0, 1]', rate);
  }
  const recoveryMs = options.recoveryMs ?? 30_000;
  const settings = {
    policy,
    slow: options.slow,
    recoveryMs,
    growth: options.growth ?? 1,
    maxRecoveryMs: options.maxRecoveryMs ?? Math.max(300_000, recoveryMs),
    jitter: options.jitter ?? 0.1,
    probes: options.probes ?? 3,
    maxHalfOpenMs: options.maxHalfOpenMs ?? 60_000,
  };
  check(
    settings.recoveryMs > 0 && settings.recoveryMs < 86_400_000,
    'recoveryMs lies between 0 and a day',
    recoveryMs,
  );
  check(settings.growth >= 1, 'growth is at least 1', settings.growth);
  check(
    settings.maxRecoveryMs >= recoveryMs,
    `maxRecoveryMs is at least recoveryMs (${recoveryMs})`,
    settings.maxRecoveryMs,
  );
  check(settings.jitter >= 0 && settings.jitter < 1, 'jitter lies in [0, 1)', settings.jitter);
  check(
    isCount(settings.probes) && settings.probes <= 1_000,
    'probes is a whole number from 1 to 1000',
    settings.probes,
  );
  check(settings.maxHalfOpenMs > 0, 'maxHalfOpenMs is more than 0', settings.maxHalfOpenMs);
  return settings;
}
