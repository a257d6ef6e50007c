import { afterEach, describe, expect, it } from 'vitest';
import { EXPERIMENT, FULL, LOST, type Plant, plant, SIMPLER } from './plant.test.support.ts';

let open: Plant | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function running(file?: object): Promise<Plant> {
  open = await plant(file);
  // So that there is a rate, and a budget.
  await open.seconds(15, () => FULL);
  return open;
}

const degrades = (_: number, hit: boolean) => (hit ? SIMPLER : FULL);

describe('a run', { timeout: 60_000 }, () => {
  it('goes from the safety checks to its verdict, and nothing is left in force', async () => {
    const one = await running();
    const id = await one.begin(EXPERIMENT);
    await one.seconds(8, degrades);
    expect(one.obeyed().map((directive) => directive.id)).toEqual([`${id}-0`]);
    expect((await one.run(id)).phase).toBe('method');
    await one.seconds(60, degrades);
    const run = await one.run(id);
    expect(run).toMatchObject({
      phase: 'done',
      status: 'completed',
      cohorts: { control: { degraded_share: 0 } },
    });
    expect(run.touched).toMatchObject({
      users: expect.any(Number),
      words: expect.stringMatching(/% of requests/),
    });
    expect(one.obeyed()).toEqual([]);
    expect(await one.api().store.directives.active(0)).toEqual([]);
  });

  it('fails when what it expects is not seen, and says what to change', async () => {
    const one = await running();
    const id = await one.begin(EXPERIMENT);
    await one.seconds(70, () => FULL);
    expect(await one.run(id)).toMatchObject({
      status: 'failed',
      recommendation: expect.stringContaining('The fallback was not used'),
    });
  });

  it('is stopped within five seconds of the crossing when a budget burns', async () => {
    const one = await running();
    const id = await one.begin({
      ...EXPERIMENT,
      radius: 'full',
      duration: '5m',
      abort: { error_rate: '100%' },
    });
    await one.seconds(8, degrades);
    expect(one.obeyed()).toHaveLength(1);
    let crossed = -1;
    let gone = -1;
    for (let s = 0; s < 60 && gone < 0; s++) {
      await one.seconds(1, (_, hit) => (hit ? LOST : FULL));
      const { budgets } = await one.run(id);
      const [latest] = Object(budgets).latest;
      if (crossed < 0 && latest.burnRate > 14.4) crossed = s;
      if (one.obeyed().length === 0) gone = s;
    }
    expect(gone).toBeGreaterThanOrEqual(0);
    expect(gone - crossed).toBeLessThanOrEqual(5);
    await one.seconds(60, () => FULL);
    expect(await one.run(id)).toMatchObject({
      status: 'aborted',
      reason: expect.stringContaining('the budget of availability burns'),
    });
  });

  it('is halted at once, and everything with it', async () => {
    const one = await running();
    const id = await one.begin(EXPERIMENT);
    await one.seconds(8, degrades);
    expect(await one.post('/api/v1/experiments/halt-all', {})).toEqual({ halted: [id] });
    expect(await one.api().store.directives.active(one.api().clock.wall())).toEqual([]);
    await one.seconds(10, () => FULL);
    expect(await one.run(id)).toMatchObject({
      status: 'aborted',
      reason: expect.stringContaining('halted by op'),
    });
  });

  it('ends at the replica with its lease when its controller dies, and is interrupted by the next', async () => {
    const one = await running();
    const id = await one.begin({ ...EXPERIMENT, lease: '5s' });
    await one.seconds(8, degrades);
    const dead = one.api();
    await one.killControl();
    await one.seconds(5, degrades);
    expect(one.obeyed()).toEqual([]);
    await one.seconds(40, () => FULL);
    expect(one.api()).not.toBe(dead);
    expect(await one.run(id)).toMatchObject({
      status: 'interrupted',
      reason: 'the process that ran it died',
    });
    // It was gone with its lease, as it should be: nothing to wake anybody for.
    expect(await one.get('/api/v1/incidents')).toEqual({ incidents: [] });
  });

  it('finishes its evaluation when its controller died after the method', async () => {
    const one = await running();
    const id = await one.begin(EXPERIMENT);
    for (let s = 0; s < 60 && (await one.run(id)).phase !== 'recovering'; s++) await one.seconds(1, degrades);
    expect((await one.run(id)).phase).toBe('recovering');
    await one.killControl();
    await one.seconds(40, () => FULL);
    expect(await one.run(id)).toMatchObject({ status: 'completed' });
  });

  it('does not start beside another, nor beside a fault by hand', async () => {
    const one = await running();
    const first = await one.begin(EXPERIMENT);
    const second = await one.begin({ ...EXPERIMENT, experiment: 'another' });
    await one.seconds(3, degrades);
    expect((await one.run(first)).phase).toBe('baseline');
    expect(await one.run(second)).toMatchObject({
      status: 'aborted',
      reason: expect.stringContaining('model_failure'),
    });
  });

  it('is refused when it names what the service has not', async () => {
    const one = await running();
    const method = [{ fault: { type: 'model_failure', model: 'n', failure: { how: 'timeout' } } }];
    await expect(one.begin({ ...EXPERIMENT, method })).rejects.toThrow(/400 .*no model/);
    await expect(one.post('/api/v1/experiments/model_failur/runs', {})).rejects.toThrow(/did you mean/);
  });
});
