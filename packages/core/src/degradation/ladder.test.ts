import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideEntry,
  initialLadder,
  type LadderInput,
  type LadderState,
  observeProbe,
  type RungState,
  STEP_UP_DEFAULTS,
} from './ladder.ts';

const options = { ...STEP_UP_DEFAULTS, successes: 3 };
const names = ['primary', 'cached', 'simple', 'rules'];

function input(
  availability: readonly RungState['availability'][],
  change: Partial<Omit<LadderInput, 'rungs'>> = {},
): LadderInput {
  const rungs = names.map((name, i) => {
    const state = availability[i] ?? 'ready';
    return { name, availability: state, reason: state === 'ready' ? 'ok' : `${name} is broken` };
  });
  return { rungs, pin: undefined, forbidden: new Map(), ...change };
}

const allReady = input([]);
const start = (): LadderState => initialLadder(options, 0);

describe('where requests enter the ladder', () => {
  it('is the top while all is well, and the same object as long as nothing changes', () => {
    const state = start();
    expect(decideEntry(state, allReady, options, 1_000)).toBe(state);
  });

  it('goes down at once when the entry rung dies, past other dead ones, and says why', () => {
    const state = decideEntry(start(), input(['down', 'down']), options, 10);
    expect(state.entry).toBe(2);
    expect(state.since).toBe(10);
    expect(state.reason).toBe('primary: primary is broken; cached: cached is broken');
  });

  it('waits, probes, and comes back only after enough probes answered in a row', () => {
    let state = decideEntry(start(), input(['down']), options, 0);
    state = decideEntry(state, allReady, options, options.holdMs - 1);
    expect(state).toMatchObject({ entry: 1, probing: undefined });
    state = decideEntry(state, allReady, options, options.holdMs);
    expect(state).toMatchObject({ entry: 1, probing: { rung: 0, successes: 0 } });
    for (let i = 0; i < 2; i++) state = observeProbe(state, 0, true, options, 6_000);
    expect(decideEntry(state, allReady, options, 6_000).entry).toBe(1);
    state = observeProbe(state, 0, true, options, 6_000);
    expect(decideEntry(state, allReady, options, 6_000)).toMatchObject({ entry: 0, reason: 'ok' });
  });

  it('waits twice as long after each failed probe, up to the bound, and forgets that once it is back', () => {
    let state = decideEntry(start(), input(['down']), options, 0);
    let now = 0;
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      const from = now;
      now = state.holdUntil;
      waits.push(now - from);
      state = decideEntry(state, allReady, options, now);
      expect(state.probing).toEqual({ rung: 0, successes: 0 });
      state = observeProbe(state, 0, false, options, now);
    }
    expect(waits).toEqual([5_000, 5_000, 10_000, 20_000, 40_000, 80_000, 120_000]);
    state = decideEntry(state, allReady, options, state.holdUntil);
    for (let i = 0; i < 3; i++) state = observeProbe(state, 0, true, options, state.holdUntil);
    state = decideEntry(state, allReady, options, state.holdUntil);
    expect(state).toMatchObject({ entry: 0, holdMs: options.holdMs });
  });

  it('probes a rung whose breaker is half open, but does not return to it until it is closed', () => {
    let state = decideEntry(start(), input(['down']), options, 0);
    state = decideEntry(state, input(['probe']), options, 5_000);
    expect(state.probing).toEqual({ rung: 0, successes: 0 });
    for (let i = 0; i < 5; i++) state = observeProbe(state, 0, true, options, 5_000);
    expect(decideEntry(state, input(['probe']), options, 5_001).entry).toBe(1);
    expect(decideEntry(state, input(['ready']), options, 5_002).entry).toBe(0);
  });

  it('ignores the result of a probe that is no longer being made', () => {
    const state = decideEntry(start(), input(['down']), options, 0);
    expect(observeProbe(state, 0, true, options, 1)).toBe(state);
    expect(observeProbe(state, 2, false, options, 1)).toBe(state);
  });

  it('obeys a pin and says whose it is; a dead pinned rung is stepped over', () => {
    const pin = { rung: 'simple', owner: 'ann', reason: 'looking into it' };
    expect(decideEntry(start(), input([], { pin }), options, 0)).toMatchObject({
      entry: 2,
      reason: 'pinned to simple by ann: looking into it',
    });
    const dead = decideEntry(start(), input(['ready', 'ready', 'down'], { pin }), options, 0);
    expect(dead.entry).toBe(3);
    expect(dead.reason).toContain('simple is broken');
  });

  it('comes back by probes after a pin has gone', () => {
    const pin = { rung: 'simple', owner: 'ann', reason: 'looking' };
    let state = decideEntry(start(), input([], { pin }), options, 0);
    state = decideEntry(state, allReady, options, 1);
    expect(state).toMatchObject({ entry: 2, probing: { rung: 0 } });
  });

  it('does not enter a forbidden rung, nor probe it', () => {
    const forbidden = new Map([['primary', 'forbidden by ann: bad answers']]);
    const state = decideEntry(start(), input([], { forbidden }), options, 0);
    expect(state).toMatchObject({ entry: 1, probing: undefined });
    expect(state.reason).toContain('forbidden by ann');
    expect(decideEntry(state, input([], { forbidden }), options, 60_000).probing).toBeUndefined();
  });

  it('stands past the last rung when none can answer', () => {
    const state = decideEntry(start(), input(['down', 'down', 'down', 'down']), options, 0);
    expect(state.entry).toBe(names.length);
  });

  it('never enters or stays on a dead or forbidden rung, and never jumps up without probes', () => {
    const availability = fc.constantFrom('ready', 'probe', 'down') as fc.Arbitrary<RungState['availability']>;
    const event = fc.record({
      availability: fc.array(availability, { minLength: 4, maxLength: 4 }),
      wait: fc.integer({ min: 0, max: 20_000 }),
      probes: fc.array(fc.boolean(), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let state = start();
        let now = 0;
        for (const { availability: rungs, wait, probes } of events) {
          now += wait;
          const before = state;
          state = decideEntry(state, input(rungs), options, now);
          if (state.entry < names.length) expect(rungs[state.entry]).toBe('ready');
          else expect(rungs.slice(before.entry)).not.toContain('ready');
          if (state.entry < before.entry) {
            expect(before.probing).toMatchObject({ rung: state.entry });
            expect(before.probing?.successes).toBeGreaterThanOrEqual(options.successes);
          }
          if (state.probing !== undefined) {
            expect(state.probing.rung).toBeLessThan(state.entry);
            expect(rungs[state.probing.rung]).not.toBe('down');
          }
          for (const answered of probes)
            state = observeProbe(state, state.probing?.rung ?? 0, answered, options, now);
        }
      }),
    );
  });
});
