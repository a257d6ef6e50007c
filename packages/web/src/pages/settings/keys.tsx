import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import type { Session, ShownKey } from '../../api/wire.ts';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';

const ROLES: readonly (readonly [Session['role'], string])[] = [
  ['viewer', 'viewer: reads'],
  ['operator', 'operator: works incidents, queues, pins'],
  ['admin', 'admin: also makes keys'],
];

/** Keys of the API: made, shown once, revoked. */
export function Keys(): JSX.Element {
  const reading = useRead<{ keys: readonly ShownKey[] }>('/api/v1/keys');
  const [made, setMade] = useState<{ key: ShownKey; token: string } | undefined>(undefined);
  return (
    <Panel title="Keys" flush>
      <Make onMade={setMade} />
      {made === undefined ? undefined : (
        <Token key={made.key.id} made={made} onClose={() => setMade(undefined)} />
      )}
      <Readout of={reading} rows={4}>
        {({ keys }) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col" class="wide-only">
                  Made
                </th>
                <th scope="col">
                  <span class="hidden">Revoke</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <Row key={key.id} of={key} />
              ))}
            </tbody>
          </table>
        )}
      </Readout>
    </Panel>
  );
}

function Make({
  onMade,
}: {
  readonly onMade: (made: { key: ShownKey; token: string }) => void;
}): JSX.Element {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Session['role']>('viewer');
  const [days, setDays] = useState('');
  const doing = useDoing(true);
  return (
    <form
      class="stack body-form"
      onSubmit={(event) => {
        event.preventDefault();
        void doing
          .run(async () => {
            const wanted = { name, role, ...(days === '' ? {} : { days: Number(days) }) };
            onMade(await call<{ key: ShownKey; token: string }>('POST', '/api/v1/keys', wanted));
          })
          .then((ok) => {
            if (!ok) return;
            setName('');
            reread('/api/v1/keys');
          });
      }}
    >
      <div class="row end">
        <Field label="Name" name="name" problem={doing.problem} grow>
          <input
            required
            maxLength={100}
            placeholder="whose, or what for"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </Field>
        <Field label="Role" name="role" problem={doing.problem}>
          <Choice value={role} options={ROLES} onChange={setRole} />
        </Field>
        <Field label="Days (none: for ever)" name="days" problem={doing.problem}>
          <input
            type="number"
            min="1"
            max="3650"
            value={days}
            onInput={({ currentTarget }) => setDays(currentTarget.value)}
          />
        </Field>
        <button type="submit" class="button main" disabled={doing.busy || name.trim() === ''}>
          Make a key
        </button>
      </div>
      <FormProblem problem={doing.problem} fields={['name', 'role', 'days']} />
    </form>
  );
}

function Token(props: {
  readonly made: { readonly key: ShownKey; readonly token: string };
  readonly onClose: () => void;
}): JSX.Element {
  const { made, onClose } = props;
  const [copied, setCopied] = useState(false);
  return (
    <div class="notice" role="status">
      <div class="grow">
        <strong>The key of {made.key.name}. It is shown this once.</strong>
        <p>
          <code class="token">{made.token}</code>
        </p>
      </div>
      <button
        type="button"
        class="button"
        onClick={() => void navigator.clipboard.writeText(made.token).then(() => setCopied(true))}
      >
        {copied ? 'Copied' : 'Copy'}
      </button>
      <button type="button" class="button plain" onClick={onClose}>
        I have it
      </button>
    </div>
  );
}

function Row({
  of: { id, name, role, createdAt, createdBy, expiresAt, revokedAt },
}: {
  readonly of: ShownKey;
}): JSX.Element {
  const doing = useDoing();
  const [sure, setSure] = useState(false);
  const gone = revokedAt !== undefined || (expiresAt !== undefined && expiresAt < Date.now());
  return (
    <tr class={gone ? 'quiet' : ''}>
      <td>
        <strong>{name}</strong>
        <div class="quiet small">
          <code>{id}</code>
        </div>
      </td>
      <td>
        {role}
        <div class="quiet small">
          {revokedAt !== undefined ? (
            <>
              revoked <When at={revokedAt} />
            </>
          ) : expiresAt !== undefined ? (
            <>
              ends <When at={expiresAt} />
            </>
          ) : undefined}
        </div>
      </td>
      <td class="wide-only">
        <When at={createdAt} as="clock" />
        <div class="quiet small">by {createdBy}</div>
      </td>
      <td class="num">
        {gone ? undefined : sure ? (
          <span class="row">
            <button
              type="button"
              class="button grave"
              disabled={doing.busy}
              onClick={() =>
                void doing
                  .run(() => call('DELETE', `/api/v1/keys/${encodeURIComponent(id)}`), `${name} is revoked`)
                  .then(() => reread('/api/v1/keys'))
              }
            >
              Revoke for good
            </button>
            <button type="button" class="button plain" onClick={() => setSure(false)}>
              No
            </button>
          </span>
        ) : (
          <button type="button" class="button" onClick={() => setSure(true)}>
            Revoke<span class="hidden"> {name}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
