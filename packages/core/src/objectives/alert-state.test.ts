import { describe, expect, it } from 'vitest';
import {
  type AlertLogEntry,
  type AlertState,
  observeAlert,
  QUIET_MS,
  RESOLVED,
  restateAlert,
  wasFiring,
} from './alert-state.ts';
import type { AlertStanding } from './status.ts';

const standing = (changes: Partial<AlertStanding>): AlertStanding => ({
  pair: 'page-fast',
  severity: 'page',
  firing: false,
  cause: 'below',
  factor: 14.4,
  longBurn: 1,
  shortBurn: 1,
  longBad: 60,
  longTotal: 60_000,
  shortBad: 5,
  shortTotal: 5_000,
  ...changes,
});
const BURNING = standing({ firing: true, cause: 'burning', longBurn: 20, shortBurn: 30 });

function machine() {
  let state: AlertState = RESOLVED;
  const log: AlertLogEntry[] = [];
  return {
    log,
    state: () => state,
    look(at: number, now: AlertStanding): void {
      const seen = observeAlert(state, now, at, () => `at ${at}`);
      state = seen.state;
      if (seen.entry !== undefined) log.push(seen.entry);
    },
  };
}

describe('an alert over time', () => {
  it('fires once, remembers its peak, and ends', () => {
    const { look, log } = machine();
    look(1, standing({}));
    look(2, BURNING);
    look(3, { ...BURNING, longBurn: 90 });
    look(4, BURNING);
    look(5, standing({}));
    const end = 5 + QUIET_MS;
    look(end, standing({}));
    look(end + 1, standing({}));
    expect(log).toEqual([
      { kind: 'fired', at: 2, reason: 'at 2', burn: 20 },
      { kind: 'resolved', at: end, firedAt: 2, reason: `at ${end}`, peakBurn: 90 },
    ]);
    expect([1, 2, 4, end].map((at) => wasFiring(log, at))).toEqual([false, true, true, false]);
  });

  it('is one alert while the burn sways around its factor', () => {
    const { look, log } = machine();
    for (let at = 0; at < 20 * QUIET_MS; at += QUIET_MS / 4)
      look(at, at % QUIET_MS === 0 ? BURNING : standing({}));
    expect(log.map(({ kind }) => kind)).toEqual(['fired']);
  });

  it('does not end because nothing comes any more while the long window burns', () => {
    const { look, log, state } = machine();
    look(1, BURNING);
    const silent = standing({
      cause: 'no_events',
      longBurn: 20,
      shortBurn: undefined,
      shortTotal: 0,
      shortBad: 0,
    });
    look(2, silent);
    expect(state()).toMatchObject({ state: 'firing', held: true });
    look(3, { ...silent, longBurn: 10 });
    look(3 + QUIET_MS, { ...silent, longBurn: 10 });
    expect(log.map(({ kind }) => kind)).toEqual(['fired', 'resolved']);
  });

  it('keeps its log when late counts tell another story', () => {
    const { look, log } = machine();
    look(10, BURNING);
    look(20, standing({}));
    const end = 20 + QUIET_MS;
    look(end, standing({}));
    const before = [...log];
    const first = restateAlert(log, standing({}), 15, end + 100, 'labels of 12 came late');
    expect(first).toEqual({
      kind: 'restated',
      at: end + 100,
      about: 15,
      fired: true,
      wouldHaveFired: false,
      reason: 'labels of 12 came late',
    });
    if (first !== undefined) log.push(first);
    expect(log.slice(0, 2)).toEqual(before);
    expect(wasFiring(log, 15)).toBe(true);
    // Told once; and where both stories agree there is nothing to tell.
    expect(restateAlert(log, standing({}), 15, end + 101, 'again')).toBeUndefined();
    expect(restateAlert(log, standing({}), end + 5, end + 101, 'again')).toBeUndefined();
    expect(restateAlert(log, BURNING, end + 5, end + 101, 'more')).toMatchObject({
      fired: false,
      wouldHaveFired: true,
    });
  });
});
