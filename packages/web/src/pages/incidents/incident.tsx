import type { JSX } from 'preact';
import { to, viewOf } from '../../address/address.ts';
import { useRead } from '../../api/use-read.ts';
import type { IncidentSignal, WholeIncident } from '../../api/wire.ts';
import { Empty, Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { SeverityTag, StatusTag } from '../../parts/tags.tsx';
import { When } from '../../parts/when.tsx';
import { useMay } from '../../shell/session.ts';
import { plain } from '../../words/levels.ts';
import { figure } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';
import { Desk } from './desk.tsx';
import { RunbookPanel } from './runbook.tsx';
import { Timeline } from './timeline.tsx';

const OPEN = ['detected', 'investigating', 'mitigating'];

/** One incident: what is wrong, why that is thought, what was done, what can be done. */
export function Incident({ id }: { readonly id: string }): JSX.Element {
  const reading = useRead<WholeIncident>(`/api/v1/incidents/${encodeURIComponent(id)}`, ['incidents']);
  const { data } = reading;
  return (
    <Page
      title={data?.title ?? id}
      back={{ href: '#/incidents', text: 'Incidents' }}
      beside={
        data === undefined ? undefined : (
          <span class="row">
            <SeverityTag severity={data.severity} />
            <StatusTag status={data.status} />
          </span>
        )
      }
    >
      <Readout of={reading} rows={10}>
        {(incident) => <Whole incident={incident} />}
      </Readout>
    </Page>
  );
}

function Whole({ incident }: { readonly incident: WholeIncident }): JSX.Element {
  const may = useMay('operator');
  const open = OPEN.includes(incident.status);
  return (
    <>
      <Lead incident={incident} />
      {may ? <Desk incident={incident} /> : undefined}
      <div class="two">
        <div class="stack">
          <Mitigations incident={incident} />
          <RunbookPanel incident={incident} open={open} />
          <Evidence signals={incident.signals} />
        </div>
        <div class="stack">
          <Timeline incident={incident} />
          <Particulars incident={incident} />
        </div>
      </div>
    </>
  );
}

function Lead({ incident }: { readonly incident: WholeIncident }): JSX.Element {
  const { likelyCause, rootCause, resolution, startedAt, resolvedAt, acknowledgedBy, severityReason } =
    incident;
  return (
    <div class="stack lead">
      <p>
        {rootCause === undefined ? (
          <>
            <span class="quiet">Likely cause:</span> {likelyCause === '' ? 'not known yet' : likelyCause}.
          </>
        ) : (
          <>
            <span class="quiet">Root cause:</span> {rootCause}
          </>
        )}{' '}
        <span class="quiet">
          {severityReason}. {resolvedAt === undefined ? 'Going on' : 'Lasted'}{' '}
          {spell((resolvedAt ?? Date.now()) - startedAt)}.{' '}
          {acknowledgedBy === undefined ? 'Nobody has acknowledged it.' : `${acknowledgedBy} is on it.`}
        </span>
      </p>
      {resolution === undefined ? undefined : (
        <p>
          <span class="quiet">Resolution:</span> {resolution}
        </p>
      )}
    </div>
  );
}

function Evidence({ signals }: { readonly signals: readonly IncidentSignal[] }): JSX.Element {
  return (
    <Panel title="Evidence" flush>
      {signals.length === 0 ? (
        <Empty what="Opened by hand: no signal speaks for it yet." />
      ) : (
        <table>
          <tbody>
            {signals.map(({ key, role, strength, evidence, firstSeen, lastSeen }) => {
              const view = viewOf(evidence.link);
              return (
                <tr key={key}>
                  <td>
                    <span class={role === 'cause' ? 'tag bad' : 'tag'}>{role}</span>
                  </td>
                  <td>
                    {view === undefined ? evidence.text : <a href={view}>{evidence.text}</a>}
                    <div class="quiet small">
                      {Object.entries(evidence.figures)
                        .map(
                          ([name, value]) =>
                            `${plain(name.replace(/_ms$/, ''))} ${/_ms$/.test(name) ? spell(value) : figure(value)}`,
                        )
                        .join(' · ')}
                    </div>
                  </td>
                  <td class="num quiet small wide-only">
                    strength {strength.toFixed(1)}
                    <br />
                    <When at={firstSeen} as="clock" />
                    {lastSeen - firstSeen > 60_000 ? ` + ${spell(lastSeen - firstSeen)}` : ''}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Mitigations({ incident }: { readonly incident: WholeIncident }): JSX.Element | null {
  if (incident.mitigations.length === 0) return null;
  return (
    <Panel title="What was done" flush>
      <table>
        <tbody>
          {incident.mitigations.map((one) => (
            <tr key={one.id}>
              <td>
                <strong>{plain(one.action)}</strong> <span class="tag">{one.state}</span>
                <div class="small">{one.text}</div>
                {one.outcome === undefined ? undefined : <div class="quiet small">{one.outcome}</div>}
              </td>
              <td class="num quiet small">
                {one.by}
                <br />
                <When at={one.at} as="clock" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Particulars({ incident }: { readonly incident: WholeIncident }): JSX.Element {
  const impacts = Object.entries(incident.affectedMetrics);
  return (
    <Panel title="Particulars">
      <dl class="facts">
        <dt>Id</dt>
        <dd>
          <code>{incident.id}</code>
        </dd>
        <dt>Service</dt>
        <dd>
          <a href={to(['services', incident.service])}>{incident.service}</a>
          {incident.affectedSystems.length > 1 ? `, with ${incident.affectedSystems.join(', ')}` : ''}
        </dd>
        <dt>Type</dt>
        <dd>
          {plain(incident.type)} <span class="quiet small">by {incident.typeBy.name}</span>
        </dd>
        <dt>Detected</dt>
        <dd>
          <When at={incident.detectedAt} as="clock" /> by {incident.detectedBy.name},{' '}
          {spell(incident.detectedAt - incident.startedAt)} after it began
        </dd>
        <dt>Paged</dt>
        <dd>
          {incident.pages.length === 0
            ? (incident.silencedBy ?? 'nobody')
            : incident.pages.map((page) => (
                <div key={`${page.at} ${page.to}`}>
                  {page.to} <span class="quiet small">({page.role})</span> <When at={page.at} as="clock" />
                </div>
              ))}
        </dd>
        {impacts.length === 0 ? undefined : (
          <>
            <dt>Impact</dt>
            <dd>{impacts.map(([name, value]) => `${plain(name)} ${figure(value)}`).join(', ')}</dd>
          </>
        )}
        {incident.recurrences === 0 ? undefined : (
          <>
            <dt>Came back</dt>
            <dd>{incident.recurrences} times</dd>
          </>
        )}
        {incident.links.length === 0 ? undefined : (
          <>
            <dt>Linked</dt>
            <dd>
              {incident.links.map((link) => (
                <div key={link.incident}>
                  {plain(link.kind)} <a href={to(['incidents', link.incident])}>{link.incident}</a>
                </div>
              ))}
            </dd>
          </>
        )}
        <dt>For others</dt>
        <dd>
          <pre>{incident.statusText}</pre>
        </dd>
      </dl>
    </Panel>
  );
}
