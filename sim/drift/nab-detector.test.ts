import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/core/src/kernel/random.ts';
import { alarmsOf } from './nab-detector.mjs';

const MINUTES = 5 * 60_000;
const DAY = 288;

function days(seed: number, change: (value: number, i: number) => number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: 14 * DAY }, (_, i) =>
    change(10 + 5 * Math.sin((2 * Math.PI * i) / DAY) + random() + random(), i),
  );
}

describe('alarms on one series', () => {
  it('is quiet on days that are alike, and on a series that never changes', () => {
    for (let seed = 1; seed < 6; seed++)
      expect(
        alarmsOf(
          days(seed, (v) => v),
          MINUTES,
          600,
        ),
      ).toEqual([]);
    expect(
      alarmsOf(
        Array.from({ length: 4000 }, () => 7),
        MINUTES,
        600,
      ),
    ).toEqual([]);
  });

  it('finds a day that goes missing, and a jump, soon', () => {
    const from = 10 * DAY + 40;
    const flat = alarmsOf(
      days(7, (v, i) => (i >= from && i < from + DAY ? 10 : v)),
      MINUTES,
      600,
    );
    expect(flat[0]).toBeGreaterThanOrEqual(from);
    expect(flat[0]).toBeLessThan(from + DAY);
    const [jump] = alarmsOf(
      days(8, (v, i) => (i >= from ? v + 20 : v)),
      MINUTES,
      600,
    );
    expect(jump).toBeGreaterThanOrEqual(from);
    expect(jump).toBeLessThan(from + 30);
  });

  it('says nothing within the probation', () => {
    const noisy = days(9, (v, i) => (i > 300 && i < 330 ? v + 50 : v));
    for (const at of alarmsOf(noisy, MINUTES, 600)) expect(at).toBeGreaterThanOrEqual(600);
  });
});
