import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import type { ServiceStatus, Silence } from '../../api/wire.ts';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Empty, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';
import { plain } from '../../words/levels.ts';

const HOUR = 3_600_000;
const LENGTHS = [
  ['1', '1 hour'],
  ['4', '4 hours'],
  ['24', '1 day'],
  ['168', '7 days'],
] as const;
const KINDS = [
  ['silence', 'silence: incidents are kept, nobody is told'],
  ['maintenance', 'maintenance: no incident is opened'],
] as const;

/** Times in which nobody is woken. */
export function Silences({ may }: { readonly may: boolean }): JSX.Element {
  const [adding, setAdding] = useState(false);
  const reading = useRead<{ silences: readonly Silence[] }>('/api/v1/silences', ['incidents']);
  return (
    <Panel
      title="Silences"
      beside={
        may ? (
          <button type="button" class="button" aria-expanded={adding} onClick={() => setAdding(!adding)}>
            Silence
          </button>
        ) : undefined
      }
      flush
    >
      {adding ? <Add onDone={() => setAdding(false)} /> : undefined}
      <Readout of={reading}>
        {({ silences }) =>
          silences.length === 0 ? (
            <Empty what="None: whoever is on call is woken.">
              <span>
                Before planned work, silence the service for as long as it takes; it ends by itself.
              </span>
            </Empty>
          ) : (
            <table>
              <tbody>
                {silences.map((silence) => (
                  <Row key={silence.id} silence={silence} may={may} />
                ))}
              </tbody>
            </table>
          )
        }
      </Readout>
    </Panel>
  );
}

function Row({ silence, may }: { readonly silence: Silence; readonly may: boolean }): JSX.Element {
  const doing = useDoing();
  return (
    <tr>
      <td>
        <span class="tag warn">{silence.kind}</span>
      </td>
      <td>
        <strong>{silence.service ?? 'all services'}</strong>
        {silence.types === undefined ? '' : `, ${silence.types.map(plain).join(', ')}`}
        <div>
          {silence.by}: {silence.reason}
        </div>
      </td>
      <td class="num">
        ends <When at={silence.to} />
      </td>
      <td class="num">
        {may ? (
          <button
            type="button"
            class="button"
            disabled={doing.busy}
            onClick={() =>
              void doing
                .run(() => call('DELETE', `/api/v1/silences/${encodeURIComponent(silence.id)}`), 'Ended')
                .then(() => reread('/api/v1/silences'))
            }
          >
            End it
          </button>
        ) : undefined}
      </td>
    </tr>
  );
}

function Add({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services').data?.services ?? [];
  const [kind, setKind] = useState<Silence['kind']>('silence');
  const [service, setService] = useState('');
  const [hours, setHours] = useState<(typeof LENGTHS)[number][0]>('1');
  const [reason, setReason] = useState('');
  const doing = useDoing(true);
  return (
    <form
      class="stack body-form"
      onSubmit={(event) => {
        event.preventDefault();
        void doing
          .run(
            () =>
              call('POST', '/api/v1/silences', {
                kind,
                ...(service === '' ? {} : { service }),
                to: Date.now() + Number(hours) * HOUR,
                reason,
              }),
            'Silent',
          )
          .then((ok) => {
            if (!ok) return;
            reread('/api/v1/silences');
            onDone();
          });
      }}
    >
      <div class="row end">
        <Field label="Kind" name="kind" problem={doing.problem}>
          <Choice value={kind} options={KINDS} onChange={setKind} />
        </Field>
        <Field label="Service" name="service" problem={doing.problem}>
          <Choice
            value={service}
            options={[['', 'all services'], ...services.map(({ name }) => [name, name] as const)]}
            onChange={setService}
          />
        </Field>
        <Field label="For" name="to" problem={doing.problem}>
          <Choice value={hours} options={LENGTHS} onChange={setHours} />
        </Field>
        <Field label="Reason" name="reason" problem={doing.problem} grow>
          <input
            required
            maxLength={500}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </Field>
        <button type="submit" class="button main" disabled={doing.busy || reason.trim() === ''}>
          Silence it
        </button>
      </div>
      <FormProblem problem={doing.problem} fields={['kind', 'service', 'to', 'reason']} />
    </form>
  );
}
