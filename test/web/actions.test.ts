import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../process/evenkeel.ts';
import { type Dashboard, skipped, startDashboard, type Tab } from './dashboard.ts';

let dashboard: Dashboard;
let tab: Tab;

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
const list = (body: unknown, name: string): readonly unknown[] => {
  const found = field(body, name);
  return Array.isArray(found) ? found : [];
};
const get = async (path: string): Promise<unknown> => (await dashboard.api('GET', path)).body;

async function openIncident(title: string): Promise<string> {
  const { body } = await dashboard.api('POST', 'incidents', {
    service: 'mail',
    type: 'model_degradation',
    severity: 'SEV3',
    title,
  });
  return String(field(body, 'id'));
}

describe.skipIf(skipped)('what a person does on the dashboard', () => {
  beforeAll(async () => {
    dashboard = await startDashboard();
    tab = await dashboard.open();
    await until(async () => field(await get('services/mail/diagnosis'), 'diagnosis') !== null);
  }, 40_000);
  afterAll(() => dashboard?.close());

  it('signs in by the link, and leaves no key in the address', async () => {
    expect(tab.page.url()).not.toContain('key');
    await tab.page.getByRole('button', { name: /Sign out local/ }).waitFor();
    const reader = await dashboard.open({ key: '' });
    await reader.go('#/services/mail');
    expect(await reader.page.getByRole('button', { name: /^Pin/ }).count()).toBe(0);
    await reader.page.getByRole('button', { name: /sign in/ }).click();
    await reader.page.getByLabel(/^Key/).fill('not a key');
    await reader.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await reader.page.getByText(/A key looks like/).waitFor();
    await reader.page.getByLabel(/^Key/).fill(`${dashboard.evenkeel.control}/#key=${dashboard.evenkeel.key}`);
    await reader.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await reader.page.getByRole('button', { name: 'Pin hold' }).waitFor();
    await reader.close();
  });

  it('shows what a mitigation would do before it does it, and undoes it', async () => {
    const { page } = tab;
    const id = await openIncident('the model is odd');
    // What can be done is judged by the last look at the service.
    await until(
      async () =>
        list(await get(`incidents/${id}/actions`), 'actions').some(
          (one) => field(one, 'kind') === 'pin_safer_rung' && field(field(one, 'plan'), 'kind') === 'orders',
        ),
      15_000,
    );
    await tab.go(`#/incidents/${id}`);
    const action = page.locator('.steps > li').filter({ hasText: 'Enter the ladder below' });
    await action.getByRole('button', { name: 'What would it do?' }).click();
    await action.getByText(/All requests of mail enter at hold/).waitFor();
    await action.getByRole('button', { name: 'Do it' }).click();
    await action.getByRole('button', { name: 'Undo' }).click({ timeout: 8_000 });
    await until(async () => list(await get('directives'), 'directives').length === 0, 8_000);
  }, 25_000);

  it('pins a rung with a reason, sees it in force, and lifts it', async () => {
    const { page } = tab;
    await tab.go('#/services/mail');
    await page.getByRole('button', { name: 'Pin hold' }).click();
    const pin = page.getByRole('button', { name: 'Pin it' });
    expect(await pin.isDisabled()).toBe(true);
    await page.getByLabel('Reason').fill('a drill');
    await pin.click();
    await page.getByText('Requests enter at hold', { exact: true }).waitFor();
    await page.getByText('pinned by local, a drill').waitFor();
    expect(list(await get('directives'), 'directives')).toHaveLength(1);
    await page.getByRole('button', { name: 'Lift' }).click();
    await page.getByText('None: the ladder decides by itself.').waitFor();
    expect(list(await get('directives'), 'directives')).toHaveLength(0);
  }, 20_000);

  it('acknowledges, notes and resolves an incident that came in while it was looking', async () => {
    const { page } = tab;
    await tab.go('#/incidents');
    const id = await openIncident('odd answers');
    await page.getByRole('link', { name: 'odd answers' }).click({ timeout: 8_000 });
    await page.getByRole('heading', { name: 'odd answers' }).waitFor();
    await page.keyboard.press('a');
    await page.getByText('local is on it.').waitFor();
    await page.keyboard.press('n');
    await page.keyboard.type('looking at the logs');
    await page.keyboard.press('Control+Enter');
    await page.locator('.timeline').getByText('looking at the logs').waitFor();
    await page.getByRole('button', { name: 'Resolve', exact: true }).click();
    await page.getByLabel('What ended it').fill('it was a drill');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start the review' }).waitFor();
    const incident = await get(`incidents/${id}`);
    expect(field(incident, 'status')).toBe('resolved');
    expect(field(incident, 'acknowledgedBy')).toBe('local');
  }, 20_000);

  it('is shown what somebody faster did, before its own decision counts', async () => {
    const { page } = tab;
    const id = await openIncident('two at once');
    await tab.go(`#/incidents/${id}`);
    await page.getByRole('button', { name: 'Severity' }).click();
    await page.getByLabel('Severity').last().selectOption('SEV4');
    await page.getByLabel('Reason').fill('few are hit');
    // Between the decision and its arrival, somebody else writes.
    let first = true;
    await page.route('**/commands', async (route) => {
      if (first) {
        first = false;
        await dashboard.api('POST', `incidents/${id}/commands`, {
          intent: { do: 'note', text: 'wait for me' },
        });
      }
      await route.continue();
    });
    await page.getByRole('button', { name: 'Set the severity' }).click();
    const conflict = page.getByRole('alert').filter({ hasText: 'Somebody was faster.' });
    await conflict.getByText('wait for me').waitFor();
    expect(field(await get(`incidents/${id}`), 'severity')).toBe('SEV3');
    await conflict.getByRole('button', { name: /anyway/ }).click();
    await until(async () => field(await get(`incidents/${id}`), 'severity') === 'SEV4');
    await page.unroute('**/commands');
  }, 20_000);

  it('decides a held item by one key, and takes it back in time', async () => {
    const { page } = tab;
    await dashboard.api('POST', 'directives', {
      service: 'mail',
      order: { kind: 'pin', rung: 'hold' },
      reason: 'to have something held',
      lease: '5m',
    });
    for (const text of ['first', 'second']) {
      await fetch(`${dashboard.evenkeel.gateway}/v1/predict/mail`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: `<img src=x onerror=alert(1)> ${text}` }),
      }).then((response) => response.arrayBuffer());
    }
    await tab.go('#/queues');
    const card = page.locator('.card pre');
    await card.getByText('first').waitFor();
    await page.keyboard.press('1');
    await card.getByText('second').waitFor();
    await page.keyboard.press('u');
    await card.getByText('first').waitFor();
    expect(list(await get('queues/items?state=decided'), 'items')).toHaveLength(0);
    await page.keyboard.press('2');
    await card.getByText('second').waitFor();
    // Leaving sends what was held back.
    await tab.go('#/');
    await until(async () => list(await get('queues/items?state=decided'), 'items').length === 1);
    const [decided] = list(await get('queues/items?state=decided'), 'items');
    expect([field(decided, 'verdict'), field(decided, 'decidedBy')]).toEqual(['block', 'local']);
  }, 20_000);

  it('makes a key, shows it once, and revokes it', async () => {
    const { page } = tab;
    await tab.go('#/settings');
    await page.getByLabel('Name').fill('deploy job');
    await page.getByLabel('Role').selectOption('operator');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const token = (await page.locator('.token').textContent()) ?? '';
    expect(token).toMatch(/^ek_/);
    const as = (): Promise<Response> =>
      fetch(`${dashboard.evenkeel.control}/api/v1/session`, {
        headers: { authorization: `Bearer ${token}` },
      });
    expect(await (await as()).json()).toMatchObject({ name: 'deploy job', role: 'operator' });
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.locator('.token').count()).toBe(0);
    await page.getByRole('button', { name: 'Revoke deploy job' }).click();
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('deploy job is revoked').waitFor();
    await until(async () =>
      list(await get('keys'), 'keys').some((key) => typeof field(key, 'revokedAt') === 'number'),
    );
  }, 20_000);

  it('says beside the field what the API does not take', async () => {
    const { page } = tab;
    await tab.go('#/on-call');
    await page.getByRole('button', { name: 'New schedule' }).click();
    await page.getByLabel(/^Name/).fill('Nights');
    await page.getByLabel('Time zone').fill('Atlantis/Deep');
    await page.getByLabel(/^People/).fill('ann, bob');
    await page.getByRole('button', { name: 'Put in force' }).click();
    await page.getByRole('alert').getByText(/zone/i).waitFor();
    // Nothing that was typed is lost.
    expect(await page.getByLabel(/^People/).inputValue()).toBe('ann, bob');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Put in force' }).click();
    await page.getByText(/until/).first().waitFor();
  }, 20_000);

  it('goes anywhere by keys', async () => {
    const { page } = tab;
    await tab.go('#/');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('latency');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'latency-p95' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'Audit' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });

  it('has made no complaint all the while', () => {
    const expected = /409|400|Failed to load resource|net::ERR/;
    expect(tab.complaints().filter((what) => !expected.test(what))).toEqual([]);
  });
});
