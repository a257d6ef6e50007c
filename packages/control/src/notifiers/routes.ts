import { type Clock, EvenkeelError } from '@evenkeel/core';
import type { Outbox } from '@evenkeel/store';
import { z } from 'zod';
import { noBody, noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { Notifier } from './notification.ts';

const filter = z.strictObject({
  state: z.enum(['waiting', 'sent', 'dead']).optional(),
  destination: z.string().optional(),
  stream: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const TEST_MS = 15_000;

export function outboxRoutes(parts: {
  readonly outbox: Outbox;
  readonly notifiers: () => ReadonlyMap<string, Notifier>;
  readonly clock: Clock;
  readonly audit: Recorder;
  readonly onChange: () => void;
}): readonly Route[] {
  const { outbox, notifiers, clock, audit } = parts;
  const now = (): number => Math.round(clock.wall());
  return [
    read({
      path: '/api/v1/outbox',
      role: 'viewer',
      tag: 'outbox',
      summary: 'Messages that wait, were sent, or were given up.',
      query: filter,
      handle: async (wanted) => ({ messages: await outbox.list(wanted) }),
    }),
    write({
      method: 'post',
      path: '/api/v1/outbox/send-again',
      role: 'operator',
      tag: 'outbox',
      summary: 'Puts a message that was given up back among those that wait.',
      body: z.strictObject({ id: z.string().min(1).max(500) }),
      async handle({ id }, { caller }) {
        if (!(await outbox.revive(id, now()))) {
          throw new EvenkeelError('conflict', `${id} is not among those that were given up`);
        }
        await audit(caller, 'outbox.send_again', id, undefined, {});
        parts.onChange();
        return { id, state: 'waiting' };
      },
    }),
    read({
      path: '/api/v1/destinations',
      role: 'viewer',
      tag: 'outbox',
      summary: 'Whom the files say to tell.',
      query: noQuery,
      handle: () => ({ destinations: [...notifiers().keys()] }),
    }),
    write({
      method: 'post',
      path: '/api/v1/destinations/{service}/{name}/test',
      role: 'operator',
      tag: 'outbox',
      summary: 'Sends a test message now, and says what came of it.',
      body: noBody,
      async handle(_, { params, caller }) {
        const destination = `${params.service}/${params.name}`;
        const notifier = notifiers().get(destination);
        if (notifier === undefined) throw new EvenkeelError('not_found', `no destination ${destination}`);
        const at = now();
        const result = await notifier.send(
          {
            id: `test/${at}/${destination}`,
            event: 'test',
            incident: {
              id: `test-${at}`,
              service: params.service ?? '',
              type: 'test',
              severity: 'SEV4',
              title: `a test message, sent by ${caller.name}`,
              summary: 'Nothing is wrong: somebody wanted to see whether messages arrive.',
              state: 'test',
              openedAt: at,
              link: 'http://127.0.0.1:4101/',
              evidence: [],
              runbook: [],
            },
            page: true,
            recipient: caller.name,
            at,
          },
          AbortSignal.timeout(TEST_MS),
        );
        await audit(caller, 'destination.test', destination, params.service, { outcome: result.kind });
        return result;
      },
    }),
  ];
}
