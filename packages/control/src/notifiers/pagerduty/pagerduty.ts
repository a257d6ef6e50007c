import { cut, type Notification, type Notifier } from '../notification.ts';
import { deliver, foreignAnswer } from '../post.ts';

/** Limits of the Events API v2. */
const SUMMARY = 1_024;
const EVENT_BYTES = 512_000;
const DEDUP = 255;

const SEVERITY = { SEV1: 'critical', SEV2: 'error', SEV3: 'warning', SEV4: 'info' } as const;

/** What the Events API v2 takes for one notification. One incident is one alert: its id is the dedup key. */
export function pagerDutyEvent(notification: Notification, routingKey: string): Record<string, unknown> {
  const { incident, event } = notification;
  const dedup = cut(`evenkeel/${incident.id}`, DEDUP);
  const base = { routing_key: routingKey, dedup_key: dedup, client: 'evenkeel', client_url: incident.link };
  if (event === 'acknowledged' || event === 'resolved') {
    return { ...base, event_action: event === 'resolved' ? 'resolve' : 'acknowledge' };
  }
  const details = {
    incident: incident.id,
    severity: incident.severity,
    state: incident.state,
    summary: incident.summary,
    evidence: incident.evidence,
    runbook: incident.runbook,
    recipient: notification.recipient,
  };
  const made = (custom: unknown): Record<string, unknown> => ({
    ...base,
    event_action: 'trigger',
    links: [{ href: incident.link, text: 'Incident in evenkeel' }],
    payload: {
      summary: cut(`${incident.severity} ${incident.service}: ${incident.title}`, SUMMARY),
      source: incident.service,
      severity: SEVERITY[incident.severity],
      timestamp: new Date(notification.at).toISOString(),
      component: incident.service,
      class: incident.type,
      custom_details: custom,
    },
  });
  const whole = made(details);
  if (Buffer.byteLength(JSON.stringify(whole)) <= EVENT_BYTES) return whole;
  return made({ incident: incident.id, summary: cut(incident.summary, 10_000), shortened: true });
}

export interface PagerDutyOptions {
  readonly name: string;
  readonly routingKey: string;
  /** Where events go; the public address unless said. */
  readonly url?: string | undefined;
  readonly internal: boolean;
}

/** PagerDuty by its Events API v2: trigger, acknowledge, resolve. Only pages go there, and what ends them. */
export function pagerDuty(options: PagerDutyOptions): Notifier {
  const url = options.url ?? 'https://events.pagerduty.com/v2/enqueue';
  return {
    name: options.name,
    async send(notification, signal) {
      const ends = notification.event === 'resolved' || notification.event === 'acknowledged';
      if (!notification.page && !ends) return { kind: 'sent', detail: 'nobody is to be woken for this' };
      const event = pagerDutyEvent(notification, options.routingKey);
      const body = JSON.stringify(event);
      return deliver({ url, body, headers: {}, signal, internal: options.internal }, (posted) =>
        /"status"\s*:\s*"success"/.test(posted.text) ? undefined : foreignAnswer('PagerDuty', posted),
      );
    },
  };
}
