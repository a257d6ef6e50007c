import { describe, expect, it } from 'vitest';
import { hash32 } from '../kernel/hash.ts';
import { type Random, seededRandom } from '../kernel/random.ts';
import { type ArmFigures, newArmFigures, USER_GROUPS } from './arm-figures.ts';
import { anytimeHalfWidth, compareArms } from './cohorts.ts';

/** Adds requests of users who differ among themselves: each has an own share of errors round `share`. */
function feed(
  figures: ArmFigures,
  n: number,
  share: number,
  uneven: number,
  users: number,
  random: Random,
  from = 0,
): void {
  for (let i = 0; i < n; i++) {
    // A few users send most of it.
    const user = from + Math.floor(random() ** 2 * users);
    const own = (hash32(`${user}`, 9) / 2 ** 32) * 2 * uneven + 1 - uneven;
    const group = hash32(`u-${user}`, 0x1b873593) % USER_GROUPS;
    figures.requests += 1;
    figures.groupRequests[group] = (figures.groupRequests[group] ?? 0) + 1;
    if (random() >= share * own) continue;
    figures.errors += 1;
    figures.groupEvents.errors[group] = (figures.groupEvents.errors[group] ?? 0) + 1;
  }
}

interface Outcome {
  readonly differed: boolean;
  readonly verdict: string;
  readonly requests: number;
}

function run(
  seed: number,
  shares: { experiment: number; control: number },
  margin: number,
  uneven: number,
): Outcome {
  const random = seededRandom(seed);
  const experiment = newArmFigures();
  const control = newArmFigures();
  let differed = false;
  for (let look = 0; look < 60; look++) {
    feed(experiment, 100, shares.experiment, uneven, 300, random, 1_000_000 + 1_000 * seed);
    // Other users, as in a draw by user: their unevenness is not shared.
    feed(control, 300, shares.control, uneven, 900, random, 1_000 * seed + 500);
    const { differs, verdict } = compareArms('errors', experiment, control, { margin });
    differed ||= differs;
    if (verdict === 'within' || verdict === 'over')
      return { differed, verdict, requests: experiment.requests };
  }
  return { differed, verdict: 'undecided', requests: experiment.requests };
}

const share = (outcomes: readonly Outcome[], of: (one: Outcome) => boolean): number =>
  outcomes.filter(of).length / outcomes.length;

describe('compareArms', () => {
  it.each([
    [0.02, 0],
    [0.05, 0.9],
    [0.3, 0.9],
  ])(
    'in 200 A/A runs at %f, users uneven by %f, says "over" or "differs" no more often than stated',
    (rate, uneven) => {
      const outcomes = Array.from({ length: 200 }, (_, i) =>
        run(i, { experiment: rate, control: rate }, 0.02, uneven),
      );
      // At most 5 % of the time; 200 runs of exactly 5 % show more than 18 in one of a hundred.
      expect(share(outcomes, (one) => one.differed)).toBeLessThanOrEqual(0.09);
      expect(share(outcomes, (one) => one.verdict === 'over')).toBeLessThanOrEqual(0.025);
    },
  );

  it('says "within" of a difference beyond the margin no more often than stated', () => {
    const outcomes = Array.from({ length: 200 }, (_, i) =>
      run(i, { experiment: 0.055, control: 0.03 }, 0.02, 0.5),
    );
    expect(share(outcomes, (one) => one.verdict === 'within')).toBeLessThanOrEqual(0.05);
  });

  it('sees an effect of three margins in nearly every run, and none soon', () => {
    const bad = Array.from({ length: 100 }, (_, i) => run(i, { experiment: 0.08, control: 0.02 }, 0.02, 0.5));
    expect(share(bad, (one) => one.verdict === 'over')).toBeGreaterThanOrEqual(0.9);
    const good = Array.from({ length: 100 }, (_, i) =>
      run(i, { experiment: 0.01, control: 0.01 }, 0.02, 0.5),
    );
    expect(share(good, (one) => one.verdict === 'within')).toBeGreaterThanOrEqual(0.95);
    const mean = good.reduce((sum, one) => sum + one.requests, 0) / good.length;
    expect(mean).toBeLessThan(3_000);
  });

  it('says nothing of too few requests or too few users', () => {
    const random = seededRandom(1);
    const few = newArmFigures();
    const many = newArmFigures();
    feed(few, 100, 0.5, 0, 300, random);
    feed(many, 5_000, 0.01, 0, 300, random);
    expect(compareArms('errors', few, many, { margin: 0.01 })).toMatchObject({
      verdict: 'too_few',
      differs: false,
    });
    const one = newArmFigures();
    feed(one, 5_000, 0.5, 0, 1, random);
    expect(compareArms('errors', one, many, { margin: 0.01 }).reason).toContain('groups of users');
  });

  it('is not made certain by seeing nothing', () => {
    const none = newArmFigures();
    const random = seededRandom(1);
    feed(none, 500, 0, 0, 300, random);
    const { low, high, verdict } = compareArms('errors', none, none, { margin: 0.001 });
    expect(verdict).toBe('undecided');
    expect(high).toBeGreaterThan(0.003);
    expect(low).toBeLessThan(-0.003);
  });

  it('has a boundary that a fixed interval would be narrower than, everywhere', () => {
    for (const information of [100, 1e4, 1e6, 1e8])
      expect(anytimeHalfWidth(information, 1e5, 0.05)).toBeGreaterThan(1.96 / Math.sqrt(information));
  });
});
