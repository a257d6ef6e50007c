import type { JSX } from 'preact';
import { Dialog } from '../parts/dialog.tsx';
import { shortcuts } from './shortcuts.ts';

/** What the keys do here. */
export function KeysHelp({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <div class="stack">
        <h2>Keys</h2>
        <dl class="facts">
          <dt>
            <kbd>Ctrl</kbd> <kbd>K</kbd>
          </dt>
          <dd>go anywhere by a few letters</dd>
          {shortcuts().map(({ keys, what }) => (
            <>
              <dt key={keys}>
                {keys.split(' ').map((key) => (
                  <>
                    <kbd key={key}>{key}</kbd>{' '}
                  </>
                ))}
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
        <div>
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}
