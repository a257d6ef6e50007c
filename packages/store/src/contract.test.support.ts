import { type FakeClock, fakeClock } from '@evenkeel/core';
// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Database } from './database.ts';
import type { Store } from './store.ts';

/** What a dialect brings along, so that one suite runs on both. */
export interface ContractRig {
  /** A store that is empty, and what else the suite has to reach. */
  open(clock: FakeClock): Promise<ContractStore>;
  /** After all tests. */
  end(): Promise<void>;
}

export interface ContractStore {
  readonly store: Store;
  /** A second connection, as another process would have one: tampers, and writes beside the store. */
  other(): Promise<Database>;
  /** A second store over the same data, as another process would have one; undefined where only one may be. */
  second(): Promise<Store>;
  /** Lets time pass for the database: on the clock that was passed in where that is the one that counts. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

export interface Contract {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly held: ContractStore;
}

/** A server is started and ended in a second, on a machine that has time. */
const SLOW_MS = 60_000;

/** Gives every test of a suite a store of its own. The members are read anew in each test. */
export function contract(start: () => Promise<ContractRig>): Contract {
  let rig: ContractRig | undefined;
  let held: ContractStore | undefined;
  let clock = fakeClock();
  const known = (): ContractStore => {
    if (held === undefined) throw new Error('only inside a test');
    return held;
  };
  beforeAll(async () => {
    rig = await start();
  }, SLOW_MS);
  beforeEach(async () => {
    clock = fakeClock();
    held = await rig?.open(clock);
  });
  afterEach(async () => {
    await held?.store.close();
    await held?.dispose();
    held = undefined;
  });
  afterAll(() => rig?.end(), SLOW_MS);
  return {
    get clock() {
      return clock;
    },
    get store() {
      return known().store;
    },
    get held() {
      return known();
    },
  };
}
