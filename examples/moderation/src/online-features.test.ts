import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createOnlineFeatures } from './online-features.ts';

const START = Date.UTC(2026, 0, 10);
const DAY = 86_400_000;

const answer = z.object({
  metadata: z.object({ feature_names: z.array(z.string()) }),
  results: z.array(
    z.object({
      values: z.array(z.unknown()),
      statuses: z.array(z.string()),
      event_timestamps: z.array(z.string()),
    }),
  ),
});

function features() {
  let now = START;
  const online = createOnlineFeatures(
    new Map([['a@x.org', { mailsSeen: 4, spamShare: 0.25, firstSeen: START - 30 * DAY }]]),
    () => now,
  );
  const ask = (body: unknown) => {
    const reply = online.getOnlineFeatures(body);
    expect(reply.status).toBe(200);
    return answer.parse(reply.body);
  };
  return {
    online,
    ask,
    advance(ms: number) {
      now += ms;
    },
  };
}

describe('get-online-features', () => {
  it('answers by column, the entity first, with NOT_FOUND where nothing is known', () => {
    const { ask } = features();
    const body = ask({
      features: ['sender_history:spam_share', 'sender_history:first_seen'],
      entities: { sender: ['nobody@x.org', 'a@x.org'] },
    });
    expect(body.metadata.feature_names).toEqual(['sender', 'spam_share', 'first_seen']);
    expect(body.results.map((column) => column.values)).toEqual([
      ['nobody@x.org', 'a@x.org'],
      [null, 0.25],
      [null, new Date(START - 30 * DAY).toISOString()],
    ]);
    expect(body.results[1]?.statuses).toEqual(['NOT_FOUND', 'PRESENT']);
    expect(body.results[1]?.event_timestamps).toEqual([
      '1970-01-01T00:00:00.000Z',
      new Date(START).toISOString(),
    ]);
  });

  it('takes a feature service, and full names when asked', () => {
    const { ask } = features();
    const body = ask({
      feature_service: 'moderation',
      entities: { sender: ['a@x.org'] },
      full_feature_names: true,
    });
    expect(body.metadata.feature_names).toEqual([
      'sender',
      'sender_history__mails_seen',
      'sender_history__spam_share',
      'sender_history__first_seen',
    ]);
  });

  it('says with a fresh stamp that history is current', () => {
    const { ask, online, advance } = features();
    const stamp = (): string | undefined =>
      ask({ features: ['sender_history:mails_seen'], entities: { sender: ['a@x.org'] } }).results[1]
        ?.event_timestamps[0];
    advance(60_000);
    expect(stamp()).toBe(new Date(START).toISOString());
    online.restamp();
    expect(stamp()).toBe(new Date(START + 60_000).toISOString());
  });

  it.each([
    [{}, 422, 'entities'],
    [[], 422, 'expected object'],
    [{ features: 3, entities: {} }, 422, 'features'],
    [{ entities: { sender: [] } }, 422, 'Exactly one'],
    [{ features: ['x'], feature_service: 'moderation', entities: { sender: [] } }, 422, 'Exactly one'],
    [{ feature_service: 'toString', entities: { sender: [] } }, 404, 'FeatureServiceNotFoundException'],
    [{ features: ['other:mails_seen'], entities: { sender: [] } }, 404, 'FeatureViewNotFoundException'],
    [{ features: ['sender_history:nope'], entities: { sender: [] } }, 400, 'nope'],
    [{ features: ['sender_history:mails_seen'], entities: {} }, 400, 'EntityNotFoundException'],
    [{ features: ['sender_history:mails_seen'], entities: { sender: [], user: [] } }, 400, 'user'],
  ])('refuses %j with %i', (body, status, word) => {
    const reply = features().online.getOnlineFeatures(body);
    expect(reply.status).toBe(status);
    expect(JSON.stringify(reply.body)).toContain(word);
  });
});

describe('push', () => {
  const view = { feature_service: 'moderation', entities: { sender: ['b@x.org'] } };

  it('takes new values as they are', () => {
    const { online, ask } = features();
    const at = new Date(START + 5_000).toISOString();
    const df = {
      sender: ['B@x.org'],
      mails_seen: [7],
      spam_share: [1],
      first_seen: [START],
      event_timestamp: [at],
    };
    expect(online.push({ push_source_name: 'sender_history', df }).status).toBe(200);
    const body = ask(view);
    expect(body.results.slice(1).map((column) => column.values[0])).toEqual([
      7,
      1,
      new Date(START).toISOString(),
    ]);
    expect(body.results[1]?.event_timestamps[0]).toBe(at);
  });

  it('counts labelled mail into the history', () => {
    const { online, ask } = features();
    const df = { sender: ['a@x.org', 'b@x.org'], label: ['spam', 'ham'], event_timestamp: [START, START] };
    expect(online.push({ push_source_name: 'labelled_mail', df }).status).toBe(200);
    const body = ask({ ...view, entities: { sender: ['a@x.org', 'b@x.org'] } });
    expect(body.results[1]?.values).toEqual([5, 1]);
    expect(body.results[2]?.values).toEqual([0.4, 0]);
  });

  it.each([
    [{ push_source_name: 'x', df: {} }, 404],
    [
      {
        push_source_name: 'labelled_mail',
        df: { sender: ['a'], label: ['spam', 'ham'], event_timestamp: [1] },
      },
      400,
    ],
    [
      { push_source_name: 'labelled_mail', df: { sender: ['a'], label: ['eggs'], event_timestamp: [1] } },
      422,
    ],
    [
      {
        push_source_name: 'labelled_mail',
        df: { sender: ['a'], label: ['spam'], event_timestamp: ['soon'] },
      },
      422,
    ],
    [{ push_source_name: 'labelled_mail', df: {}, to: 'offline' }, 400],
    ['x', 422],
  ])('refuses %j with %i and changes nothing', (body, status) => {
    const { online } = features();
    expect(online.push(body).status).toBe(status);
    expect(online.size()).toBe(1);
  });
});
