import type { JSX } from 'preact';
import { call } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import { useDoing } from '../../parts/form.tsx';

/** Stops everything that is broken on purpose, at once: no question before it. */
export function HaltAll(): JSX.Element {
  const doing = useDoing();
  return (
    <button
      type="button"
      class="button grave"
      disabled={doing.busy}
      onClick={() =>
        void doing
          .run(() => call('POST', '/api/v1/experiments/halt-all', {}), 'Everything was halted')
          .then(() => {
            reread('/api/v1/experiment');
            reread('/api/v1/services');
          })
      }
    >
      Halt all
    </button>
  );
}
