import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tenantShares, waterLevel } from './tenant-shares.ts';

describe('waterLevel', () => {
  it.each([
    [[10, 20, 30], 60, Number.POSITIVE_INFINITY],
    [[10, 20, 30], 45, 17.5],
    [[600, 60], 200, 140],
    [[5], 2, 2],
    [[], 2, Number.POSITIVE_INFINITY],
    [[3, 3], 0, 0],
  ])('shares %j of %d at level %d', (rates, capacity, level) => {
    expect(
      waterLevel(
        rates.map((rate) => ({ rate, share: 1 })),
        capacity,
      ),
    ).toBeCloseTo(level, 9);
  });

  it('hands out exactly the capacity when it is short', () => {
    const demand = fc.record({
      rate: fc.double({ min: 0.1, max: 100, noNaN: true }),
      share: fc.double({ min: 0.5, max: 4, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(demand, { minLength: 1, maxLength: 20 }),
        fc.double({ min: 0.1, max: 500, noNaN: true }),
        (demands, capacity) => {
          const level = waterLevel(demands, capacity);
          const given = demands.reduce((sum, d) => sum + Math.min(d.rate, level * d.share), 0);
          const wanted = demands.reduce((sum, d) => sum + d.rate, 0);
          expect(given).toBeCloseTo(Math.min(wanted, capacity), 6);
        },
      ),
    );
  });
});

describe('tenantShares', () => {
  function flood(shares: ReturnType<typeof tenantShares>, rates: Record<string, number>, ms: number): void {
    for (let t = 0; t < ms; t++) {
      for (const [tenant, perSecond] of Object.entries(rates)) {
        if (t % Math.round(1000 / perSecond) === 0) shares.note(tenant, 1, t);
      }
    }
  }

  it('puts the whole cut on who is over its share', () => {
    const shares = tenantShares();
    flood(shares, { a: 500, b: 50 }, 8000);
    expect(shares.factor('b', 0.2, 8000)).toBe(0);
    // 350 of 550 are too many, 350 of the 500 are a's.
    expect(shares.factor('a', 0.2, 8000)).toBeCloseTo(550 / 500, 1);
  });

  it('tells nobody apart when there is room for all, when capacity is unknown, or for a stranger', () => {
    const shares = tenantShares();
    flood(shares, { a: 500, b: 50 }, 3000);
    expect(shares.factor('a', 10, 3000)).toBe(1);
    expect(shares.factor('b', 0, 4000)).toBe(1);
    expect(shares.factor('new', 0.01, 5000)).toBe(1);
  });

  it('gives more room to a larger share', () => {
    const shares = tenantShares((tenant) => (tenant === 'gold' ? 3 : 1));
    flood(shares, { gold: 200, plain: 200 }, 8000);
    expect(shares.factor('gold', 0.2, 8000)).toBeLessThan(shares.factor('plain', 0.2, 8000));
  });

  it('stays bounded however many tenants there are', () => {
    const shares = tenantShares(() => 1, 10);
    for (let i = 0; i < 1000; i++) shares.note(`t${i}`, 1, i);
    expect(shares.factor('t0', 0.001, 1000)).toBe(1);
    expect(shares.factor('t999', 0.001, 1000)).toBeGreaterThan(0);
  });
});
