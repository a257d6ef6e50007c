import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { useRead } from '../api/use-read.ts';
import type { ListedIncident, ServiceDiagnosis, ServiceStatus } from '../api/wire.ts';
import { Level } from '../parts/marks.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { SeverityTag, StatusTag } from '../parts/tags.tsx';
import { When } from '../parts/when.tsx';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { percent } from '../words/numbers.ts';
import { ownerOf, reasonWords } from '../words/owners.ts';
import { spell } from '../words/time.ts';
import { Components, Gates } from './service/gates.tsx';
import { Ladder } from './service/ladder.tsx';
import { Orders } from './service/orders.tsx';
import { RecentRequests } from './service/recent-requests.tsx';
import { ServiceBudgets } from './service/service-budgets.tsx';

/** One service: where requests go, why there, what it promises, what is wrong. */
export function Service({ parts: [name = ''], query }: ViewProps): JSX.Element {
  const path = `/api/v1/services/${encodeURIComponent(name)}`;
  const reading = useRead<ServiceStatus>(path, ['services']);
  return (
    <Page title={name} back={{ href: '#/', text: 'Home' }} beside={<Head service={reading.data} />}>
      <Readout of={reading} rows={8}>
        {(service) => (
          <>
            <Why service={service} />
            <div class="two">
              <div class="stack">
                <Ladder service={service} />
                <ServiceBudgets service={name} range={query.range} objective={query.objective} />
                <RecentRequests service={name} />
              </div>
              <div class="stack">
                <Incidents service={name} />
                <Orders service={service} />
                <Signals service={name} />
                <Gates service={service} />
                <Components service={service} />
                <About service={service} />
              </div>
            </div>
          </>
        )}
      </Readout>
    </Page>
  );
}

function Head({ service }: { readonly service: ServiceStatus | undefined }): JSX.Element | null {
  if (service === undefined) return null;
  return (
    <span class="row">
      <Level level={service.level} />
      <span class="quiet">
        for {spell(service.sinceMs)} · owned by {service.owner}
      </span>
    </span>
  );
}

function Why({ service }: { readonly service: ServiceStatus }): JSX.Element | null {
  const { level, reason, entry, probing, file } = service;
  const pin = service.directives.find(({ order }) => order.kind === 'pin' && order.rung === entry);
  return (
    <>
      {level === 'full_service' ? undefined : (
        <p class={`notice ${level === 'failed' ? 'bad' : 'warn'}`} role="status">
          <span>
            Requests enter at <strong>{entry}</strong>:{' '}
            {pin === undefined ? reason : `pinned by ${ownerOf(pin.owner).words}, ${reasonWords(pin.reason)}`}
            .
          </span>
          {probing === undefined ? undefined : (
            <span>
              {probing.rung} is being probed: {probing.successes} of {probing.needed} answers were good.
            </span>
          )}
        </p>
      )}
      {file.problem === undefined ? undefined : (
        <div class="notice bad" role="status">
          <strong>A newer file was refused; the one before stays in force.</strong>
          <pre>{file.problem}</pre>
        </div>
      )}
    </>
  );
}

function Incidents({ service }: { readonly service: string }): JSX.Element | null {
  const { data } = useRead<{ incidents: readonly ListedIncident[] }>(
    `/api/v1/incidents?open=true&service=${encodeURIComponent(service)}`,
    ['incidents'],
  );
  if (data === undefined || data.incidents.length === 0) return null;
  return (
    <Panel title="Open incidents" flush>
      <table>
        <tbody>
          {data.incidents.map(({ id, severity, title, status, startedAt }) => (
            <tr key={id}>
              <td>
                <SeverityTag severity={severity} />
              </td>
              <td>
                <a class="cover" href={to(['incidents', id])}>
                  {title}
                </a>
                <div class="quiet small">
                  since <When at={startedAt} as="clock" />
                </div>
              </td>
              <td class="num">
                <StatusTag status={status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Signals({ service }: { readonly service: string }): JSX.Element {
  const { data } = useRead<ServiceDiagnosis>(`/api/v1/services/${encodeURIComponent(service)}/diagnosis`, [
    'incidents',
  ]);
  const active = data?.signals?.active ?? [];
  const [best] = data?.diagnosis?.ranked ?? [];
  return (
    <Panel
      title="Signals that hold now"
      beside={
        best === undefined ? undefined : (
          <span class="quiet small">
            speak for {plain(best.type)} ({percent(best.score)})
          </span>
        )
      }
      flush
    >
      {active.length === 0 ? (
        <Empty what="None.">
          <span>What speaks for an incident would be here, with its figures.</span>
        </Empty>
      ) : (
        <table>
          <tbody>
            {active.slice(0, 8).map(({ key, evidence, strength, since }) => (
              <tr key={key}>
                <td>{evidence.text}</td>
                <td class="num quiet small">
                  strength {strength.toFixed(1)}
                  <br />
                  <When at={since} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function About({ service }: { readonly service: ServiceStatus }): JSX.Element {
  const { figures } = service;
  const refused = Object.entries(figures.refused);
  return (
    <Panel title="About">
      <dl class="facts">
        <dt>Type</dt>
        <dd>{plain(service.type)}</dd>
        <dt>Deadline</dt>
        <dd>{spell(service.deadlineMs)}</dd>
        <dt>File</dt>
        <dd>
          <code>{service.file.path}</code>
          <div class="quiet small">
            in force since <When at={service.file.loadedAt} as="clock" />
          </div>
        </dd>
        <dt>In flight</dt>
        <dd>{figures.inFlight}</dd>
        <dt>Refused</dt>
        <dd>
          {refused.length === 0
            ? 'nothing since the start'
            : refused.map(([code, times]) => `${times} × ${plain(code)}`).join(', ')}
        </dd>
        <dt>API</dt>
        <dd>
          <a href={`/api/v1/services/${encodeURIComponent(service.name)}`}>
            <code>/api/v1/services/{service.name}</code>
          </a>
        </dd>
      </dl>
    </Panel>
  );
}
