import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type WholeApi, wholeApi } from '../../api/whole-api.test.support.ts';
import { type ControlServer, serveControl } from '../../server.ts';
import { notification, soon } from '../receiver.test.support.ts';
import { alertmanager, alertsOf } from './alertmanager.ts';

/** Why Debian's Alertmanager cannot be had here; where everything is to be checked (CI=true) it has to be. */
function missing(): string | undefined {
  if (spawnSync('prometheus-alertmanager', ['--version']).status === 0) return undefined;
  const reason = 'Alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)';
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`SKIPPED: ${reason}`);
  return reason;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const alertList = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    generatorURL: z.string(),
    status: z.object({ state: z.string() }),
  }),
);
const incidentList = z.object({
  incidents: z.array(
    z.object({ title: z.string(), status: z.string(), severity: z.string(), type: z.string() }),
  ),
});

describe.skipIf(missing() !== undefined)('a real Alertmanager', () => {
  let dir: string;
  let child: ChildProcess;
  let url: string;
  let api: WholeApi;
  let server: ControlServer;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'evenkeel-am-'));
    api = await wholeApi();
    server = await serveControl(api.app, 0, '127.0.0.1');
    const { token } = await api.key('alertmanager', 'operator');
    const config = {
      route: {
        receiver: 'evenkeel',
        group_by: ['alertname'],
        group_wait: '50ms',
        group_interval: '100ms',
        repeat_interval: '1h',
      },
      receivers: [
        {
          name: 'evenkeel',
          webhook_configs: [
            {
              url: `http://127.0.0.1:${server.port}/api/v1/alertmanager`,
              send_resolved: true,
              http_config: { authorization: { type: 'Bearer', credentials: token } },
            },
          ],
        },
      ],
    };
    writeFileSync(join(dir, 'alertmanager.yml'), JSON.stringify(config));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${join(dir, 'alertmanager.yml')}`,
        `--storage.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    await until(async () => (await fetch(`${url}/-/ready`)).ok, 'Alertmanager');
  }, 40_000);
  afterAll(async () => {
    if (child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    await server.close();
    await api.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const alerts = async () => alertList.parse(await (await fetch(`${url}/api/v2/alerts`)).json());
  const incidents = async () =>
    incidentList.parse((await api.call('GET', '/api/v1/incidents')).json).incidents;
  const fire = (endsAt: number | undefined) =>
    fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        {
          labels: { alertname: 'FeatureStoreSlow', service: 'mail', severity: 'warning' },
          annotations: { summary: 'features take 300 ms' },
          startsAt: new Date(Date.now() - 60_000).toISOString(),
          ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
        },
      ]),
    });

  it('takes our incidents, updated in their place, and lets them go when they are resolved', async () => {
    const out = alertmanager({ name: 'am', url, internal: true });
    const now = { at: Date.now() };
    const of = { openedAt: Date.now() - 60_000 };
    expect(await out.send(notification(now, of), soon())).toEqual({ kind: 'sent', detail: 'HTTP 200' });
    await until(async () => (await alerts()).length === 1, 'the alert');
    const graver = { ...of, severity: 'SEV2', summary: 'a rung has been pinned' } as const;
    await out.send(notification({ ...now, event: 'updated' }, graver), soon());
    await until(
      async () => (await alerts())[0]?.annotations.description === 'a rung has been pinned',
      'the update',
    );
    const [one, ...more] = await alerts();
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      labels: { alertname: 'EvenkeelIncident', incident: 'INC-1', service: 'mail' },
      generatorURL: 'http://dashboard.example/#/incidents/INC-1',
      status: { state: 'active' },
    });
    await out.send(notification({ event: 'resolved', at: Date.now() - 1 }, of), soon());
    await until(async () => (await alerts()).length === 0, 'its end');
    // It came back to us by the webhook, and was known for ours.
    expect(await incidents()).toEqual([]);
  }, 40_000);

  it('opens incidents here by its webhook, and resolves them', async () => {
    expect((await fire(undefined)).ok).toBe(true);
    await until(async () => (await incidents()).length === 1, 'the incident');
    expect(await incidents()).toEqual([
      { title: 'features take 300 ms', status: 'detected', severity: 'SEV3', type: 'feature_pipeline' },
    ]);
    await fire(Date.now() - 1);
    await until(async () => (await incidents())[0]?.status === 'resolved', 'its end');
    await fire(undefined);
    await until(async () => (await incidents())[0]?.status !== 'resolved', 'its coming back');
    expect(await incidents()).toHaveLength(1);
  }, 40_000);

  it('refuses nothing of what an incident may hold', async () => {
    const odd = 'ü😀\u0000"<b>\n';
    const body = JSON.stringify(
      alertsOf(
        notification({ at: Date.now() }, { title: odd, summary: odd.repeat(900), type: odd, id: odd }),
      ),
    );
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status, await answer.text()).toBe(200);
  });
});
