import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../process/evenkeel.ts';
import { type Dashboard, settled, skipped, startDashboard, VIEWPORTS, violations } from './dashboard.ts';

let dashboard: Dashboard;
let incident = '';
let request = '';

async function predict(): Promise<string> {
  const response = await fetch(`${dashboard.evenkeel.gateway}/v1/predict/mail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: '<b>offer</b> for you' }),
  });
  await response.arrayBuffer();
  return response.headers.get('evenkeel-request-id') ?? '';
}

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;

describe.skipIf(skipped)('every page of the dashboard', () => {
  beforeAll(async () => {
    dashboard = await startDashboard();
    for (let i = 0; i < 12; i++) request = await predict();
    const opened = await dashboard.api('POST', 'incidents', {
      service: 'mail',
      type: 'data_quality',
      severity: 'SEV3',
      title: 'mails without a sender <script>alert(1)</script>',
    });
    incident = String(field(opened.body, 'id'));
    await dashboard.api('PUT', 'schedules/mail', {
      name: 'Mail',
      timeZone: 'Europe/Berlin',
      layers: [{ name: 'days', people: ['ann', 'bob'], turnDays: 7, startDay: 20_000, handOver: 540 }],
    });
    await dashboard.api('POST', 'silences', {
      kind: 'silence',
      to: Date.now() + 3_600_000,
      reason: 'a drill',
    });
    await dashboard.api('POST', 'changes', {
      id: 'c1',
      service: 'mail',
      kind: 'deploy',
      what: 'mail',
      version: '2',
    });
    await until(async () => {
      const { body } = await dashboard.api('GET', 'objectives/mail/availability');
      return field(field(body, 'counts'), 'total') === 12;
    });
  }, 40_000);
  afterAll(() => dashboard?.close());

  function hashes(): readonly string[] {
    return [
      '#/',
      '#/services/mail',
      '#/incidents',
      `#/incidents/${incident}`,
      '#/objectives',
      '#/objectives/mail/availability?range=1h',
      '#/requests',
      `#/requests/${request}`,
      '#/queues',
      '#/monitors',
      '#/experiments',
      '#/gamedays',
      '#/runs',
      '#/models',
      '#/reviews',
      `#/reviews/${incident}`,
      '#/on-call',
      '#/outbox',
      '#/audit',
      '#/settings',
    ];
  }

  for (const size of ['desktop', 'phone'] as const) {
    it(`loads without a complaint and is accessible, in light and dark: ${size}`, async () => {
      const tab = await dashboard.open({ size });
      const wrong: string[] = [];
      try {
        for (const hash of hashes()) {
          await tab.go(hash);
          const found = [...(await violations(tab.page, 'all'))];
          // Themes differ in their colours alone.
          await tab.page.emulateMedia({ colorScheme: 'dark' });
          found.push(...(await violations(tab.page, 'colours')).map((what) => `dark: ${what}`));
          await tab.page.emulateMedia({ colorScheme: 'light' });
          const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > VIEWPORTS[size].width) found.push(`${wide} pixels wide`);
          wrong.push(...[...tab.complaints(), ...found].map((what) => `${hash}: ${what}`));
        }
        expect(wrong).toEqual([]);
      } finally {
        await tab.close();
      }
    }, 60_000);
  }

  it('shows what people typed as text, never as markup', async () => {
    const tab = await dashboard.open();
    await tab.go(`#/incidents/${incident}`);
    expect(await tab.page.locator('h1').textContent()).toContain('<script>alert(1)</script>');
    await tab.close();
  });

  it('asks nothing of the API that its document does not have', async () => {
    const { body } = await dashboard.api('GET', 'openapi.json');
    const paths = Object.keys(Object(field(body, 'paths'))).map(
      (path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    );
    const asked = new Set<string>();
    const tab = await dashboard.open();
    tab.page.on('request', (one) => {
      const { pathname } = new URL(one.url());
      if (pathname.startsWith('/api/')) asked.add(pathname);
    });
    for (const hash of hashes()) await tab.go(hash);
    await tab.close();
    expect(asked.size).toBeGreaterThan(15);
    expect([...asked].filter((path) => !paths.some((known) => known.test(path)))).toEqual([]);
  }, 20_000);

  it('comes back to what its address says, filters and range too', async () => {
    const tab = await dashboard.open();
    await tab.go('#/objectives?category=latency');
    expect(await tab.page.locator('tbody tr').count()).toBe(1);
    await tab.page.reload();
    await settled(tab.page);
    expect(await tab.page.locator('tbody tr').count()).toBe(1);
    await tab.go('#/objectives/mail/availability');
    await tab.page.getByRole('button', { name: '6h' }).click();
    expect(tab.page.url()).toContain('range=6h');
    await tab.page.goBack();
    await settled(tab.page);
    expect(tab.page.url()).toContain('category=latency');
    await tab.close();
  }, 20_000);

  it('goes on showing what it knew when the process is gone, and says so', async () => {
    const tab = await dashboard.open();
    await tab.go('#/services/mail');
    await tab.page.context().setOffline(true);
    await tab.page.getByText('not connected').waitFor({ timeout: 10_000 });
    expect(await tab.page.getByRole('heading', { name: 'Ladder' }).count()).toBe(1);
    await tab.page.context().setOffline(false);
    await tab.page.getByText('live', { exact: true }).waitFor({ timeout: 15_000 });
    await tab.close();
  }, 30_000);
});
