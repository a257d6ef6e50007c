import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call, Problem, query } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import type { FactRow } from '../../api/wire.ts';
import { Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Empty, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';
import { useMay } from '../../shell/session.ts';
import { fieldTime } from '../../words/time.ts';

const HOUR = 3_600_000;

/** Time that does not count for an objective: what there is, and adding some. */
export function Exclusions(props: { readonly service: string; readonly objective: string }): JSX.Element {
  const { service, objective } = props;
  const may = useMay('operator');
  const [adding, setAdding] = useState(false);
  const reading = useRead<{ exclusions: readonly FactRow[] }>(`/api/v1/exclusions${query({ service })}`);
  return (
    <Panel
      title="Time that does not count"
      beside={
        may && !adding ? (
          <button type="button" class="button" onClick={() => setAdding(true)}>
            Exclude time
          </button>
        ) : undefined
      }
      flush
    >
      {adding ? <Form service={service} objective={objective} onDone={() => setAdding(false)} /> : undefined}
      <Readout of={reading}>
        {({ exclusions }) => {
          const own = exclusions.filter(
            ({ body }) => body.objective === undefined || body.objective === objective,
          );
          return own.length === 0 ? (
            <Empty what="All time counts." />
          ) : (
            <table>
              <tbody>
                {own.map(({ id, by, body }) => (
                  <tr key={id}>
                    <td>
                      {String(body.reason)}
                      <div class="quiet small">
                        {by}
                        {body.objective === undefined ? ', for all objectives' : ''}
                        {body.rrule === undefined ? '' : ` · ${String(body.rrule)}`}
                      </div>
                    </td>
                    <td class="num small">
                      <When at={Number(body.from)} as="clock" />
                      <br />
                      <When at={Number(body.to)} as="clock" />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Readout>
    </Panel>
  );
}

function Form(props: {
  readonly service: string;
  readonly objective: string;
  readonly onDone: () => void;
}): JSX.Element {
  const { service, objective, onDone } = props;
  const [from, setFrom] = useState(fieldTime(Date.now() - HOUR));
  const [until, setUntil] = useState(fieldTime(Date.now()));
  const [reason, setReason] = useState('');
  // Made once: sending the form twice adds it once.
  const [id] = useState(() => `page-${crypto.randomUUID()}`);
  const doing = useDoing(true);
  return (
    <form
      class="stack body-form"
      onSubmit={(event) => {
        event.preventDefault();
        void doing
          .run(async () => {
            const receipt = await call<{ refused: readonly { problem: string }[] }>(
              'POST',
              '/api/v1/exclusions',
              {
                id,
                service,
                objective,
                from: new Date(from).getTime(),
                to: new Date(until).getTime(),
                reason,
              },
            );
            const [refused] = receipt.refused;
            if (refused !== undefined) throw new Problem(400, 'bad_request', `body.${refused.problem}`, '');
          }, 'Excluded; figures follow within a moment')
          .then((done) => {
            if (!done) return;
            reread('/api/v1/exclusions');
            onDone();
          });
      }}
    >
      <div class="row">
        <Field label="From" name="from" problem={doing.problem}>
          <input
            type="datetime-local"
            required
            value={from}
            onInput={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </Field>
        <Field label="To" name="to" problem={doing.problem}>
          <input
            type="datetime-local"
            required
            min={from}
            value={until}
            onInput={({ currentTarget }) => setUntil(currentTarget.value)}
          />
        </Field>
      </div>
      <Field
        label="Reason"
        name="reason"
        problem={doing.problem}
        hint="It stands on the audit log with your name."
      >
        <input
          required
          maxLength={500}
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </Field>
      <FormProblem problem={doing.problem} fields={['from', 'to', 'reason']} />
      <div class="row">
        <button type="submit" class="button main" disabled={doing.busy || reason.trim() === ''}>
          Exclude
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
