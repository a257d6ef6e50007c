import type { Notification, Notifier } from '../notification.ts';
import { deliver } from '../post.ts';

/** An Alertmanager that hears nothing more ends an alert after this long; updates renew it. */
const HOLDS_MS = 24 * 3_600_000;

/** One alert per incident: labels are its identity there, so only what never changes goes into them. */
export function alertsOf(notification: Notification): readonly Record<string, unknown>[] {
  const { incident, event, at } = notification;
  return [
    {
      labels: {
        alertname: 'EvenkeelIncident',
        incident: incident.id,
        service: incident.service,
        type: incident.type,
      },
      annotations: {
        summary: incident.title,
        description: incident.summary,
        severity: incident.severity,
        state: incident.state,
      },
      startsAt: new Date(incident.openedAt).toISOString(),
      endsAt: new Date(event === 'resolved' ? at : at + HOLDS_MS).toISOString(),
      generatorURL: incident.link,
    },
  ];
}

export interface AlertmanagerOptions {
  readonly name: string;
  /** Base address; the API v2 is under it. */
  readonly url: string;
  readonly internal: boolean;
}

/** Prometheus Alertmanager by its API v2. */
export function alertmanager(options: AlertmanagerOptions): Notifier {
  const url = `${options.url.replace(/\/+$/, '')}/api/v2/alerts`;
  return {
    name: options.name,
    send: (notification, signal) =>
      deliver({
        url,
        body: JSON.stringify(alertsOf(notification)),
        headers: {},
        signal,
        internal: options.internal,
      }),
  };
}
