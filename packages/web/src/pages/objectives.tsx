import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { setQuery } from '../address/use-address.ts';
import { query as ask } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { BudgetState, ServiceStatus, ShownObjective } from '../api/wire.ts';
import { Choice, Field } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { BudgetTag, Left } from '../parts/tags.tsx';
import { VirtualRows } from '../parts/virtual-rows.tsx';
import type { ViewProps } from '../shell/view.ts';
import { figure, many, percent } from '../words/numbers.ts';
import { spell } from '../words/time.ts';
import { Objective } from './objectives/objective.tsx';
import { targetText } from './objectives/target.ts';

const STATES: readonly (readonly [BudgetState | '', string])[] = [
  ['', 'any state'],
  ['exhausted', 'exhausted'],
  ['critical', 'critical'],
  ['warning', 'warning'],
  ['healthy', 'healthy'],
  ['no_data', 'no data'],
];
const CATEGORIES: readonly (readonly [string, string])[] = [
  ['', 'any category'],
  ...['availability', 'latency', 'quality', 'freshness', 'safety', 'cost'].map((one) => [one, one] as const),
];
const ROW = 46;

/** What is promised, and what is left of each promise. */
export function Objectives({ parts, query }: ViewProps): JSX.Element {
  const [service, name] = parts;
  if (service !== undefined && name !== undefined) {
    return <Objective key={`${service}/${name}`} service={service} name={name} query={query} />;
  }
  return <List query={{ ...query, ...(service === undefined ? {} : { service }) }} />;
}

function List({ query }: Pick<ViewProps, 'query'>): JSX.Element {
  const { service = '', state = '', category = '', words = '' } = query;
  const reading = useRead<{ objectives: readonly ShownObjective[]; problem: string | null }>(
    `/api/v1/objectives${ask({ service, state, category })}`,
    ['objectives'],
  );
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services').data?.services ?? [];
  return (
    <Page
      title="Objectives"
      beside={
        <a
          class="button"
          href={`/api/v1/objectives-report${ask({ service, period: 'week', format: 'html' })}`}
        >
          The week's report
        </a>
      }
    >
      <div class="filters">
        <Field label="Service">
          <Choice
            value={service}
            options={[['', 'all services'], ...services.map(({ name }) => [name, name] as const)]}
            onChange={(picked) => setQuery({ service: picked })}
          />
        </Field>
        <Field label="State">
          <Choice value={state} options={STATES} onChange={(picked) => setQuery({ state: picked })} />
        </Field>
        <Field label="Category">
          <Choice
            value={category}
            options={CATEGORIES}
            onChange={(picked) => setQuery({ category: picked })}
          />
        </Field>
        <Field label="Name">
          <input
            type="search"
            value={words}
            onInput={({ currentTarget }) => setQuery({ words: currentTarget.value })}
          />
        </Field>
      </div>
      <Panel flush>
        <Readout of={reading} rows={8}>
          {({ objectives, problem }) => {
            const found = objectives.filter(({ objective }) => objective.includes(words));
            return (
              <>
                {problem === null ? undefined : <p class="notice warn">May be behind: {problem}.</p>}
                {found.length === 0 ? (
                  <Nothing filtered={objectives.length > 0 || state + category + service !== ''} />
                ) : (
                  <Table objectives={found} />
                )}
              </>
            );
          }}
        </Readout>
      </Panel>
    </Page>
  );
}

function Nothing({ filtered }: { readonly filtered: boolean }): JSX.Element {
  return filtered ? (
    <Empty what="None is like that.">
      <a href="#/objectives">Show all</a>
    </Empty>
  ) : (
    <Empty what="Nothing is promised yet.">
      <span>Promises stand in the service's file:</span>
      <pre>
        {
          'objectives:\n  availability: { category: availability, target: 99.9%, window: 30d }\n  latency-p95: { category: latency, indicator: { latency: { p95: 300ms } }, window: 7d }'
        }
      </pre>
    </Empty>
  );
}

function Table({ objectives }: { readonly objectives: readonly ShownObjective[] }): JSX.Element {
  return (
    <table>
      <caption class="hidden">{many(objectives.length, 'objective')}, the worst first</caption>
      <thead>
        <tr>
          <th scope="col">Objective</th>
          <th scope="col">State</th>
          <th scope="col">Budget left</th>
          <th scope="col" class="num wide-only">
            Target
          </th>
          <th scope="col" class="num wide-only">
            Now
          </th>
          <th scope="col" class="num wide-only">
            Burn, long / short
          </th>
          <th scope="col" class="num wide-only">
            Gone in
          </th>
        </tr>
      </thead>
      <VirtualRows
        items={objectives}
        height={ROW}
        row={(one) => <Row key={`${one.service}/${one.objective}`} objective={one} />}
      />
    </table>
  );
}

function Row({ objective: one }: { readonly objective: ShownObjective }): JSX.Element {
  const firing = one.alerts.find((alert) => alert.firing) ?? one.alerts[0];
  const burn = (value: number | null | undefined): string => (value == null ? '–' : figure(value));
  return (
    <tr>
      <td>
        <a class="cover" href={to(['objectives', one.service, one.objective])}>
          {one.objective}
        </a>
        <div class="quiet small">
          {one.service} · {one.category}
        </div>
      </td>
      <td>
        <BudgetTag state={one.state} />
      </td>
      <td>
        <Left of={one} />
      </td>
      <td class="num wide-only">{targetText(one)}</td>
      <td class="num wide-only">{one.sli === null ? '–' : percent(one.sli)}</td>
      <td class={`num wide-only${firing?.firing === true ? ' bad' : ''}`}>
        {burn(firing?.burn.long)} / {burn(firing?.burn.short)}
      </td>
      <td class="num wide-only">
        {one.exhaustion.ms === null
          ? one.exhaustion.never
            ? 'never'
            : '–'
          : one.exhaustion.ms === 0
            ? 'gone'
            : spell(one.exhaustion.ms)}
      </td>
    </tr>
  );
}
