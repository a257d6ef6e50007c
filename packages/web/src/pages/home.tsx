import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { go } from '../address/use-address.ts';
import { useRead } from '../api/use-read.ts';
import type { ListedIncident, ServiceStatus, ShownObjective } from '../api/wire.ts';
import { Bubble, Level } from '../parts/marks.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { budgetTone, SeverityTag } from '../parts/tags.tsx';
import type { ViewProps } from '../shell/view.ts';
import { count, percent } from '../words/numbers.ts';
import { type Summary, summarise } from '../words/sentence.ts';
import { type CategoryBudget, type ServiceLine, serviceLines } from '../words/standing.ts';
import { spell } from '../words/time.ts';

/** Is everything even? */
export function Home(_: ViewProps): JSX.Element {
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services', ['services']);
  const objectives = useRead<{ objectives: readonly ShownObjective[]; problem: string | null }>(
    '/api/v1/objectives',
    ['objectives'],
  );
  const incidents = useRead<{ incidents: readonly ListedIncident[] }>('/api/v1/incidents?open=true', [
    'incidents',
  ]);
  return (
    <Page title="Home">
      <Readout of={services} rows={5}>
        {({ services: found }) => {
          const lines = serviceLines(
            found,
            objectives.data?.objectives ?? [],
            incidents.data?.incidents ?? [],
          );
          return (
            <>
              <Standing summary={summarise(lines)} />
              {objectives.data?.problem == null ? undefined : (
                <p class="notice warn" role="status">
                  Budgets may be behind: {objectives.data.problem}.
                </p>
              )}
              {lines.length === 0 ? <NoServices /> : <Services lines={lines} />}
              <Recent />
            </>
          );
        }}
      </Readout>
    </Page>
  );
}

function Standing({ summary }: { readonly summary: Summary }): JSX.Element {
  return (
    <section class="standing" aria-label="How things are">
      <Bubble tilt={summary.tilt} />
      <p class="headline">{summary.headline}</p>
      {summary.details.length === 0 ? undefined : <p class="quiet">{summary.details.join(' ')}</p>}
    </section>
  );
}

function Budgets({ budgets }: { readonly budgets: readonly CategoryBudget[] }): JSX.Element {
  if (budgets.length === 0) return <span class="quiet">no objectives</span>;
  return (
    <span class="budgets">
      {budgets.map(({ category, worst }) => (
        <a
          key={category}
          class={`budget ${budgetTone(worst.state)}`}
          href={to(['objectives', worst.service, worst.objective])}
          title={`${worst.objective}: ${worst.reason}`}
        >
          <span class="name">{category}</span>
          <span class="meter" aria-hidden="true">
            <i
              style={{
                width: `${worst.state === 'no_data' ? 0 : 100 * Math.max(0, Math.min(1, worst.remaining ?? 0))}%`,
              }}
            />
          </span>
          <span class="left-text">
            {worst.remaining === null || worst.state === 'no_data'
              ? '–'
              : worst.remaining <= 0
                ? 'used up'
                : percent(worst.remaining)}
          </span>
        </a>
      ))}
    </span>
  );
}

function Load({ load }: Pick<ServiceLine, 'load'>): JSX.Element {
  if (load === undefined) return <span class="quiet">no limit</span>;
  const share = load.limit === 0 ? 1 : load.inflight / load.limit;
  const tone = share > 0.95 ? 'bad' : share > 0.7 ? 'warn' : 'quiet';
  return (
    <span class={`left ${tone}`}>
      <span class="meter" aria-hidden="true">
        <i style={{ width: `${100 * Math.min(1, share)}%` }} />
      </span>
      <span class="nowrap">
        {count(load.inflight)} of {count(load.limit)}
        {load.queued === 0 ? '' : ` + ${count(load.queued)} wait`}
      </span>
    </span>
  );
}

function Services({ lines }: { readonly lines: readonly ServiceLine[] }): JSX.Element {
  return (
    <ul class="panel service-lines" aria-label="Services, the worst first">
      {lines.map(({ service, budgets, incidents, load }) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the name inside is the link; this widens it for the pointer
        <li
          key={service.name}
          class="pick"
          onClick={({ target }) => {
            if (target instanceof Element && target.closest('a') === null) go(to(['services', service.name]));
          }}
        >
          <div class="who">
            <a class="cover" href={to(['services', service.name])}>
              {service.name}
            </a>
            <Level level={service.level} />
            <span class="quiet small">
              {service.level === 'full_service' ? 'for' : `enters at ${service.entry} for`}{' '}
              {spell(service.sinceMs)}
            </span>
          </div>
          <Budgets budgets={budgets} />
          <div class="state">
            <span class="small quiet">Load</span>
            <Load load={load} />
            <span class="row">
              {incidents.length === 0 ? (
                <span class="quiet small">no open incident</span>
              ) : (
                incidents.slice(0, 3).map(({ id, severity, title }) => (
                  <a key={id} href={to(['incidents', id])} title={title}>
                    <SeverityTag severity={severity} />
                  </a>
                ))
              )}
              {incidents.length > 3 ? <span class="small">+{incidents.length - 3}</span> : undefined}
            </span>
          </div>
          {service.level === 'full_service' && service.file.problem === undefined ? undefined : (
            <p class="why small quiet">
              {service.level === 'full_service' ||
              service.directives.some(({ order }) => order.kind === 'pin')
                ? ''
                : service.reason}
              {service.file.problem === undefined ? undefined : (
                <span class="bad"> A newer file was refused: {service.file.problem.split('\n')[0]}</span>
              )}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function Recent(): JSX.Element | null {
  const { data } = useRead<{ incidents: readonly ListedIncident[] }>('/api/v1/incidents?limit=6', [
    'incidents',
  ]);
  const closed = (data?.incidents ?? []).filter(({ resolvedAt }) => resolvedAt !== undefined).slice(0, 5);
  if (closed.length === 0) return null;
  return (
    <Panel title="Resolved lately" beside={<a href="#/incidents">All incidents</a>} flush>
      <table>
        <tbody>
          {closed.map(({ id, severity, title, startedAt, resolvedAt = startedAt }) => (
            <tr key={id}>
              <td>
                <SeverityTag severity={severity} />
              </td>
              <td>
                <a class="cover" href={to(['incidents', id])}>
                  {title}
                </a>
              </td>
              <td class="num quiet">over after {spell(resolvedAt - startedAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function NoServices(): JSX.Element {
  return (
    <Panel>
      <Empty what="Describe a service in one file, and start it:">
        <pre>npx evenkeel init{'\n'}npx evenkeel serve evenkeel.yaml</pre>
      </Empty>
    </Panel>
  );
}
