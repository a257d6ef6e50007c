/** Health of one component (a model, the feature source), judged by background checks. */
export interface ComponentHealth {
  readonly up: boolean;
  /** Why it is held to be up or down. */
  readonly reason: string;
  /** Monotonic milliseconds of the last change of `up`. */
  readonly since: number;
  /** Checks in a row that disagree with `up`. */
  readonly against: number;
}

/** Hysteresis of the background checks. */
export interface HealthOptions {
  /** Failed checks in a row until a component is down (default 2). */
  readonly downAfter: number;
  /** Good checks in a row until it is up again (default 3). */
  readonly upAfter: number;
}

export const HEALTH_DEFAULTS: HealthOptions = { downAfter: 2, upAfter: 3 };

/** A component nobody has checked yet is held to be up: its breaker finds out otherwise within a few calls. */
export function initialHealth(now: number): ComponentHealth {
  return { up: true, reason: 'not checked yet', since: now, against: 0 };
}

/**
 * Takes one check into account.
 * @param detail what the check said, for the reason
 */
export function observeHealth(
  health: ComponentHealth,
  ok: boolean,
  detail: string,
  options: HealthOptions,
  now: number,
): ComponentHealth {
  if (ok === health.up) {
    return health.against === 0 && health.reason === detail
      ? health
      : { ...health, against: 0, reason: detail };
  }
  const against = health.against + 1;
  const needed = ok ? options.upAfter : options.downAfter;
  if (against < needed) return { ...health, against };
  return { up: ok, reason: detail, since: now, against: 0 };
}
