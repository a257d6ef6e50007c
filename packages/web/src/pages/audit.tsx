import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { setQuery } from '../address/use-address.ts';
import { query as ask, call } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { AuditEntry } from '../api/wire.ts';
import { Field, useDoing } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { toast } from '../parts/toast.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { many } from '../words/numbers.ts';

const PAGE = 100;

/** Who did what, and whether the record of it is whole. */
export function Audit({ query }: ViewProps): JSX.Element {
  const { service = '', by = '', action = '' } = query;
  const filter = { service, by, action, limit: PAGE };
  const may = useMay('operator');
  const reading = useRead<{ entries: readonly AuditEntry[] }>(`/api/v1/audit${ask(filter)}`, ['audit']);
  const [older, setOlder] = useState<readonly AuditEntry[]>([]);
  const doing = useDoing();
  const change = (changes: Readonly<Record<string, string>>): void => {
    setOlder([]);
    setQuery(changes);
  };
  return (
    <Page
      title="Audit"
      beside={
        may ? (
          <button type="button" class="button" disabled={doing.busy} onClick={() => void doing.run(verify)}>
            Check that it is whole
          </button>
        ) : undefined
      }
    >
      <div class="filters">
        {(
          [
            ['Who', 'by', by],
            ['Action', 'action', action],
            ['Service', 'service', service],
          ] as const
        ).map(([label, name, value]) => (
          <Field key={name} label={label}>
            <input
              type="search"
              value={value}
              onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}
            />
          </Field>
        ))}
      </div>
      <Panel flush>
        <Readout of={reading} rows={8}>
          {({ entries }) => {
            const all = [...entries, ...older];
            const last = all.at(-1);
            if (last === undefined) {
              return (
                <Empty what="Nothing like that was done.">
                  <a href="#/audit">Show all</a>
                </Empty>
              );
            }
            return (
              <>
                <Table entries={all} />
                {all.length % PAGE === 0 ? (
                  <p class="body">
                    <button
                      type="button"
                      class="button"
                      disabled={doing.busy}
                      onClick={() =>
                        void doing.run(async () => {
                          const next = await call<{ entries: readonly AuditEntry[] }>(
                            'GET',
                            `/api/v1/audit${ask({ ...filter, before: last.id })}`,
                          );
                          setOlder([...older, ...next.entries]);
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
    </Page>
  );
}

async function verify(): Promise<void> {
  const { entries, brokenAt } = await call<{ entries: number; brokenAt?: number }>(
    'GET',
    '/api/v1/audit/verify',
  );
  if (brokenAt === undefined)
    toast(`Whole: ${many(entries, 'entry', 'entries')}, each with the hash of the one before.`);
  else toast(`Broken at entry ${brokenAt}: something was changed, taken out or put in.`, 'bad');
}

function Table({ entries }: { readonly entries: readonly AuditEntry[] }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ id, at, by, action, subject, service, detail }) => (
          <tr key={id}>
            <td>
              <When at={at} as="clock" />
            </td>
            <td>{by}</td>
            <td>
              <strong>{action}</strong> {subject}
              {service === undefined ? undefined : <span class="quiet small"> · {service}</span>}
              <details>
                <summary class="quiet small">details</summary>
                <pre class="small">{JSON.stringify(detail, undefined, 2)}</pre>
              </details>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
