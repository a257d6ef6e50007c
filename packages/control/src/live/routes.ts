import type { Timers } from '@evenkeel/core';
import { noQuery, Reply, type Route, read } from '../api/route.ts';
import type { LiveEvent, LiveFeed } from './feed.ts';

/** A comment this often keeps proxies from closing a quiet stream, in milliseconds. */
const HEARTBEAT_MS = 15_000;
/** What a reader who is this many events behind has not taken is dropped: it reads everything again. */
const MOST_BEHIND = 500;

const line = (event: LiveEvent): string =>
  `id: ${event.sequence}\nevent: ${event.topic}\ndata: ${JSON.stringify(event.key)}\n\n`;

/** Server-sent events (WHATWG HTML, "Server-sent events"): `last-event-id` says where a reader goes on. */
export function liveRoutes(feed: LiveFeed, timers: Timers): readonly Route[] {
  return [
    read({
      path: '/api/v1/events',
      role: 'viewer',
      tag: 'process',
      summary: 'What changed, as it changes: server-sent events whose name is the noun to read again.',
      query: noQuery,
      handle(_, { headers, signal }) {
        const encoder = new TextEncoder();
        const asked = headers.get('last-event-id');
        const from = asked === null ? feed.latest() : Number(asked);
        let stop: () => void = () => {};
        let beat: () => void = () => {};
        const end = (): void => {
          stop();
          beat();
        };
        const body = new ReadableStream<Uint8Array>(
          {
            start(controller) {
              const send = (text: string): void => controller.enqueue(encoder.encode(text));
              const missed = Number.isSafeInteger(from) ? feed.after(from) : undefined;
              send(`retry: 1000\n: ${feed.latest()}\n\n`);
              if (missed === undefined) send(`id: ${feed.latest()}\nevent: reset\ndata: ""\n\n`);
              else for (const event of missed) send(line(event));
              stop = feed.on((event) => {
                // A reader that does not read must not fill our memory.
                if ((controller.desiredSize ?? 0) < -MOST_BEHIND) {
                  end();
                  controller.close();
                  return;
                }
                send(line(event));
              });
              const next = (): void => {
                beat = timers.after(HEARTBEAT_MS, () => {
                  send(': still here\n\n');
                  next();
                });
              };
              next();
              signal.addEventListener('abort', end, { once: true });
            },
            cancel: end,
          },
          new CountQueuingStrategy({ highWaterMark: 16 }),
        );
        return new Reply(200, body, {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        });
      },
    }),
  ];
}
