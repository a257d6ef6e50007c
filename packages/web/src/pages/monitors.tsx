import type { MonitorReport } from '@evenkeel/core';
import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { setQuery } from '../address/use-address.ts';
import { query as ask } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { ServiceStatus } from '../api/wire.ts';
import { Choice, Field } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { count, figure, percent } from '../words/numbers.ts';
import { spell } from '../words/time.ts';
import { Estimates } from './monitors/estimates.tsx';

type Shown = MonitorReport & { readonly service: string };

const TONE: Readonly<Record<string, string>> = {
  likely_violated: 'bad',
  potential_issue: 'warn',
  likely_healthy: 'good',
};

/** Whether what comes in and goes out is what it used to be, without waiting for labels. */
export function Monitors({ parts: [service, name], query }: ViewProps): JSX.Element {
  if (service !== undefined && name !== undefined)
    return <One service={service} name={name} segment={query.segment ?? ''} />;
  return <List query={query} />;
}

function Status({ of: { status, improved } }: { readonly of: MonitorReport }): JSX.Element {
  return <span class={`tag ${TONE[status] ?? ''}`}>{improved ? 'improved' : plain(status)}</span>;
}

function List({ query }: Pick<ViewProps, 'query'>): JSX.Element {
  const { service = '', role = '' } = query;
  const reading = useRead<{ monitors: readonly Shown[] }>(`/api/v1/monitors${ask({ service, role })}`, [
    'monitors',
    'services',
  ]);
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services').data?.services ?? [];
  return (
    <Page title="Quality and drift">
      <div class="filters">
        <Field label="Service">
          <Choice
            value={service}
            options={[['', 'all services'], ...services.map((one) => [one.name, one.name] as const)]}
            onChange={(picked) => setQuery({ service: picked })}
          />
        </Field>
        <Field label="Watches">
          <Choice
            value={role}
            options={['', 'input', 'prediction', 'confidence'].map(
              (one) => [one, one === '' ? 'everything' : one] as const,
            )}
            onChange={(picked) => setQuery({ role: picked })}
          />
        </Field>
      </div>
      <Estimates />
      <Panel title="What moved, the worst first" flush>
        <Readout of={reading} rows={6}>
          {({ monitors }) =>
            monitors.length === 0 ? (
              <Empty what="Nothing is watched.">
                <span>
                  Features, answers and confidence of a service are watched as soon as requests come.
                </span>
              </Empty>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">Monitor</th>
                    <th scope="col">Stands at</th>
                    <th scope="col" class="wide-only">
                      What moved
                    </th>
                    <th scope="col" class="num">
                      Events
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {monitors.map((one) => (
                    <tr key={`${one.service} ${one.monitor} ${one.segment}`}>
                      <td>
                        <a
                          class="cover"
                          href={to(['monitors', one.service, one.monitor], { segment: one.segment })}
                        >
                          {one.monitor}
                        </a>
                        <div class="quiet small">
                          {one.service} · {one.role}
                          {one.segment === '' ? '' : ` · ${one.segment}`}
                        </div>
                      </td>
                      <td>
                        <Status of={one} />
                      </td>
                      <td class="wide-only">
                        {one.change?.summary ??
                          (one.baseline === undefined ? (
                            <span class="quiet">learns its baseline: {count(one.learned)} values so far</span>
                          ) : (
                            <span class="quiet">nothing</span>
                          ))}
                      </td>
                      <td class="num">{count(one.recent)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Readout>
      </Panel>
    </Page>
  );
}

function One(props: {
  readonly service: string;
  readonly name: string;
  readonly segment: string;
}): JSX.Element {
  const { service, name, segment } = props;
  const reading = useRead<Shown & { definition?: unknown }>(
    `/api/v1/monitors/${encodeURIComponent(service)}/${encodeURIComponent(name)}${ask({ segment })}`,
    ['monitors'],
  );
  return (
    <Page
      title={name}
      back={{ href: to(['monitors'], { service }), text: service }}
      beside={reading.data === undefined ? undefined : <Status of={reading.data} />}
    >
      <Readout of={reading} rows={6}>
        {(report) => (
          <>
            {report.change === undefined ? undefined : (
              <Panel title="What moved">
                <p>{report.change.summary}</p>
                <dl class="facts">
                  <dt>By chance</dt>
                  <dd>once in {figure(report.change.onceIn)} events</dd>
                  <dt>Distance</dt>
                  <dd>{percent(report.change.distance)} (Jensen–Shannon)</dd>
                  {report.change.since === undefined ? undefined : (
                    <>
                      <dt>Since about</dt>
                      <dd>
                        <When at={report.change.since.at} as="clock" />, give or take{' '}
                        {spell((report.change.since.latest - report.change.since.earliest) / 2)}
                      </dd>
                    </>
                  )}
                </dl>
              </Panel>
            )}
            <Panel title="As it stands">
              <dl class="facts">
                <dt>Events of late</dt>
                <dd>{count(report.recent)}</dd>
                <dt>Baseline</dt>
                <dd>
                  {report.baseline === undefined ? (
                    `none yet: ${count(report.learned)} values learned`
                  ) : (
                    <pre>{JSON.stringify(report.baseline, undefined, 2)}</pre>
                  )}
                </dd>
                <dt>Definition</dt>
                <dd>
                  <pre>{JSON.stringify(report.definition, undefined, 2)}</pre>
                </dd>
              </dl>
            </Panel>
          </>
        )}
      </Readout>
    </Page>
  );
}
