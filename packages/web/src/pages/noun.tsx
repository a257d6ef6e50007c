import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { useRead } from '../api/use-read.ts';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import type { View, ViewProps } from '../shell/registry.ts';
import { plain } from '../words/levels.ts';
import { columnsOf, listIn, looksLikeTime } from './noun/columns.ts';

type Json = Readonly<Record<string, unknown>>;

/** A plain view of a noun that has no page of its own yet: its list, and one of them, as the API has them. */
export function nounPage(noun: string, title: string): View {
  return function Noun({ parts }: ViewProps): JSX.Element {
    const path = [noun, ...parts].map(encodeURIComponent).join('/');
    const reading = useRead<Json>(`/api/v1/${path}`, [noun]);
    const [first] = parts;
    return (
      <Page title={first === undefined ? title : parts.join(' / ')} back={first === undefined ? undefined : { href: to([noun]), text: title }}>
        <Readout of={reading} rows={6}>
          {(answer) => {
            const list = first === undefined ? listIn(answer, noun) : undefined;
            return list === undefined ? <One of={answer} /> : <List noun={noun} title={title} rows={list} />;
          }}
        </Readout>
      </Page>
    );
  };
}

function List(props: { readonly noun: string; readonly title: string; readonly rows: readonly Json[] }): JSX.Element {
  const { noun, title, rows } = props;
  const columns = columnsOf(rows);
  return (
    <Panel flush>
      {rows.length === 0 ? (
        <Empty what={`${title}: nothing there yet.`}>
          <span>
            What comes here is described under <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
          </span>
        </Empty>
      ) : (
        <table>
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {plain(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={String(row.id ?? i)}>
                {columns.map((name, at) => (
                  <td key={name}>
                    {at === 0 && row.id !== undefined ? (
                      <a class="cover" href={to([noun, String(row.id)])}>
                        <Value name={name} value={row[name]} />
                      </a>
                    ) : (
                      <Value name={name} value={row[name]} />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Value({ name, value }: { readonly name: string; readonly value: unknown }): JSX.Element {
  if (looksLikeTime(name, value)) return <When at={Number(value)} as="clock" />;
  if (value === undefined || value === null) return <span class="quiet">–</span>;
  if (typeof value === 'object') return <pre class="small">{JSON.stringify(value, undefined, 2)}</pre>;
  return <>{String(value)}</>;
}

function One({ of: answer }: { readonly of: Json }): JSX.Element {
  return (
    <Panel>
      <dl class="facts">
        {Object.entries(answer).map(([name, value]) => (
          <>
            <dt key={name}>{plain(name)}</dt>
            <dd>
              <Value name={name} value={value} />
            </dd>
          </>
        ))}
      </dl>
    </Panel>
  );
}
