import type { Clock } from '../kernel/clock.ts';

/** What one tenant may use. A limit that is left out does not exist. */
export interface BudgetLimits {
  /** 0 or more; 0 refuses everything. */
  readonly requestsPerSecond?: number;
  /** Requests that may come at once after a pause. Default one second's worth, at least 1. */
  readonly requestBurst?: number;
  /** 0 or more; 0 refuses whatever needs tokens. */
  readonly tokensPerMinute?: number;
  /** Tokens that may come at once after a pause. Default one minute's worth. */
  readonly tokenBurst?: number;
}

/** Taken, or why not. */
export type BudgetVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly limit: 'requests' | 'tokens';
      readonly reason: string;
      /** When the same request would pass, if nobody else takes; Infinity when it never would. */
      readonly retryAfterMs: number;
    };

/** What is left for a tenant now. Infinity where there is no limit; negative after a correction upward. */
export interface BudgetLeft {
  readonly requests: number;
  readonly tokens: number;
}

/** Requests and tokens per tenant, in memory of bounded size. */
export interface TenantBudgets {
  /**
   * Takes one request and `tokens` tokens, or nothing at all.
   * @param tokens an estimate, 0 or more
   */
  take(tenant: string, tokens: number): BudgetVerdict;
  /** Settles an estimate when the real usage is known: positive takes more (even into debt), negative gives back. */
  correct(tenant: string, tokens: number): void;
  left(tenant: string): BudgetLeft;
  /** Tenants held in memory. */
  size(): number;
}

interface Account {
  readonly limits: BudgetLimits;
  requests: number;
  tokens: number;
  at: number;
}

const TAKEN: BudgetVerdict = { ok: true };

const requestBurst = (limits: BudgetLimits): number =>
  limits.requestsPerSecond === undefined
    ? Number.POSITIVE_INFINITY
    : limits.requestsPerSecond === 0
      ? 0
      : Math.max(1, limits.requestBurst ?? limits.requestsPerSecond);

const tokenBurst = (limits: BudgetLimits): number =>
  limits.tokensPerMinute === undefined
    ? Number.POSITIVE_INFINITY
    : limits.tokensPerMinute === 0
      ? 0
      : (limits.tokenBurst ?? limits.tokensPerMinute);

/**
 * Token buckets, refilled continuously: there is no window whose seam lets twice the rate through.
 * @param limitsOf what a tenant may use; asked when the tenant is first seen
 * @param options.maxTenants buckets kept (default 10 000). Beyond that the one unused for longest goes, and comes back full:
 * whoever can invent tenant names is not bounded by budgets per tenant, so take names only from where they are trusted.
 */
export function createTenantBudgets(
  limitsOf: (tenant: string) => BudgetLimits,
  host: { readonly clock: Clock },
  options: { readonly maxTenants?: number } = {},
): TenantBudgets {
  const maxTenants = Math.max(1, options.maxTenants ?? 10_000);
  const accounts = new Map<string, Account>();

  /** The account, refilled, and the most recently used. */
  function account(tenant: string): Account {
    const now = host.clock.now();
    let found = accounts.get(tenant);
    if (found === undefined) {
      const limits = limitsOf(tenant);
      found = { limits, requests: requestBurst(limits), tokens: tokenBurst(limits), at: now };
      if (accounts.size >= maxTenants) {
        const oldest = accounts.keys().next();
        if (oldest.done !== true) accounts.delete(oldest.value);
      }
    } else {
      accounts.delete(tenant);
      const passed = Math.max(0, now - found.at);
      const { requestsPerSecond = 0, tokensPerMinute = 0 } = found.limits;
      found.requests = Math.min(
        requestBurst(found.limits),
        found.requests + (passed * requestsPerSecond) / 1000,
      );
      found.tokens = Math.min(tokenBurst(found.limits), found.tokens + (passed * tokensPerMinute) / 60_000);
      found.at = now;
    }
    accounts.set(tenant, found);
    return found;
  }

  return {
    take(tenant, tokens) {
      const wanted = tokens > 0 ? tokens : 0;
      const a = account(tenant);
      const { requestsPerSecond = 0, tokensPerMinute = 0 } = a.limits;
      // A hair's breadth forgives the rounding of refills: who waited as told must pass.
      if (a.requests < 1 - 1e-9) {
        const retryAfterMs =
          requestsPerSecond > 0
            ? Math.ceil(((1 - a.requests) * 1000) / requestsPerSecond)
            : Number.POSITIVE_INFINITY;
        const reason = `tenant ${tenant} has used its ${requestsPerSecond} requests per second`;
        return { ok: false, limit: 'requests', reason, retryAfterMs };
      }
      if (a.tokens < wanted - 1e-6) {
        const burst = tokenBurst(a.limits);
        if (wanted > burst) {
          const reason = `${wanted} tokens are more than the ${burst} tenant ${tenant} may use at once`;
          return { ok: false, limit: 'tokens', reason, retryAfterMs: Number.POSITIVE_INFINITY };
        }
        const retryAfterMs = Math.ceil(((wanted - a.tokens) * 60_000) / tokensPerMinute);
        const reason = `tenant ${tenant} has used its ${tokensPerMinute} tokens per minute`;
        return { ok: false, limit: 'tokens', reason, retryAfterMs };
      }
      a.requests -= 1;
      a.tokens -= wanted;
      return TAKEN;
    },
    correct(tenant, tokens) {
      const a = account(tenant);
      a.tokens = Math.min(tokenBurst(a.limits), a.tokens - tokens);
    },
    left(tenant) {
      const a = account(tenant);
      return { requests: a.requests, tokens: a.tokens };
    },
    size: () => accounts.size,
  };
}
