import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { to } from '../../address/address.ts';
import { go } from '../../address/use-address.ts';
import { call } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import type { Incident, ServiceStatus } from '../../api/wire.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { plain } from '../../words/levels.ts';
import { SEVERITIES, TYPES } from './types.ts';

const FIELDS = ['service', 'type', 'severity', 'title', 'description'];

/** Opens an incident by hand: somebody saw what no signal did. */
export function OpenDialog(props: {
  readonly services: readonly ServiceStatus[];
  readonly onClose: () => void;
}): JSX.Element {
  const { services, onClose } = props;
  const [picked, setService] = useState('');
  const [type, setType] = useState<Incident['type']>('model_degradation');
  const [severity, setSeverity] = useState<Incident['severity']>('SEV3');
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const doing = useDoing(true);
  const service = picked === '' ? (services[0]?.name ?? '') : picked;
  return (
    <Dialog title="Open an incident" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          let id = '';
          void doing
            .run(async () => {
              const made = await call<Incident>('POST', '/api/v1/incidents', {
                service,
                type,
                severity,
                title,
                description,
              });
              id = made.id;
            }, 'Opened')
            .then((ok) => {
              if (!ok) return;
              reread('/api/v1/incidents');
              go(to(['incidents', id]));
            });
        }}
      >
        <h2>Open an incident</h2>
        <div class="row">
          <Field label="Service" name="service" problem={doing.problem}>
            <Choice
              value={service}
              options={services.map(({ name }) => [name, name] as const)}
              onChange={setService}
            />
          </Field>
          <Field label="Type" name="type" problem={doing.problem}>
            <Choice
              value={type}
              options={TYPES.map((one) => [one, plain(one)] as const)}
              onChange={setType}
            />
          </Field>
          <Field label="Severity" name="severity" problem={doing.problem} hint="SEV1 and SEV2 page">
            <Choice
              value={severity}
              options={SEVERITIES.map((one) => [one, one] as const)}
              onChange={setSeverity}
            />
          </Field>
        </div>
        <Field label="What is wrong" name="title" problem={doing.problem}>
          <input
            autofocus
            required
            maxLength={500}
            value={title}
            onInput={({ currentTarget }) => setTitle(currentTarget.value)}
          />
        </Field>
        <Field label="What is known" name="description" problem={doing.problem}>
          <textarea
            maxLength={20_000}
            value={description}
            onInput={({ currentTarget }) => setDescription(currentTarget.value)}
          />
        </Field>
        <FormProblem problem={doing.problem} fields={FIELDS} />
        <div class="row">
          <button type="submit" class="button main" disabled={doing.busy || title.trim() === ''}>
            Open it
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
