import type { ServiceConfig } from '@evenkeel/config';
import {
  type Actor,
  type Clock,
  INCIDENT_STATUSES,
  type Incident,
  incidentIdMaker,
  isOpen,
  openIncident,
  type Random,
  REOPEN_MS,
} from '@evenkeel/core';
import { type Route, write } from '../../api/route.ts';
import type { Recorder } from '../../audit/recorder.ts';
import type { Beside, IncidentBook } from '../../incidents/book.ts';
import { messages } from '../../incidents/telling.ts';
import { unknownService } from '../../services/routes.ts';
import type { Notification } from '../notification.ts';
import { alertmanagerWebhook, type OutsideAlert, outsideAlerts } from './webhook-in.ts';

const MAX_BODY = 4 * 1024 * 1024;
/** Incidents of a service that an alert is looked for among. */
const MOST_SEEN = 500;
/** Trouble that is over and closed is another one when it comes back. */
const LIVE = INCIDENT_STATUSES.filter((status) => status !== 'closed');

/** What became of one alert. */
interface Taken {
  readonly key: string;
  readonly did: 'opened' | 'reopened' | 'resolved' | 'known';
  readonly incident: string | undefined;
}

const causeOf = (service: string, alert: OutsideAlert): string => `${service}|${alert.type}|${alert.key}`;

/** `POST /api/v1/alertmanager`: a Prometheus Alertmanager as a source of incidents, one for each alert. */
export function alertmanagerRoutes(parts: {
  readonly book: IncidentBook;
  readonly config: (service: string) => ServiceConfig | undefined;
  readonly services: () => readonly string[];
  readonly audit: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: () => void;
}): readonly Route[] {
  const { book, clock } = parts;
  const newId = incidentIdMaker(clock, parts.random);
  const now = (): number => Math.round(clock.wall());

  async function known(service: string, alert: OutsideAlert): Promise<Incident | undefined> {
    const all = await book.list({ service, states: LIVE, limit: MOST_SEEN });
    // By the alert alone: somebody may have found another type for the incident meanwhile.
    return all.find(({ dedupKey }) => dedupKey.endsWith(`|${alert.key}`));
  }

  function beside(config: ServiceConfig, event: Notification['event'] | undefined): Beside {
    const told = { page: false, recipient: config.owner, at: now() };
    return {
      outbox: (incident) => (event === undefined ? [] : messages(config.incidents, incident, event, told)),
    };
  }

  async function open(config: ServiceConfig, alert: OutsideAlert, by: Actor): Promise<Taken> {
    const incident = openIncident(
      {
        id: newId(),
        service: config.name,
        type: alert.type,
        severity: alert.severity,
        severityReason: `as the alert ${alert.name} says`,
        title: alert.title,
        description: alert.description,
        startedAt: alert.startedAt,
        by,
        dedupKey: causeOf(config.name, alert),
        likelyCause: alert.title,
        link: alert.link,
      },
      now(),
    );
    // Whoever is to be woken is told by the escalation, at its next round.
    const wakes = alert.severity <= config.incidents.pageFrom;
    await book.create(incident, beside(config, wakes ? undefined : 'opened'));
    return { key: alert.key, did: 'opened', incident: incident.id };
  }

  async function take(config: ServiceConfig, alert: OutsideAlert, by: Actor): Promise<Taken> {
    const { key, firing } = alert;
    const found = await known(config.name, alert);
    const nothing: Taken = { key, did: 'known', incident: found?.id };
    if (found === undefined) return firing ? open(config, alert, by) : nothing;
    if (isOpen(found) === firing) return nothing;
    if (!firing) {
      const intent = { do: 'resolve', resolution: `the alert ${alert.name} is resolved` } as const;
      const result = await book.command(found.id, { by, at: now(), intent }, beside(config, 'resolved'));
      return result.ok ? { key, did: 'resolved', incident: found.id } : nothing;
    }
    if (now() - (found.resolvedAt ?? 0) > REOPEN_MS) return open(config, alert, by);
    const intent = { do: 'reopen', reason: `the alert ${alert.name} fires again` } as const;
    const result = await book.command(found.id, { by, at: now(), intent }, beside(config, 'reopened'));
    return result.ok ? { key, did: 'reopened', incident: found.id } : open(config, alert, by);
  }

  let last: Promise<unknown> = Promise.resolve();
  /** One message at a time: members of an Alertmanager cluster may tell the same at once. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  return [
    write({
      method: 'post',
      path: '/api/v1/alertmanager',
      role: 'operator',
      tag: 'incidents',
      summary:
        'Takes the webhook of a Prometheus Alertmanager: an incident for each alert, resolved with it.',
      body: alertmanagerWebhook,
      maxBody: MAX_BODY,
      handle: (webhook, { caller }) =>
        alone(async () => {
          const by: Actor = { name: caller.name, automatic: false };
          const taken: Taken[] = [];
          const refused: { alert: string; problem: string }[] = [];
          for (const alert of outsideAlerts(webhook)) {
            const config = parts.config(alert.service ?? '');
            if (config === undefined) {
              const problem =
                alert.service === undefined
                  ? 'it has no label "service"'
                  : unknownService(alert.service, parts.services()).message;
              refused.push({ alert: alert.name, problem });
            } else taken.push(await take(config, alert, by));
          }
          const done = taken.filter(({ did }) => did !== 'known');
          if (done.length > 0) {
            await parts.audit(caller, 'alertmanager.take', webhook.receiver, undefined, { done });
            parts.onChange();
          }
          return { taken, refused, truncated: webhook.truncatedAlerts ?? 0 };
        }),
    }),
  ];
}
