import type { JSX } from 'preact';
import { setQuery } from '../address/use-address.ts';
import { query as ask } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { QueueFigures, QueueItem } from '../api/wire.ts';
import { Choice, Field } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { count, many } from '../words/numbers.ts';
import { DecisionDesk } from './queues/decision-desk.tsx';

const KINDS: readonly (readonly [string, string])[] = [
  ['', 'held and to review'],
  ['hold', 'held: the caller waits'],
  ['review', 'to review'],
];

/** What waits for a person. */
export function Queues({ query }: ViewProps): JSX.Element {
  const { service = '', kind = '' } = query;
  const may = useMay('operator');
  const figures = useRead<{ queues: readonly QueueFigures[] }>('/api/v1/queues', ['queues', 'services']);
  return (
    <Page title="Queues">
      <Readout of={figures}>
        {({ queues }) => (
          <>
            <div class="filters">
              <Field label="Service">
                <Choice
                  value={service}
                  options={[
                    ['', `all services (${count(queues.reduce((sum, { waiting }) => sum + waiting, 0))})`],
                    ...queues.map((one) => [one.service, `${one.service} (${count(one.waiting)})`] as const),
                  ]}
                  onChange={(picked) => setQuery({ service: picked })}
                />
              </Field>
              <Field label="Kind">
                <Choice value={kind} options={KINDS} onChange={(picked) => setQuery({ kind: picked })} />
              </Field>
            </div>
            <Oldest queues={queues} />
          </>
        )}
      </Readout>
      {may ? (
        <Waiting service={service} kind={kind} />
      ) : (
        <Panel>
          <Empty what="What waits is what callers sent: only operators see it.">
            <span>Sign in with a key of the role operator or admin to work the queue.</span>
          </Empty>
        </Panel>
      )}
    </Page>
  );
}

function Oldest({ queues }: { readonly queues: readonly QueueFigures[] }): JSX.Element | null {
  const oldest = queues.map(({ oldestWaitingAt }) => oldestWaitingAt).filter((at) => at !== undefined);
  if (oldest.length === 0) return null;
  return (
    <p class="quiet">
      The oldest has waited since <When at={Math.min(...oldest)} />.
    </p>
  );
}

function Waiting({ service, kind }: { readonly service: string; readonly kind: string }): JSX.Element {
  const waiting = useRead<{ items: readonly QueueItem[] }>(
    `/api/v1/queues/items${ask({ service, kind, state: 'waiting', limit: 100 })}`,
    ['queues', 'services'],
  );
  const decided = useRead<{ items: readonly QueueItem[] }>(
    `/api/v1/queues/items${ask({ service, state: 'decided', limit: 500 })}`,
    ['queues'],
  );
  return (
    <>
      <Readout of={waiting} rows={6}>
        {({ items }) => <DecisionDesk items={items} decided={decided.data?.items ?? []} />}
      </Readout>
      <Decided items={decided.data?.items ?? []} />
    </>
  );
}

function Decided({ items }: { readonly items: readonly QueueItem[] }): JSX.Element | null {
  if (items.length === 0) return null;
  const newest = [...items].sort((a, b) => (b.decidedAt ?? 0) - (a.decidedAt ?? 0)).slice(0, 12);
  return (
    <Panel title={`Decided: ${many(items.length, 'item')}`} flush>
      <table>
        <tbody>
          {newest.map(({ id, verdict, decidedBy, decidedAt = 0, reason, note }) => (
            <tr key={id}>
              <td>
                <span class="tag">{verdict}</span>
              </td>
              <td>
                {reason}
                {note === undefined ? undefined : <div class="quiet small">{note}</div>}
              </td>
              <td class="num quiet small">
                {decidedBy} · <When at={decidedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
