import type { IncidentsConfig } from '@evenkeel/config';
import { type Incident, runbook } from '@evenkeel/core';
import type { OutboxPut } from '@evenkeel/store';
import type { Notification } from '../notifiers/notification.ts';
import { destinationName } from './destinations.ts';

const MOST_LINES = 10;

/** What users notice, since when, and what is being done: drafted from the record, for people outside the room. */
export function statusText(incident: Incident): string {
  const since = new Date(incident.startedAt).toISOString();
  const latest = incident.mitigations.at(-1);
  const parts = [
    `Since ${since}: ${incident.severityReason}.`,
    incident.likelyCause === '' ? '' : `Likely cause: ${incident.likelyCause}.`,
    latest === undefined
      ? ''
      : `Done so far: ${latest.text}${latest.outcome === undefined ? '' : ` (${latest.outcome})`}`,
    incident.resolution === undefined ? '' : `Resolved: ${incident.resolution}.`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** One message per destination that wants to know of this event. */
export function messages(
  config: IncidentsConfig,
  incident: Incident,
  event: Notification['event'],
  told: { readonly page: boolean; readonly recipient: string; readonly at: number },
): readonly OutboxPut[] {
  if (incident.silencedBy !== undefined && event !== 'resolved') return [];
  const base = config.dashboard ?? 'http://127.0.0.1:4101';
  const ends = event === 'resolved' || event === 'acknowledged';
  return config.notify
    .filter(({ events }) => events === 'all' || told.page || ends)
    .map(({ name }): OutboxPut => {
      const destination = destinationName(incident.service, name);
      const id = `${incident.id}/${incident.revision}/${event}/${name}`;
      const body: Notification = {
        id,
        event,
        incident: {
          id: incident.id,
          service: incident.service,
          type: incident.type,
          severity: incident.severity,
          title: incident.title.slice(0, 1_000),
          summary: statusText(incident).slice(0, 8_000),
          state: incident.status,
          openedAt: incident.detectedAt,
          link: `${base.replace(/\/+$/, '')}/#/incidents/${incident.id}`,
          evidence: incident.signals
            .slice(0, MOST_LINES)
            .map(({ evidence }) => evidence.text.slice(0, 2_000)),
          runbook: runbook(incident.type)
            .immediateActions.slice(0, MOST_LINES)
            .map(({ text }) => text),
        },
        page: told.page,
        recipient: told.recipient.slice(0, 200),
        at: told.at,
      };
      return { id, destination, stream: `${incident.id}/${destination}`, body, createdAt: told.at };
    });
}
