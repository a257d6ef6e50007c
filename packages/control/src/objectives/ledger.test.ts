import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BURN_PAIRS, fakeClock, type Objective, type ObjectiveCounts } from '@evenkeel/core';
import { openStore, type Store } from '@evenkeel/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedger, type Ledger } from './ledger.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1, 12);

const objective: Objective = {
  name: 'availability',
  service: 'mail',
  category: 'availability',
  description: '',
  source: { kind: 'requests', indicator: { kind: 'availability', minimumConfidence: undefined } },
  window: { kind: 'rolling', lengthMs: 30 * DAY },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.99, minimumEvents: 0 },
  alerts: BURN_PAIRS,
  minimumBad: 2,
  labels: {},
  annotations: {},
};

let dir: string;
let store: Store;
let clock: ReturnType<typeof fakeClock>;
let sequence: number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-ledger-'));
  clock = fakeClock(0, START);
  store = await openStore({ kind: 'sqlite', file: join(dir, 'evenkeel.db') }, { clock });
  sequence = 0;
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function ledgerOf(from: Store = store): Ledger {
  return createLedger({
    store: from,
    clock,
    lease: () => undefined,
    onRollup: () => {},
    onBadRollup: (problem) => {
      throw new Error(problem);
    },
  });
}

async function report(counts: readonly ObjectiveCounts[]): Promise<void> {
  sequence += 1;
  const now = clock.wall();
  const row = { replica: 'r1', sequence, service: 'mail', from: now - 1_000, to: now };
  await store.rollups.append([{ ...row, body: { ...row, objectives: counts, served: {}, monitors: {} } }]);
}

const counted = (minute: number, good: number, total: number): ObjectiveCounts => ({
  objective: 'availability',
  segment: '',
  minute,
  good,
  total,
});
const whole = (ledger: Ledger) => ledger.entry('mail', 'availability')?.series.counts(objective.window);

describe('the ledger', () => {
  it('adds what replicas report, over time and over replicas', async () => {
    const ledger = ledgerOf();
    await ledger.put('mail', [objective]);
    await report([counted(START, 9, 10)]);
    await report([counted(START, 5, 5), counted(START - MINUTE, 1, 2)]);
    await ledger.settle();
    expect(ledger.problem()).toBeUndefined();
    expect(whole(ledger)).toEqual({ good: 15, total: 17 });
  });

  it('counts a rollup once, however often it is sent', async () => {
    const ledger = ledgerOf();
    await ledger.put('mail', [objective]);
    await report([counted(START, 9, 10)]);
    sequence -= 1;
    await report([counted(START, 9, 10)]);
    await ledger.settle();
    await ledger.settle();
    expect(whole(ledger)).toEqual({ good: 9, total: 10 });
  });

  it('goes on after a restart where it was, without reading anything twice', async () => {
    const before = ledgerOf();
    await before.put('mail', [objective]);
    await report([counted(START, 90, 100)]);
    await before.settle();
    await report([counted(START, 1, 1)]);
    const after = ledgerOf();
    await after.put('mail', [objective]);
    await after.settle();
    expect(whole(after)).toEqual({ good: 91, total: 101 });
  });

  it('forgets what slides out of the window, after a restart too', async () => {
    const before = ledgerOf();
    await before.put('mail', [objective]);
    await report([counted(START, 90, 100)]);
    await before.settle();
    clock.advance(29 * DAY);
    await report([counted(clock.wall(), 10, 10)]);
    const after = ledgerOf();
    await after.put('mail', [objective]);
    await after.settle();
    expect(whole(after)).toEqual({ good: 100, total: 110 });
    clock.advance(DAY + MINUTE);
    await after.settle();
    expect(whole(after)).toEqual({ good: 10, total: 10 });
  });

  it('keeps counting in memory while the store is gone, and writes everything once it is back', async () => {
    let gone = false;
    const flaky: Store = {
      ...store,
      rollups: {
        ...store.rollups,
        apply: (change) => (gone ? Promise.reject(new Error('disk full')) : store.rollups.apply(change)),
      },
    };
    const ledger = ledgerOf(flaky);
    await ledger.put('mail', [objective]);
    gone = true;
    await report([counted(START, 9, 10)]);
    await ledger.settle();
    expect(ledger.problem()).toBe('disk full');
    expect(whole(ledger)).toEqual({ good: 9, total: 10 });
    await report([counted(START, 1, 1)]);
    await ledger.settle();
    gone = false;
    await ledger.settle();
    expect(ledger.problem()).toBeUndefined();
    const again = ledgerOf();
    await again.put('mail', [objective]);
    await again.settle();
    expect(whole(again)).toEqual({ good: 10, total: 11 });
  });

  it('counts what was added by hand once, with the mark that came with it', async () => {
    const ledger = ledgerOf();
    await ledger.put('mail', [objective]);
    ledger.add('mail', 'availability', '', START, 1, 1);
    ledger.setMark('labels', 7);
    await ledger.settle();
    const again = ledgerOf();
    await again.put('mail', [objective]);
    await again.settle();
    expect(again.mark('labels')).toBe(7);
    expect(whole(again)).toEqual({ good: 1, total: 1 });
  });
});
