import type { JSX } from 'preact';
import { setQuery } from '../address/use-address.ts';
import { query as ask, call } from '../api/client.ts';
import { reread, useRead } from '../api/use-read.ts';
import type { OutboxMessage } from '../api/wire.ts';
import { Choice, Field, useDoing } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';

const STATES: readonly (readonly [string, string])[] = [
  ['', 'all'],
  ['dead', 'given up'],
  ['waiting', 'waiting'],
  ['sent', 'sent'],
];
const WORDS = { dead: ['bad', 'given up'], waiting: ['warn', 'waiting'], sent: ['good', 'sent'] } as const;

/** Messages on their way to people: nothing is lost, and what was given up can be sent again. */
export function Outbox({ query }: ViewProps): JSX.Element {
  const { state = '', destination = '' } = query;
  const reading = useRead<{ messages: readonly OutboxMessage[] }>(
    `/api/v1/outbox${ask({ state, destination, limit: 200 })}`,
    ['incidents'],
  );
  const destinations =
    useRead<{ destinations: readonly string[] }>('/api/v1/destinations').data?.destinations ?? [];
  return (
    <Page title="Outbox">
      <div class="filters">
        <Field label="State">
          <Choice value={state} options={STATES} onChange={(picked) => setQuery({ state: picked })} />
        </Field>
        <Field label="Destination">
          <Choice
            value={destination}
            options={[['', 'all'], ...destinations.map((name) => [name, name] as const)]}
            onChange={(picked) => setQuery({ destination: picked })}
          />
        </Field>
      </div>
      <Panel flush>
        <Readout of={reading} rows={6}>
          {({ messages }) =>
            messages.length === 0 ? (
              <Empty
                what={
                  destinations.length === 0 ? 'Nobody is told of anything yet.' : 'No messages like that.'
                }
              >
                {destinations.length === 0 ? (
                  <>
                    <span>Say in the file whom to tell; each destination can be tried under Settings.</span>
                    <pre>
                      {
                        'incidents:\n  notify:\n    - { name: chat, webhook: { url: "https://example.com/hook" } }'
                      }
                    </pre>
                  </>
                ) : undefined}
              </Empty>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">State</th>
                    <th scope="col">To</th>
                    <th scope="col">About</th>
                    <th scope="col" class="num">
                      When
                    </th>
                    <th scope="col">
                      <span class="hidden">Send again</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {messages.map((message) => (
                    <Row key={message.id} message={message} />
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

function Row({ message }: { readonly message: OutboxMessage }): JSX.Element {
  const may = useMay('operator');
  const doing = useDoing();
  const { id, state, destination, stream, createdAt, attempts, lastError, nextAt } = message;
  const [tone, words] = WORDS[state];
  return (
    <tr>
      <td>
        <span class={`tag ${tone}`}>{words}</span>
      </td>
      <td>{destination}</td>
      <td>
        <a href={`#/incidents/${encodeURIComponent(stream)}`}>{stream}</a>
        {lastError === undefined ? undefined : (
          <div class="small quiet">
            {attempts} tries: {lastError}
          </div>
        )}
      </td>
      <td class="num">
        <When at={createdAt} as="clock" />
        {state === 'waiting' ? (
          <div class="small quiet">
            next try <When at={nextAt} />
          </div>
        ) : undefined}
      </td>
      <td class="num">
        {state === 'dead' && may ? (
          <button
            type="button"
            class="button"
            disabled={doing.busy}
            onClick={() =>
              void doing
                .run(() => call('POST', '/api/v1/outbox/send-again', { id }), 'Waiting again')
                .then(() => reread('/api/v1/outbox'))
            }
          >
            Send again
          </button>
        ) : undefined}
      </td>
    </tr>
  );
}
