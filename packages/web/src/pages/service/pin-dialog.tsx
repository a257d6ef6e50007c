import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import type { Directive, ServiceStatus } from '../../api/wire.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { LEVEL_WORDS } from '../../words/levels.ts';

const LEASES = [
  ['15m', '15 minutes'],
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['1d', '1 day'],
  ['7d', '7 days'],
] as const;
type Lease = (typeof LEASES)[number][0];

/** Orders that requests enter at a rung, for a time and with a reason. */
export function PinDialog(props: {
  readonly service: ServiceStatus;
  readonly rung: string;
  readonly onClose: () => void;
}): JSX.Element {
  const { service, rung, onClose } = props;
  const [reason, setReason] = useState('');
  const [lease, setLease] = useState<Lease>('1h');
  const [forbid, setForbid] = useState(false);
  const doing = useDoing(true);
  const status = service.rungs.find(({ name }) => name === rung);
  const kind = forbid ? 'forbid' : 'pin';
  return (
    <Dialog title={`Pin ${rung}`} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void doing
            .run(
              () =>
                call<Directive>('POST', '/api/v1/directives', {
                  service: service.name,
                  order: { kind, rung },
                  reason,
                  lease,
                }),
              forbid ? `${rung} is not used any more` : `Requests enter at ${rung}`,
            )
            .then((done) => {
              if (!done) return;
              reread('/api/v1/services');
              onClose();
            });
        }}
      >
        <h2>
          {forbid ? 'Forbid' : 'Pin'} {rung}
        </h2>
        <p>
          {forbid
            ? `${rung} is not used; requests that would enter there enter below.`
            : `All requests of ${service.name} enter at ${rung}${status === undefined ? '' : ` (${LEVEL_WORDS[status.level]})`}, never above.`}
          {status === undefined || status.qualityImpact === 'none' || forbid
            ? ''
            : ` It costs: ${status.qualityImpact}.`}{' '}
          It ends by itself.
        </p>
        <div class="row">
          <button type="button" class="button" aria-pressed={!forbid} onClick={() => setForbid(false)}>
            Enter here
          </button>
          <button type="button" class="button" aria-pressed={forbid} onClick={() => setForbid(true)}>
            Do not use
          </button>
        </div>
        <Field
          label="Reason"
          name="reason"
          problem={doing.problem}
          hint="Others read it, on the ladder and in the audit log."
        >
          <textarea
            autofocus
            required
            maxLength={500}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </Field>
        <Field label="For" name="lease" problem={doing.problem}>
          <Choice value={lease} options={LEASES} onChange={setLease} />
        </Field>
        <FormProblem problem={doing.problem} fields={['reason', 'lease']} />
        <div class="row">
          <button type="submit" class="button main" disabled={doing.busy || reason.trim() === ''}>
            {forbid ? 'Forbid it' : 'Pin it'}
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
