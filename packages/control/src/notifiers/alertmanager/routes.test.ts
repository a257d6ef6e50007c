import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FILE, START, type WholeApi, wholeApi } from '../../api/whole-api.test.support.ts';

let api: WholeApi;
let key: string;
beforeEach(async () => {
  api = await wholeApi({ file: FILE });
  key = (await api.key('alertmanager', 'operator')).token;
});
afterEach(() => api.close());

const alert = (fingerprint: string, status: 'firing' | 'resolved', labels: Record<string, string> = {}) => ({
  status,
  labels: { alertname: 'HighLatency', service: 'mail', severity: 'warning', ...labels },
  annotations: { summary: 'mail is slow', description: 'p99 over 1 s' },
  startsAt: new Date(START - 60_000).toISOString(),
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example/graph',
  fingerprint,
});
const webhook = (...alerts: readonly ReturnType<typeof alert>[]) => ({
  version: '4',
  groupKey: '{}:{alertname="HighLatency"}',
  truncatedAlerts: 0,
  status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
  receiver: 'evenkeel',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example',
  alerts,
});
const answerShape = z.object({
  taken: z.array(z.object({ key: z.string(), did: z.string(), incident: z.string().optional() })),
  refused: z.array(z.object({ alert: z.string(), problem: z.string() })),
});
async function post(...alerts: readonly ReturnType<typeof alert>[]) {
  const answer = await api.call('POST', '/api/v1/alertmanager', { key, body: webhook(...alerts) });
  expect(answer.status, answer.text).toBe(200);
  return answerShape.parse(answer.json);
}
const did = async (...alerts: readonly ReturnType<typeof alert>[]) =>
  (await post(...alerts)).taken.map((one) => one.did);
const incidents = async () =>
  z
    .object({
      incidents: z.array(
        z.object({ id: z.string(), status: z.string(), severity: z.string(), type: z.string() }),
      ),
    })
    .parse((await api.call('GET', '/api/v1/incidents')).json).incidents;

describe('the webhook of an Alertmanager', () => {
  it('opens one incident for each alert, and ends it with the alert', async () => {
    expect(
      await did(
        alert('f1', 'firing'),
        alert('f2', 'firing', { alertname: 'InputDrift', severity: 'critical' }),
      ),
    ).toEqual(['opened', 'opened']);
    // Alertmanager repeats what still fires.
    expect(await did(alert('f1', 'firing'))).toEqual(['known']);
    expect((await incidents()).map(({ severity, type }) => `${severity} ${type}`).sort()).toEqual([
      'SEV1 drift_detected',
      'SEV3 serving_latency',
    ]);
    expect(await did(alert('f1', 'resolved'))).toEqual(['resolved']);
    expect(await did(alert('f1', 'resolved'))).toEqual(['known']);
    expect((await incidents()).map(({ status }) => status).sort()).toEqual(['detected', 'resolved']);
  });

  it('opens the same incident again when it comes back within a day, and another one later', async () => {
    const [first] = (await post(alert('f1', 'firing'))).taken;
    await post(alert('f1', 'resolved'));
    const [back] = (await post(alert('f1', 'firing'))).taken;
    expect(back).toMatchObject({ did: 'reopened', incident: first?.incident });
    await post(alert('f1', 'resolved'));
    api.clock.stepWall(25 * 3_600_000);
    const [later] = (await post(alert('f1', 'firing'))).taken;
    expect(later?.did).toBe('opened');
    expect(later?.incident).not.toBe(first?.incident);
  });

  it('told by several members at once opens one', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => did(alert('f1', 'firing'))));
    expect(all.flat().sort()).toEqual(['known', 'known', 'known', 'known', 'opened']);
  });

  it('takes what it can and names the rest', async () => {
    const { taken, refused } = await post(
      alert('f1', 'firing', { service: 'mial', alertname: 'A' }),
      alert('f2', 'firing'),
      alert('f3', 'resolved', { alertname: 'B' }),
    );
    expect(taken.map((one) => one.did)).toEqual(['opened', 'known']);
    expect(refused).toEqual([{ alert: 'A', problem: expect.stringContaining('mail') }]);
  });

  it('does not take our own incidents back', async () => {
    expect(await post(alert('f1', 'firing', { alertname: 'EvenkeelIncident' }))).toMatchObject({
      taken: [],
      refused: [],
    });
  });

  it('needs a key, and the shape of version 4', async () => {
    const bare = await api.call('POST', '/api/v1/alertmanager', { body: webhook(alert('f1', 'firing')) });
    expect(bare.status).toBe(401);
    for (const wrong of [{}, { ...webhook(), version: '3' }, { ...webhook(), alerts: [{}] }]) {
      expect((await api.call('POST', '/api/v1/alertmanager', { key, body: wrong })).status).toBe(400);
    }
  });
});
