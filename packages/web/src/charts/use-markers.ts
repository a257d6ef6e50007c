import { useMemo } from 'preact/hooks';
import { to } from '../address/address.ts';
import { query } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { AlertEpisode, FactRow, ListedIncident } from '../api/wire.ts';
import { plain } from '../words/levels.ts';
import type { Marker } from './plotted.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export function changeMarkers(rows: readonly FactRow[]): readonly Marker[] {
  return rows.map(({ at, by, body }) => ({
    at,
    kind: 'change',
    text: `${`${plain(text(body.kind))}: ${text(body.what)} ${text(body.version)}`.trim()} (${by})`,
  }));
}

/** Time that does not count. One that comes back by a rule is marked where it was the first time. */
export function exclusionMarkers(rows: readonly FactRow[], objective?: string): readonly Marker[] {
  return rows.flatMap(({ by, body }): Marker[] => {
    const at = number(body.from);
    if (at === undefined) return [];
    if (objective !== undefined && body.objective !== undefined && body.objective !== objective) return [];
    return [
      { at, until: number(body.to), kind: 'exclusion', text: `does not count: ${text(body.reason)} (${by})` },
    ];
  });
}

export function incidentMarkers(incidents: readonly ListedIncident[], now: number): readonly Marker[] {
  return incidents.map(({ id, startedAt, resolvedAt, severity, title }) => ({
    at: startedAt,
    until: resolvedAt ?? now,
    kind: 'incident',
    text: `${severity} ${title}`,
    href: to(['incidents', id]),
  }));
}

export function alertMarkers(alerts: readonly AlertEpisode[]): readonly Marker[] {
  return alerts.flatMap(({ pair, state, severity }): Marker[] =>
    state.firedAt === undefined
      ? []
      : [{ at: state.firedAt, kind: 'alert', text: `${pair} fired (${severity})` }],
  );
}

/** What happened to a service in a time: changes, incidents, time that does not count, and an objective's alerts. */
export function useMarkers(
  service: string,
  from: number,
  until: number,
  objective?: string,
  segment = '',
): readonly Marker[] {
  // Rounded, so that the address stays the same for a while and is not read anew with each second.
  const since = Math.floor(from / 300_000) * 300_000;
  const filter = query({ service, from: since });
  const changes = useRead<{ changes: readonly FactRow[] }>(`/api/v1/changes${filter}`, ['incidents']).data;
  const exclusions = useRead<{ exclusions: readonly FactRow[] }>(
    `/api/v1/exclusions${query({ service })}`,
  ).data;
  const incidents = useRead<{ incidents: readonly ListedIncident[] }>(
    `/api/v1/incidents${query({ service, limit: 100 })}`,
    ['incidents'],
  ).data;
  const alerts = useRead<{ alerts: readonly AlertEpisode[] }>(
    objective === undefined
      ? undefined
      : `/api/v1/objectives/${encodeURIComponent(service)}/${encodeURIComponent(objective)}/alerts?limit=200`,
    ['objectives'],
  ).data;
  return useMemo(
    () =>
      [
        ...changeMarkers(changes?.changes ?? []),
        ...exclusionMarkers(exclusions?.exclusions ?? [], objective),
        ...incidentMarkers(incidents?.incidents ?? [], until),
        ...alertMarkers((alerts?.alerts ?? []).filter((alert) => alert.segment === segment)),
      ]
        .filter((marker) => (marker.until ?? marker.at) >= from && marker.at <= until)
        .sort((a, b) => a.at - b.at),
    [changes, exclusions, incidents, alerts, since, segment],
  );
}
