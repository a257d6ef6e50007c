import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXPERIMENT, FILE, FULL, LOST, type Plant, plant, SIMPLER } from './plant.test.support.ts';

const SCENARIO = {
  evenkeel: 1,
  gameday: 'bad_hour',
  service: 'mail',
  title: 'The model has a bad hour',
  story: 'It is Tuesday.',
  duration: '5m',
  roles: [{ name: 'on call', duty: 'looks' }],
  injects: [
    { name: 'down', at: '10s', experiment: 'model_failure' },
    { name: 'a question', message: 'Is it down?' },
  ],
  criteria: [{ detected: '3m' }, { paged: 'on call' }, { judged: 'The customer was told' }],
};

let folder = '';
let one: Plant;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-gamedays-'));
  writeFileSync(join(folder, 'bad_hour.yaml'), JSON.stringify(SCENARIO));
  writeFileSync(
    join(folder, 'model_failure.yaml'),
    JSON.stringify({ ...EXPERIMENT, allow: { open_incidents: true } }),
  );
  writeFileSync(join(folder, 'wrong.yaml'), 'evenkeel: 1\nexperiment: wrong\n');
  one = await plant({ ...FILE, chaos: { ...FILE.chaos, experiments: folder, gamedays: folder } });
  await one.seconds(12, () => FULL);
});
afterEach(async () => {
  await one.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a game day', { timeout: 60_000 }, () => {
  it('runs its experiments by the timetable, and is scored from the record', async () => {
    const day = await one.post('/api/v1/gamedays', {
      scenario: 'bad_hour',
      mode: 'live',
      participants: [{ name: 'ada', role: 'on call' }],
    });
    const at = `/api/v1/gamedays/${String(day.id)}`;
    await one.post(`${at}/start`, {});
    await one.seconds(14, (_, hit) => (hit ? SIMPLER : FULL));
    const { runs } = await one.get('/api/v1/experiment-runs');
    expect(runs).toMatchObject([{ experiment: 'model_failure', by: 'op', game_day: day.id }]);
    await one.post(`${at}/injects`, { inject: 'a question' });
    await expect(one.post(`${at}/injects`, { inject: 'a question' })).rejects.toThrow(/409 .*given already/);
    await one.post(`${at}/notes`, { text: 'it degrades', as: 'ada' });
    await expect(one.post(`${at}/notes`, { text: 'x', as: 'eve' })).rejects.toThrow(
      /400 .*does not take part/,
    );
    await one.post('/api/v1/incidents', {
      service: 'mail',
      type: 'model_degradation',
      severity: 'SEV3',
      title: 'the model is down',
    });
    await one.seconds(60, (_, hit) => (hit ? SIMPLER : FULL));
    await one.post(`${at}/end`, {});
    await one.post(`${at}/verdicts`, { criterion: 3, ok: true, reason: 'by mail' });
    await one.post(`${at}/findings`, { text: 'nobody was paged' });
    await expect(one.post(`${at}/close`, {})).rejects.toThrow(/no action item/);
    await one.post(`${at}/actions`, { finding: 1, text: 'page from SEV3', owner: 'ada' });
    const closed = await one.post(`${at}/close`, {});
    expect(closed).toMatchObject({
      phase: 'closed',
      scores: [
        { criterion: 'detected within 3 min', status: 'met' },
        { status: 'missed' },
        { status: 'met', reason: 'by mail (op)' },
      ],
    });
    const report = await one.api().call('GET', `${at}/report`);
    expect(report.text).toContain('experiment model\\_failure completed');
    expect(report.text).toContain('page from SEV3');
  });

  it('does not take for noticed what an experiment says of itself', async () => {
    const day = await one.post('/api/v1/gamedays', {
      scenario: 'bad_hour',
      mode: 'live',
      participants: [{ name: 'ada', role: 'on call' }],
    });
    const at = `/api/v1/gamedays/${String(day.id)}`;
    await one.post(`${at}/start`, {});
    // Its users stay without an answer when the fault has gone: the run itself opens an incident about that.
    await one.seconds(28, (_, hit) => (hit ? SIMPLER : FULL));
    await one.seconds(60, (user) => (user % 10 === 0 ? LOST : FULL));
    const { incidents } = await one.get('/api/v1/incidents');
    expect(JSON.stringify(incidents)).toContain('did not come back after model_failure');
    await one.post(`${at}/end`, {});
    expect((await one.get(at)).scores).toMatchObject([
      { criterion: 'detected within 3 min', status: 'missed' },
      { status: 'missed' },
      {},
    ]);
  });

  it('stops what it has started when it ends', async () => {
    const day = await one.post('/api/v1/gamedays', {
      scenario: 'bad_hour',
      mode: 'live',
      participants: [{ name: 'ada', role: 'on call' }],
    });
    const at = `/api/v1/gamedays/${String(day.id)}`;
    await one.post(`${at}/start`, {});
    await one.seconds(20, (_, hit) => (hit ? SIMPLER : FULL));
    expect(one.obeyed()).toHaveLength(1);
    await one.post(`${at}/end`, { reason: 'enough' });
    expect(await one.api().store.directives.active(one.api().clock.wall())).toEqual([]);
  });

  it('says of a dry day what it would run, and starts nothing', async () => {
    const day = await one.post('/api/v1/gamedays', {
      scenario: 'bad_hour',
      mode: 'dry',
      participants: [{ name: 'ada', role: 'on call' }],
    });
    await one.post(`/api/v1/gamedays/${String(day.id)}/start`, {});
    await one.seconds(12, () => FULL);
    const { log } = await one.get(`/api/v1/gamedays/${String(day.id)}`);
    expect(JSON.stringify(log)).toContain('experiment model_failure would be started');
    expect(await one.get('/api/v1/experiment-runs')).toEqual({ runs: [] });
  });
});

describe('the catalogue', { timeout: 60_000 }, () => {
  it('lists the files of the folder, broken ones with their problems', async () => {
    const { experiments } = await one.get('/api/v1/experiments');
    expect(experiments).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'model_failure', source: 'file', runnable: true }),
        expect.objectContaining({ name: 'wrong', runnable: false }),
      ]),
    );
  });

  it('says what a run would do and whom it would touch, and why not now', async () => {
    await one.begin(EXPERIMENT);
    await one.seconds(3, () => FULL);
    expect(await one.get('/api/v1/experiments/model_failure/dry-run')).toMatchObject({
      findings: [{ check: 'other_experiment' }],
      steps: expect.arrayContaining([expect.stringContaining('model_failure')]),
    });
  });

  it('takes what calls out from an admin alone', async () => {
    const text = JSON.stringify({
      ...EXPERIMENT,
      rollbacks: [{ name: 'tidy', process: { path: '/bin/true' } }],
    });
    const put = (key: string) =>
      one.api().call('PUT', '/api/v1/experiments/model_failure', { key, body: { service: 'mail', text } });
    expect((await put((await one.api().key('o', 'operator')).token)).status).toBe(403);
    expect((await put((await one.api().key('a', 'admin')).token)).status).toBe(200);
  });
});
