import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { to } from '../address/address.ts';
import { go } from '../address/use-address.ts';
import { useRead } from '../api/use-read.ts';
import type { ListedIncident, ServiceStatus, ShownObjective } from '../api/wire.ts';
import { Dialog } from '../parts/dialog.tsx';
import { type Findable, find } from './match.ts';
import { placesOf } from './registry.ts';
import { useSession } from './session.ts';
import { chooseTheme } from './theme.ts';

const MOST = 12;

function useThings(): readonly Findable[] {
  const session = useSession();
  const services = useRead<{ services: readonly ServiceStatus[] }>('/api/v1/services').data?.services;
  const objectives = useRead<{ objectives: readonly ShownObjective[] }>('/api/v1/objectives').data
    ?.objectives;
  const incidents = useRead<{ incidents: readonly ListedIncident[] }>('/api/v1/incidents?open=true').data
    ?.incidents;
  return useMemo(
    () => [
      ...placesOf(session).map(({ title, path }) => ({ title, kind: 'page', run: () => go(to([path])) })),
      ...(services ?? []).map(({ name }) => ({
        title: name,
        kind: 'service',
        run: () => go(to(['services', name])),
      })),
      ...(incidents ?? []).map(({ id, title, severity }) => ({
        title: `${severity} ${title}`,
        kind: 'open incident',
        run: () => go(to(['incidents', id])),
      })),
      ...(objectives ?? []).map(({ service, objective }) => ({
        title: `${service} / ${objective}`,
        kind: 'objective',
        run: () => go(to(['objectives', service, objective])),
      })),
      { title: 'Open an incident', kind: 'action', run: () => go(to(['incidents'], { new: 'yes' })) },
      { title: 'Light theme', kind: 'action', run: () => chooseTheme('light') },
      { title: 'Dark theme', kind: 'action', run: () => chooseTheme('dark') },
      { title: 'Theme of the system', kind: 'action', run: () => chooseTheme('system') },
    ],
    [session, services, objectives, incidents],
  );
}

/** Goes anywhere by a few letters. */
export function Palette({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const found = find(words, useThings(), MOST);
  const run = (thing: Findable | undefined): void => {
    if (thing === undefined) return;
    onClose();
    thing.run();
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <div class="palette">
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={found.length === 0 ? undefined : `found-${at}`}
          aria-label="Go to a page, service, objective or incident"
          placeholder="Go to…"
          value={words}
          onInput={({ currentTarget }) => {
            setWords(currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
            else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
            else if (event.key === 'Enter') run(found[at]);
            else return;
            event.preventDefault();
          }}
        />
        <div id="found" role="listbox" aria-label="Found">
          {found.map((thing, i) => (
            <button
              key={`${thing.kind} ${thing.title}`}
              type="button"
              id={`found-${i}`}
              role="option"
              aria-selected={i === at}
              tabIndex={-1}
              onClick={() => run(thing)}
            >
              <span class="grow">{thing.title}</span>
              <span class="quiet small">{thing.kind}</span>
            </button>
          ))}
        </div>
        {found.length === 0 ? <p class="empty">Nothing is called that.</p> : undefined}
      </div>
    </Dialog>
  );
}
