import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { viewOf } from '../../address/address.ts';
import { query } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import type { FactRow, TimelineEntry, WholeIncident } from '../../api/wire.ts';
import { changeMarkers } from '../../charts/use-markers.ts';
import { Panel } from '../../parts/page.tsx';
import { clockTime, exactTime } from '../../words/time.ts';

/** Changes before an incident are causes to think of this long. */
const BEFORE_MS = 2 * 3_600_000;

/** What happened, in its order: the incident's own entries, and the changes of the service among them. */
export function Timeline({ incident }: { readonly incident: WholeIncident }): JSX.Element {
  const [all, setAll] = useState(true);
  const { data } = useRead<{ changes: readonly FactRow[] }>(
    `/api/v1/changes${query({
      service: incident.service,
      from: incident.startedAt - BEFORE_MS,
      to: incident.resolvedAt,
    })}`,
    ['incidents'],
  );
  const changes = changeMarkers(data?.changes ?? []).map(
    ({ at, text }): TimelineEntry => ({
      at,
      by: '',
      automatic: false,
      kind: 'field',
      text: `Changed: ${text}`,
      decisive: true,
      link: undefined,
    }),
  );
  const entries = [...incident.timeline, ...changes]
    .filter(({ decisive }) => all || decisive)
    .sort((a, b) => b.at - a.at);
  return (
    <Panel
      title="Timeline, newest first"
      beside={
        <button type="button" class="button plain" aria-pressed={!all} onClick={() => setAll(!all)}>
          What decided
        </button>
      }
      flush
    >
      <ol class="timeline">
        {entries.map((entry, i) => (
          <Entry key={`${entry.at} ${i}`} entry={entry} />
        ))}
      </ol>
    </Panel>
  );
}

function Entry({
  entry: { at, by, text, decisive, link, automatic },
}: {
  readonly entry: TimelineEntry;
}): JSX.Element {
  const view = link === undefined ? undefined : viewOf(link);
  return (
    <li class={decisive ? 'decisive' : ''}>
      <time class="quiet small" dateTime={new Date(at).toISOString()} title={exactTime(at)}>
        {clockTime(at, Date.now())}
      </time>
      <i aria-hidden="true" />
      <div>
        <p>{view === undefined ? text : <a href={view}>{text}</a>}</p>
        {by === '' ? undefined : (
          <span class="quiet small">
            {by}
            {automatic ? ', by itself' : ''}
          </span>
        )}
      </div>
    </li>
  );
}
