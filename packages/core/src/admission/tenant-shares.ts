/** What tenants ask for under contention, and by how much each is over its fair share. Bounded memory. */
export interface TenantShares {
  /** Counts one request. O(1). */
  note(tenant: string, weight: number, now: number): void;
  /**
   * How much harder than average the tenant is to be cut: 0 when it asks for no more than its max-min fair share, 1
   * when nothing tells tenants apart.
   * @param capacity weight per ms that can be served, 0 when unknown
   */
  factor(tenant: string, capacity: number, now: number): number;
}

interface Account {
  rate: number;
  at: number;
  factor: number;
}

const MEMORY_MS = 2000;
const REFRESH_MS = 250;

/** What a tenant asks for, and its weight against others. */
export interface TenantDemand {
  readonly rate: number;
  readonly share: number;
}

/**
 * The level at which a capacity is shared max-min fairly (water filling): each gets what it asks for, up to the level
 * times its share.
 * @returns Infinity when the capacity is enough for all
 */
export function waterLevel(demands: readonly TenantDemand[], capacity: number): number {
  const sorted = [...demands].sort((a, b) => a.rate / a.share - b.rate / b.share);
  let left = capacity;
  let shares = 0;
  for (const demand of sorted) shares += demand.share;
  for (const { rate, share } of sorted) {
    const level = left / shares;
    if (rate / share > level) return level;
    left -= rate;
    shares -= share;
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * @param share a tenant's weight against others (default 1 for all)
 * @param maxTenants accounts kept; beyond that the one opened first goes (default 512)
 */
export function tenantShares(share: (tenant: string) => number = () => 1, maxTenants = 512): TenantShares {
  const accounts = new Map<string, Account>();
  let refreshedAt = Number.NEGATIVE_INFINITY;

  function refresh(capacity: number, now: number): void {
    refreshedAt = now;
    const demands: TenantDemand[] = [];
    let total = 0;
    for (const [tenant, account] of accounts) {
      account.rate *= Math.exp((account.at - now) / MEMORY_MS);
      account.at = now;
      if (account.rate * MEMORY_MS < 0.01) accounts.delete(tenant);
      else {
        demands.push({ rate: account.rate, share: share(tenant) });
        total += account.rate;
      }
    }
    const level = capacity > 0 ? waterLevel(demands, capacity) : Number.POSITIVE_INFINITY;
    let excess = 0;
    for (const [tenant, account] of accounts) excess += Math.max(0, account.rate - level * share(tenant));
    // Nobody over its share by these figures, yet there is pressure: then they tell nothing.
    for (const [tenant, account] of accounts) {
      const over = Math.max(0, account.rate - level * share(tenant)) / account.rate;
      account.factor = excess > 0.01 * total ? (total / excess) * over : 1;
    }
  }

  return {
    note(tenant, weight, now) {
      let account = accounts.get(tenant);
      if (account === undefined) {
        if (accounts.size >= maxTenants) {
          const oldest = accounts.keys().next();
          if (oldest.done !== true) accounts.delete(oldest.value);
        }
        account = { rate: 0, at: now, factor: 1 };
        accounts.set(tenant, account);
      } else if (now > account.at) {
        account.rate *= Math.exp((account.at - now) / MEMORY_MS);
        account.at = now;
      }
      account.rate += weight / MEMORY_MS;
    },
    factor(tenant, capacity, now) {
      if (now - refreshedAt >= REFRESH_MS) refresh(capacity, now);
      return accounts.get(tenant)?.factor ?? 1;
    },
  };
}
