import type { JSX } from 'preact';
import { call } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { Health, Replica } from '../api/wire.ts';
import { useDoing } from '../parts/form.tsx';
import { Dot } from '../parts/marks.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { toast } from '../parts/toast.tsx';
import { When } from '../parts/when.tsx';
import { useMay, useSession } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { bytes } from '../words/numbers.ts';
import { Keys } from './settings/keys.tsx';

/** Keys, destinations, and how the program itself stands. */
export function Settings(_: ViewProps): JSX.Element {
  const admin = useMay('admin');
  const operator = useMay('operator');
  const session = useSession();
  return (
    <Page title="Settings">
      <div class="two">
        <div class="stack">
          {admin ? (
            <Keys />
          ) : (
            <Panel title="Keys">
              <Empty what="Keys are made by whoever has one of the role admin.">
                <span>
                  The first was printed when the program started for the first time, and lies in its data
                  directory.
                </span>
              </Empty>
            </Panel>
          )}
        </div>
        <div class="stack">
          <Destinations may={operator} />
          {operator ? <State /> : undefined}
          <Replicas />
          <Panel title="This program">
            <dl class="facts">
              <dt>Version</dt>
              <dd>{session?.version ?? '–'}</dd>
              <dt>API</dt>
              <dd>
                <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>
              </dd>
            </dl>
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Destinations({ may }: { readonly may: boolean }): JSX.Element {
  const reading = useRead<{ destinations: readonly string[] }>('/api/v1/destinations');
  return (
    <Panel title="Who is told" flush>
      <Readout of={reading}>
        {({ destinations }) =>
          destinations.length === 0 ? (
            <Empty what="Nobody yet.">
              <span>
                Destinations stand in the service's file under <code>incidents: notify:</code>
              </span>
            </Empty>
          ) : (
            <table>
              <tbody>
                {destinations.map((name) => (
                  <Destination key={name} name={name} may={may} />
                ))}
              </tbody>
            </table>
          )
        }
      </Readout>
    </Panel>
  );
}

function Destination({ name, may }: { readonly name: string; readonly may: boolean }): JSX.Element {
  const doing = useDoing();
  const test = async (): Promise<void> => {
    const path = `/api/v1/destinations/${name.split('/').map(encodeURIComponent).join('/')}/test`;
    const result = await call<{ kind: string; reason?: string; error?: string }>('POST', path, {});
    const why = result.reason ?? result.error;
    toast(
      `${name}: ${result.kind}${why === undefined ? '' : `, ${why}`}`,
      result.kind === 'sent' ? 'plain' : 'bad',
    );
  };
  return (
    <tr>
      <td>{name}</td>
      <td class="num">
        {may ? (
          <button type="button" class="button" disabled={doing.busy} onClick={() => void doing.run(test)}>
            {doing.busy ? 'Sending …' : 'Send a test'}
          </button>
        ) : undefined}
      </td>
    </tr>
  );
}

function State(): JSX.Element {
  const reading = useRead<Health>('/api/v1/health');
  return (
    <Panel title="Store">
      <Readout of={reading} rows={2}>
        {({ store, dialect, integrity, behind }) => (
          <dl class="facts">
            <dt>State</dt>
            <dd>
              <Dot kind={store.ok ? 'good' : 'bad'} /> {store.ok ? 'answers' : store.reason}
              {behind === null ? '' : `; behind: ${behind}`}
            </dd>
            <dt>Kept in</dt>
            <dd>
              {dialect}, {bytes(store.bytes)}
            </dd>
            <dt>Integrity</dt>
            <dd>{integrity.length === 0 ? 'nothing is wrong' : integrity.join('; ')}</dd>
          </dl>
        )}
      </Readout>
    </Panel>
  );
}

function Replicas(): JSX.Element {
  const reading = useRead<{ replicas: readonly Replica[] }>('/api/v1/replicas', ['services']);
  return (
    <Panel title="Replicas" flush>
      <Readout of={reading} rows={2}>
        {({ replicas }) =>
          replicas.length === 0 ? (
            <Empty what="None has reported yet." />
          ) : (
            <table>
              <tbody>
                {replicas.map(({ replica, state, arrivedAt }) => (
                  <tr key={replica}>
                    <td>
                      <Dot kind={state === 'reporting' ? 'good' : 'bad'} /> <code>{replica}</code>
                    </td>
                    <td class="num quiet">
                      {state}, <When at={arrivedAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Readout>
    </Panel>
  );
}
