import { describe, expect, it } from 'vitest';
import { createGate } from '../../packages/core/src/admission/gate.ts';
import { seededRandom } from '../../packages/core/src/kernel/random.ts';
import { simulate } from './engine.mjs';
import { contestants } from './peers.mjs';
import { scenarios } from './scenarios.mjs';

// A short look at what run.mjs does in full: one seed, a fifth of the time, looser bounds.
const SEED = 7;
const all = scenarios(0.2);
const by = contestants(createGate);

async function run(name: keyof typeof all, control: keyof typeof by) {
  const { phases } = await simulate(all[name], by[control], SEED, seededRandom);
  return phases;
}

describe('overload simulation', () => {
  it.each(['A', 'C', 'retries', 'tenants'] as const)(
    'scenario %s: goodput stays up and the queue short',
    async (name) => {
      const [phase] = await run(name, 'evenkeel');
      expect(phase?.goodput).toBeGreaterThan(0.9);
      expect(phase?.p50).toBeLessThan(85);
      expect(phase?.limitHigh).toBeLessThan(30);
    },
  );

  it('class 0 is served in time while it alone fits', async () => {
    const [phase] = await run('priorities', 'evenkeel');
    expect(phase?.priority0).toBeGreaterThan(0.995);
    expect(phase?.classes[3]).toBeLessThan(0.2);
  });

  it('a slower service and half a service are borne and got over', async () => {
    for (const name of ['B', 'halved'] as const) {
      const [before, during, after] = await run(name, 'evenkeel');
      expect(before?.goodput).toBeGreaterThan(0.9);
      expect(during?.goodput).toBeGreaterThan(0.65);
      expect(after?.goodput).toBeGreaterThan(0.9);
    }
  });

  it('tells good from bad: no limit collapses, Gradient2 queues, Vegas starves, and a longer queue beats us on goodput', async () => {
    expect((await run('C', 'no limit'))[0]?.goodput).toBeLessThan(0.2);
    expect((await run('A', 'Gradient2'))[0]?.p50).toBeGreaterThan(120);
    expect((await run('A', 'Vegas'))[0]?.goodput).toBeLessThan(0.75);
    const [ours] = await run('near', 'evenkeel');
    const [longer] = await run('near', 'Gradient2');
    expect(longer?.goodput).toBeGreaterThan((ours?.goodput ?? 1) + 0.01);
  });

  it('is a function of its seed', async () => {
    expect(await run('A', 'evenkeel')).toEqual(await run('A', 'evenkeel'));
  });
});
