import type { Address, NotifierConfig, ServiceConfig } from '@evenkeel/config';
import type { Clock } from '@evenkeel/core';
import { alertmanager } from '../notifiers/alertmanager/alertmanager.ts';
import type { Notifier } from '../notifiers/notification.ts';
import { pagerDuty } from '../notifiers/pagerduty/pagerduty.ts';
import { slack } from '../notifiers/slack/slack.ts';
import { smtp } from '../notifiers/smtp/smtp.ts';
import { webhook } from '../notifiers/webhook/webhook.ts';

/** Destinations of different services may have equal names. */
export function destinationName(service: string, notifier: string): string {
  return `${service}/${notifier}`;
}

const plain = (address: Address): string => (typeof address === 'string' ? address : address.reveal());

function notifierOf(service: string, config: NotifierConfig, clock: Clock): Notifier {
  const name = destinationName(service, config.name);
  const { internal, target } = config;
  switch (target.kind) {
    case 'pagerduty':
      return pagerDuty({
        name,
        routingKey: target.routingKey.reveal(),
        url: target.url === undefined ? undefined : plain(target.url),
        internal,
      });
    case 'slack_webhook':
      return slack({ kind: 'webhook', name, url: plain(target.url), internal });
    case 'slack_bot':
      return slack({
        kind: 'bot',
        name,
        token: target.token.reveal(),
        channel: target.channel,
        url: target.url === undefined ? undefined : plain(target.url),
        internal,
      });
    case 'webhook':
      return webhook({ name, url: plain(target.url), secret: target.secret?.reveal(), internal }, clock);
    case 'smtp':
      return smtp({ ...target, name, password: target.password?.reveal() });
    case 'alertmanager':
      return alertmanager({ name, url: plain(target.url), internal });
  }
}

/** Every destination of every service, by name. */
export function destinations(configs: Iterable<ServiceConfig>, clock: Clock): ReadonlyMap<string, Notifier> {
  const found = new Map<string, Notifier>();
  for (const { name, incidents } of configs) {
    for (const config of incidents.notify) {
      const notifier = notifierOf(name, config, clock);
      found.set(notifier.name, notifier);
    }
  }
  return found;
}
