import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { setKey } from '../api/session.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/form.tsx';

/** Takes a key; says where one comes from. What is on the page behind it stays as it is. */
export function SignIn({
  why,
  onClose,
}: {
  readonly why?: string;
  readonly onClose: () => void;
}): JSX.Element {
  const [key, set] = useState('');
  const [wrong, setWrong] = useState(false);
  return (
    <Dialog title="Sign in" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const found = /ek_[0-9a-f]{12}_[\w-]{32}/.exec(key)?.[0];
          setWrong(found === undefined);
          if (found === undefined) return;
          setKey(found);
          onClose();
        }}
      >
        <h2>Sign in with a key</h2>
        {why === undefined ? undefined : <p class="notice warn">{why}</p>}
        <Field label="Key, or the sign-in link">
          <input
            type="password"
            autocomplete="off"
            aria-invalid={wrong}
            value={key}
            onInput={({ currentTarget }) => set(currentTarget.value)}
          />
          {wrong ? (
            <span class="wrong" role="alert">
              A key looks like ek_… with 12 and 32 characters; take it whole.
            </span>
          ) : undefined}
        </Field>
        <p class="quiet small">
          The sign-in link that the program prints at its start carries one. Another is made with{' '}
          <code>evenkeel keys add</code>, or by somebody under Settings. It is kept for this tab only.
        </p>
        <div class="row">
          <button type="submit" class="button main">
            Sign in
          </button>
          <button type="button" class="button" onClick={onClose}>
            Go on reading
          </button>
        </div>
      </form>
    </Dialog>
  );
}
