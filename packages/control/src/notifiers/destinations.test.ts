import { fakeClock } from '@evenkeel/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { alertmanager } from './alertmanager/alertmanager.ts';
import type { Delivery, Notification, Notifier } from './notification.ts';
import { pagerDuty, pagerDutyEvent } from './pagerduty/pagerduty.ts';
import { AT, notification, type Receiver, soon, startReceiver } from './receiver.test.support.ts';
import { slack, slackMessage } from './slack/slack.ts';
import { REPLAY_WINDOW_MS, wrongSignature } from './webhook/signature.ts';
import { webhook } from './webhook/webhook.ts';

const KEY = '0123456789abcdef0123456789abcdef';

/** Events API v2, by its published fields and limits. */
const link = z.strictObject({ href: z.url(), text: z.string().optional() });
const common = {
  routing_key: z.string().length(32),
  client: z.string().optional(),
  client_url: z.string().optional(),
};
const pagerDutyShape = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...common,
    event_action: z.literal('trigger'),
    dedup_key: z.string().max(255).optional(),
    links: z.array(link).optional(),
    images: z.array(z.object({ src: z.url() })).optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.unknown(),
    }),
  }),
  z.strictObject({
    ...common,
    event_action: z.enum(['acknowledge', 'resolve']),
    dedup_key: z.string().max(255),
  }),
]);
const EVENT_BYTES = 512_000;

let receiver: Receiver;
const clock = fakeClock(0, AT);

beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const pager = (internal = true): Notifier =>
  pagerDuty({ name: 'pager', routingKey: KEY, url: receiver.url, internal });
const hook = (secret: string | undefined = undefined): Notifier =>
  webhook({ name: 'hook', url: receiver.url, secret, internal: true }, clock);
const chat = (): Notifier => slack({ kind: 'webhook', name: 'chat', url: receiver.url, internal: true });
const bot = (): Notifier =>
  slack({ kind: 'bot', name: 'bot', token: 'xoxb-1', channel: 'C1', url: receiver.url, internal: true });
const am = (): Notifier => alertmanager({ name: 'am', url: `${receiver.url}/`, internal: true });

const accepts = {
  pager: () =>
    receiver.answer((response) =>
      response.writeHead(202).end('{"status":"success","message":"Event processed"}'),
    ),
  chat: () => receiver.answer((response) => response.end('ok')),
  bot: () => receiver.answer((response) => response.end('{"ok":true,"ts":"1718.0001"}')),
};

describe('PagerDuty', () => {
  it.each([
    ['opened', 'trigger'],
    ['updated', 'trigger'],
    ['escalated', 'trigger'],
    ['reopened', 'trigger'],
    ['test', 'trigger'],
    ['acknowledged', 'acknowledge'],
    ['resolved', 'resolve'],
  ] as const)('%s is sent as a valid %s of the same alert', async (event, action) => {
    accepts.pager();
    expect(await pager().send(notification({ event }), soon())).toEqual({ kind: 'sent', detail: 'HTTP 202' });
    const body = pagerDutyShape.parse(receiver.received[0]?.json);
    expect(body).toMatchObject({ event_action: action, dedup_key: 'evenkeel/INC-1', routing_key: KEY });
  });

  it('stays within the limits whatever is in an incident', () => {
    const text = (most: number) =>
      fc.string({ unit: 'binary', maxLength: most }).map((one) => one.repeat(3).slice(0, most));
    const big = (most: number) =>
      fc.constantFrom('x', 'ü', '😀', '"\\', '\u0000').map((one) => one.repeat(most));
    fc.assert(
      fc.property(
        fc.oneof(text(400), big(333)),
        fc.oneof(text(1_000), big(4_000)),
        fc.array(fc.oneof(text(500), big(1_000)), { maxLength: 50 }),
        (title, summary, evidence) => {
          const event = pagerDutyEvent(
            notification({}, { title, summary, evidence, runbook: evidence, id: title.slice(0, 200) }),
            KEY,
          );
          const sent = JSON.stringify(event);
          expect(Buffer.byteLength(sent)).toBeLessThanOrEqual(EVENT_BYTES);
          pagerDutyShape.parse(JSON.parse(sent));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('wakes nobody for what is no page, but ends what did', async () => {
    accepts.pager();
    const quiet = { page: false } as const;
    expect(await pager().send(notification({ ...quiet, event: 'updated' }), soon())).toMatchObject({
      kind: 'sent',
    });
    expect(receiver.received).toHaveLength(0);
    await pager().send(notification({ ...quiet, event: 'resolved' }), soon());
    expect(receiver.received).toHaveLength(1);
  });
});

describe('Slack', () => {
  const text = z.string().min(1).max(3_000);
  const messageShape = z.object({
    text,
    blocks: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({
            type: z.literal('section'),
            text: z.strictObject({ type: z.literal('mrkdwn'), text }),
          }),
          z.strictObject({
            type: z.literal('context'),
            elements: z.array(z.strictObject({ type: z.literal('mrkdwn'), text })).max(10),
          }),
        ]),
      )
      .max(50),
  });

  it('by webhook is a valid message that nothing from outside can turn into a ping or a link', async () => {
    accepts.chat();
    const evil = '<!channel> <http://evil.example|sign in> & <@U1>';
    await chat().send(notification({}, { title: evil, summary: evil, evidence: [evil] }), soon());
    const message = messageShape.parse(receiver.received[0]?.json);
    const said = JSON.stringify(message);
    expect(said).not.toContain('<!channel>');
    expect(said.match(/<[^>]*>/g)).toEqual(['<http://dashboard.example/#/incidents/INC-1|INC-1>']);
  });

  it('is never cut in the middle of an escaped character', () => {
    for (let n = 2_980; n < 3_010; n++) {
      const { blocks } = messageShape.parse(
        slackMessage(notification({}, { summary: `${'x'.repeat(n)}&&&&` })),
      );
      const summary = blocks[1];
      if (summary?.type !== 'section') throw new Error('no summary');
      expect(summary.text.text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
    }
  });

  it('by bot keeps one thread for each incident, and knows that 200 may be a refusal', async () => {
    accepts.bot();
    const one = bot();
    await one.send(notification(), soon());
    await one.send(notification({ event: 'updated' }), soon());
    await one.send(notification({}, { id: 'INC-2' }), soon());
    const threads = receiver.received.map(
      ({ json }) => z.object({ thread_ts: z.string().optional() }).parse(json).thread_ts,
    );
    expect(threads).toEqual([undefined, '1718.0001', undefined]);
    expect(receiver.received[0]?.headers.authorization).toBe('Bearer xoxb-1');
    receiver.answer((response) => response.end('{"ok":false,"error":"channel_not_found"}'));
    expect(await one.send(notification(), soon())).toEqual({
      kind: 'dead',
      reason: 'Slack: channel_not_found',
    });
    receiver.answer((response) =>
      response.writeHead(200, { 'retry-after': '7' }).end('{"ok":false,"error":"ratelimited"}'),
    );
    expect(await one.send(notification(), soon())).toEqual({
      kind: 'retry',
      reason: 'Slack: ratelimited',
      afterMs: 7_000,
    });
  });
});

describe('a webhook', () => {
  it('carries the notification, its id for idempotency, and a signature over both time and body', async () => {
    await hook('s3cret').send(notification(), soon());
    const [got] = receiver.received;
    expect(got?.json).toEqual(notification());
    expect(got?.headers['idempotency-key']).toBe('INC-1/3/opened/pager');
    const header = String(got?.headers['evenkeel-signature']);
    const body = got?.text ?? '';
    expect(wrongSignature(body, header, 's3cret', AT)).toBeUndefined();
    expect(wrongSignature(`${body} `, header, 's3cret', AT)).toBe('the signature does not match');
    expect(wrongSignature(body, header, 'other', AT)).toBe('the signature does not match');
    expect(wrongSignature(body, undefined, 's3cret', AT)).toBe('the signature is missing');
    expect(wrongSignature(body, 'v1=00', 's3cret', AT)).toContain('not of the form');
  });

  it('that is replayed after the window, or before its time, is told by its time', async () => {
    await hook('s3cret').send(notification(), soon());
    const header = String(receiver.received[0]?.headers['evenkeel-signature']);
    const body = receiver.received[0]?.text ?? '';
    expect(wrongSignature(body, header, 's3cret', AT + REPLAY_WINDOW_MS)).toBeUndefined();
    expect(wrongSignature(body, header, 's3cret', AT + REPLAY_WINDOW_MS + 1_000)).toContain('301 s away');
    expect(wrongSignature(body, header, 's3cret', AT - REPLAY_WINDOW_MS - 1_000)).toContain('301 s away');
    // A new time with the old signature is no new message.
    const renewed = header.replace(/t=\d+/, `t=${(AT + 600_000) / 1_000}`);
    expect(wrongSignature(body, renewed, 's3cret', AT + 600_000)).toBe('the signature does not match');
  });

  it('without a secret is not signed', async () => {
    await hook().send(notification(), soon());
    expect(receiver.received[0]?.headers['evenkeel-signature']).toBeUndefined();
  });
});

const all: readonly (readonly [string, () => Notifier])[] = [
  ['PagerDuty', pager],
  ['Slack by webhook', chat],
  ['Slack by bot', bot],
  ['a webhook', hook],
  ['an Alertmanager', am],
];

describe.each(all)('%s that', (name, make) => {
  const send = (changes: Partial<Notification> = {}): Promise<Delivery> =>
    make().send(notification(changes), soon());

  it('says 429 is asked again when it said, and no later than an hour', async () => {
    receiver.answer((response) => response.writeHead(429, { 'retry-after': '12' }).end('slow down'));
    expect(await send()).toEqual({ kind: 'retry', reason: 'HTTP 429: slow down', afterMs: 12_000 });
    receiver.answer((response) => response.writeHead(429, { 'retry-after': '99999999' }).end());
    expect(await send()).toEqual({ kind: 'retry', reason: 'HTTP 429', afterMs: 3_600_000 });
  });

  it.each([408, 500, 502, 503, 504])('says %d is asked again', async (status) => {
    receiver.answer((response) => response.writeHead(status).end());
    expect(await send()).toMatchObject({ kind: 'retry' });
  });

  it.each([400, 401, 403, 404, 410, 413, 422])('says %d did not want it', async (status) => {
    receiver.answer((response) => response.writeHead(status).end('no'));
    expect(await send()).toEqual({ kind: 'dead', reason: `HTTP ${status}: no` });
  });

  it('points elsewhere is not followed', async () => {
    const elsewhere = await startReceiver();
    for (const status of [301, 302, 307, 308]) {
      receiver.answer((response) => response.writeHead(status, { location: elsewhere.url }).end());
      expect(await send()).toEqual({ kind: 'dead', reason: `HTTP ${status}: redirects are not followed` });
    }
    expect(elsewhere.received).toHaveLength(0);
    await elsewhere.close();
  });

  it('says nothing is not waited for longer than the attempt', async () => {
    receiver.answer(() => {});
    const result = await make().send(notification(), AbortSignal.timeout(100));
    expect(result).toMatchObject({ kind: 'retry' });
  });

  it('hangs up, in front of an answer or inside it, is asked again', async () => {
    receiver.answer((response) => response.destroy());
    expect(await send()).toMatchObject({ kind: 'retry' });
    receiver.answer((response) => {
      response.writeHead(500, { 'content-length': '100' });
      response.write('hal');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await send()).toMatchObject({ kind: 'retry' });
  });

  it('floods us with its answer is cut short', async () => {
    receiver.answer((response) => {
      response.writeHead(500);
      const flood = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', flood);
      flood();
    });
    const result = await send();
    expect(result.kind).toBe('retry');
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });

  it('says 200 to anything is believed only where success has no words of its own', async () => {
    receiver.answer((response) => response.end('<html>Please sign in</html>'));
    const result = await send();
    const plain = name === 'a webhook' || name === 'an Alertmanager';
    if (plain) expect(result).toEqual({ kind: 'sent', detail: 'HTTP 200' });
    else expect(result).toMatchObject({ kind: 'retry', reason: expect.stringContaining('not an answer of') });
  });
});
