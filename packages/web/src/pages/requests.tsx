import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { to } from '../address/address.ts';
import { go, setQuery } from '../address/use-address.ts';
import { query as ask } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { RequestRecord, ServiceStatus } from '../api/wire.ts';
import { Choice, Field } from '../parts/form.tsx';
import { Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import type { ViewProps } from '../shell/view.ts';
import { DEPTHS, LEVEL_WORDS } from '../words/levels.ts';
import { fieldTime } from '../words/time.ts';
import { LatencyMap } from './requests/latency-map.tsx';
import { OneRequest } from './requests/one-request.tsx';
import { RequestTable } from './requests/request-table.tsx';

const LEVELS: readonly (readonly [string, string])[] = [
  ['', 'any level'],
  ...DEPTHS.map((level) => [level, LEVEL_WORDS[level]] as const),
];

/** Requests: found by what became of them, each with the record of what was decided. */
export function Requests({ parts: [id], query }: ViewProps): JSX.Element {
  return id === undefined ? <Search query={query} /> : <OneRequest key={id} id={id} />;
}

function Search({ query }: Pick<ViewProps, 'query'>): JSX.Element {
  const {
    service = '',
    level = '',
    tenant = '',
    trace = '',
    from = '',
    to: until = '',
    limit = '100',
  } = query;
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services').data?.services ?? [];
  const reading = useRead<{ requests: readonly RequestRecord[] }>(
    `/api/v1/requests${ask({ service, level, tenant, trace, from, to: until, limit })}`,
    until === '' ? ['services'] : [],
  );
  const [id, setId] = useState('');
  return (
    <Page title="Requests">
      <div class="filters">
        <Field label="Service">
          <Choice
            value={service}
            options={[['', 'all services'], ...services.map(({ name }) => [name, name] as const)]}
            onChange={(picked) => setQuery({ service: picked })}
          />
        </Field>
        <Field label="Level">
          <Choice value={level} options={LEVELS} onChange={(picked) => setQuery({ level: picked })} />
        </Field>
        <Field label="Tenant">
          <input value={tenant} onChange={({ currentTarget }) => setQuery({ tenant: currentTarget.value })} />
        </Field>
        <Field label="Trace id">
          <input value={trace} onChange={({ currentTarget }) => setQuery({ trace: currentTarget.value })} />
        </Field>
        <Field label="Since">
          <input
            type="datetime-local"
            value={from === '' ? '' : fieldTime(Number(from))}
            onChange={({ currentTarget }) => setQuery({ from: instant(currentTarget.value) })}
          />
        </Field>
        <Field label="Until">
          <input
            type="datetime-local"
            value={until === '' ? '' : fieldTime(Number(until))}
            onChange={({ currentTarget }) => setQuery({ to: instant(currentTarget.value) })}
          />
        </Field>
        <form
          class="row end"
          onSubmit={(event) => {
            event.preventDefault();
            if (id.trim() !== '') go(to(['requests', id.trim()]));
          }}
        >
          <Field label="One request, by its id">
            <input
              value={id}
              placeholder="evenkeel-request-id"
              onInput={({ currentTarget }) => setId(currentTarget.value)}
            />
          </Field>
          <button type="submit" class="button">
            Open
          </button>
        </form>
      </div>
      <Panel flush>
        <Readout of={reading} rows={8}>
          {({ requests }) => (
            <>
              <LatencyMap requests={requests} />
              <RequestTable requests={requests} withService />
              {requests.length >= Number(limit) && Number(limit) < 500 ? (
                <p class="body">
                  <button type="button" class="button" onClick={() => setQuery({ limit: '500' })}>
                    Show up to 500
                  </button>
                </p>
              ) : undefined}
            </>
          )}
        </Readout>
      </Panel>
    </Page>
  );
}

function instant(field: string): string {
  const at = new Date(field).getTime();
  return Number.isNaN(at) ? '' : String(at);
}
