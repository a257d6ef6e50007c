import type { Clock } from '@evenkeel/core';
import type { Notifier } from '../notification.ts';
import { deliver } from '../post.ts';
import { sign } from './signature.ts';

export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  /** Signs every body; unsigned without it. */
  readonly secret: string | undefined;
  readonly internal: boolean;
}

/** Any HTTP receiver: the notification as JSON, signed and with an idempotency key. */
export function webhook(options: WebhookOptions, clock: Clock): Notifier {
  return {
    name: options.name,
    send(notification, signal) {
      const body = JSON.stringify(notification);
      return deliver({
        url: options.url,
        body,
        headers: {
          'idempotency-key': notification.id,
          ...(options.secret === undefined
            ? {}
            : { 'evenkeel-signature': sign(body, options.secret, clock.wall()) }),
        },
        signal,
        internal: options.internal,
      });
    },
  };
}
