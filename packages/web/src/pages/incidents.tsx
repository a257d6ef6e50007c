import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { to } from '../address/address.ts';
import { setQuery } from '../address/use-address.ts';
import { query as ask, call } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { ListedIncident, ServiceStatus } from '../api/wire.ts';
import { Choice, Field, useDoing } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { SeverityTag, StatusTag } from '../parts/tags.tsx';
import { VirtualRows } from '../parts/virtual-rows.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { spell } from '../words/time.ts';
import { Incident } from './incidents/incident.tsx';
import { OpenDialog } from './incidents/open-dialog.tsx';
import { TYPES } from './incidents/types.ts';

const PAGE = 200;
const ROW = 54;
const OPEN: readonly (readonly [string, string])[] = [
  ['', 'open and over'],
  ['true', 'open'],
];

/** What went wrong: the list, or one of them. */
export function Incidents({ parts: [id], query }: ViewProps): JSX.Element {
  return id === undefined ? <List query={query} /> : <Incident key={id} id={id} />;
}

function List({ query }: Pick<ViewProps, 'query'>): JSX.Element {
  const { service = '', type = '', open = '' } = query;
  const may = useMay('operator');
  const filter = { service, type, open, limit: PAGE };
  const reading = useRead<{ incidents: readonly ListedIncident[] }>(`/api/v1/incidents${ask(filter)}`, [
    'incidents',
  ]);
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services').data?.services ?? [];
  const [older, setOlder] = useState<readonly ListedIncident[]>([]);
  const [end, setEnd] = useState(false);
  const more = useDoing();
  const change = (changes: Readonly<Record<string, string>>): void => {
    setOlder([]);
    setEnd(false);
    setQuery(changes);
  };
  return (
    <Page
      title="Incidents"
      beside={
        may ? (
          <button type="button" class="button" onClick={() => setQuery({ new: 'yes' })}>
            Open one
          </button>
        ) : undefined
      }
    >
      <div class="filters">
        <Field label="Show">
          <Choice value={open} options={OPEN} onChange={(picked) => change({ open: picked })} />
        </Field>
        <Field label="Service">
          <Choice
            value={service}
            options={[['', 'all services'], ...services.map(({ name }) => [name, name] as const)]}
            onChange={(picked) => change({ service: picked })}
          />
        </Field>
        <Field label="Type">
          <Choice
            value={type}
            options={[['', 'any type'], ...TYPES.map((one) => [one, plain(one)] as const)]}
            onChange={(picked) => change({ type: picked })}
          />
        </Field>
      </div>
      <Panel flush>
        <Readout of={reading} rows={8}>
          {({ incidents }) => {
            const known = new Set(incidents.map(({ id }) => id));
            const all = [...incidents, ...older.filter(({ id }) => !known.has(id))];
            if (all.length === 0) return <None filtered={service + type + open !== ''} />;
            const last = all.at(-1);
            return (
              <>
                <Table incidents={all} />
                {!end && last !== undefined && all.length >= PAGE ? (
                  <p class="body">
                    <button
                      type="button"
                      class="button"
                      disabled={more.busy}
                      onClick={() =>
                        void more.run(async () => {
                          const next = await call<{ incidents: readonly ListedIncident[] }>(
                            'GET',
                            `/api/v1/incidents${ask({ ...filter, after: last.id })}`,
                          );
                          setOlder([...older, ...next.incidents]);
                          setEnd(next.incidents.length < PAGE);
                        })
                      }
                    >
                      Older ones
                    </button>
                  </p>
                ) : undefined}
              </>
            );
          }}
        </Readout>
      </Panel>
      {query.new === 'yes' && may ? (
        <OpenDialog services={services} onClose={() => setQuery({ new: '' })} />
      ) : undefined}
    </Page>
  );
}

function None({ filtered }: { readonly filtered: boolean }): JSX.Element {
  return filtered ? (
    <Empty what="None is like that.">
      <a href="#/incidents">Show all</a>
    </Empty>
  ) : (
    <Empty what="Nothing has gone wrong yet.">
      <span>
        Incidents are opened by themselves, when a budget burns, a rung or a model is down, or data drifts;
        people open them by hand with “Open one”, or by <code>POST /api/v1/incidents</code>.
      </span>
    </Empty>
  );
}

function Table({ incidents }: { readonly incidents: readonly ListedIncident[] }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Severity</th>
          <th scope="col">Incident</th>
          <th scope="col">Stands at</th>
          <th scope="col" class="wide-only">
            Who
          </th>
          <th scope="col" class="num">
            Began
          </th>
          <th scope="col" class="num wide-only">
            Lasted
          </th>
        </tr>
      </thead>
      <VirtualRows items={incidents} height={ROW} row={(one) => <Row key={one.id} incident={one} />} />
    </table>
  );
}

function Row({ incident: one }: { readonly incident: ListedIncident }): JSX.Element {
  return (
    <tr>
      <td>
        <SeverityTag severity={one.severity} />
      </td>
      <td>
        <a class="cover" href={to(['incidents', one.id])}>
          {one.title}
        </a>
        <div class="quiet small">
          {one.service} · {plain(one.type)}
        </div>
      </td>
      <td>
        <StatusTag status={one.status} />
      </td>
      <td class="wide-only quiet">{one.acknowledgedBy ?? 'nobody yet'}</td>
      <td class="num">
        <When at={one.startedAt} as="clock" />
      </td>
      <td class="num wide-only">
        {one.resolvedAt === undefined ? 'goes on' : spell(one.resolvedAt - one.startedAt)}
      </td>
    </tr>
  );
}
