import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Address, to } from '../address/address.ts';
import { go } from '../address/use-address.ts';
import { type LiveState, liveState, onLiveState } from '../api/live.ts';
import { setKey } from '../api/session.ts';
import { useRead } from '../api/use-read.ts';
import type { ListedIncident, QueueFigures } from '../api/wire.ts';
import { Dot, Keel } from '../parts/marks.tsx';
import { Toasts } from '../parts/toast.tsx';
import { ChaosBar } from './chaos-bar.tsx';
import { KeysHelp } from './keys-help.tsx';
import { Palette } from './palette.tsx';
import { type Place, placesOf } from './registry.ts';
import { useSession } from './session.ts';
import { type Shortcut, useShortcuts } from './shortcuts.ts';
import { SignIn } from './sign-in.tsx';
import { chooseTheme, chosenTheme, type Theme } from './theme.ts';

const LIVE_WORDS: Readonly<Record<LiveState, readonly ['good' | 'warn' | 'bad', string]>> = {
  connecting: ['warn', 'connecting …'],
  live: ['good', 'live'],
  lost: ['bad', 'not connected'],
};
const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

function useLive(): LiveState {
  const [state, set] = useState(liveState());
  useEffect(() => onLiveState(set), []);
  return state;
}

/** How many wait behind a place, for the badge beside it. */
function useBadges(): Readonly<Record<string, number>> {
  const incidents = useRead<{ incidents: readonly ListedIncident[] }>('/api/v1/incidents?open=true', [
    'incidents',
  ]);
  const queues = useRead<{ queues: readonly QueueFigures[] }>('/api/v1/queues', ['queues']);
  return {
    incidents: incidents.data?.incidents.length ?? 0,
    queues: (queues.data?.queues ?? []).reduce((sum, { waiting }) => sum + waiting, 0),
  };
}

function Navigation(props: { readonly places: readonly Place[]; readonly at: string }): JSX.Element {
  const badges = useBadges();
  const groups = ['now', 'promises', 'proof', 'record'] as const;
  return (
    <nav aria-label="Places">
      {groups.map((group) => {
        const own = props.places.filter((place) => place.group === group);
        return own.length === 0 ? undefined : (
          <ul key={group}>
            {own.map(({ path, title }) => {
              const waiting = badges[path] ?? 0;
              return (
                <li key={path}>
                  <a href={to([path])} aria-current={path === props.at ? 'page' : undefined}>
                    {title}
                    {waiting === 0 ? undefined : (
                      <span class="badge">
                        {waiting > 99 ? '99+' : waiting}
                        <span class="hidden"> waiting</span>
                      </span>
                    )}
                  </a>
                </li>
              );
            })}
          </ul>
        );
      })}
    </nav>
  );
}

/** What stands round every view: places, connection, who looks, keys, theme. */
export function Frame({
  address,
  children,
}: {
  readonly address: Address;
  readonly children: ComponentChildren;
}): JSX.Element {
  const session = useSession();
  const live = useLive();
  const [open, setOpen] = useState<'palette' | 'keys' | 'sign-in' | undefined>(undefined);
  const [menu, setMenu] = useState(false);
  const [theme, setTheme] = useState<Theme>(chosenTheme());
  const places = placesOf(session);
  const [first = ''] = address.parts;
  const at = first === 'services' ? '' : first;

  const keys = useMemo<readonly Shortcut[]>(
    () => [
      { keys: '?', what: 'this list', run: () => setOpen('keys') },
      ...places.map(({ key, title, path }) => ({ keys: `g ${key}`, what: title, run: () => go(to([path])) })),
    ],
    [session],
  );
  useShortcuts(keys);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOpen((now) => (now === 'palette' ? undefined : 'palette'));
      }
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  useEffect(() => setMenu(false), [address]);

  const [tone, words] = LIVE_WORDS[live];
  const close = (): void => setOpen(undefined);
  return (
    <div class="shell">
      <header class="side" data-open={menu}>
        <div class="bar">
          <button type="button" class="button skip" onClick={() => document.querySelector('main')?.focus()}>
            To the content
          </button>
          <a class="brand" href="#/">
            <Keel />
            evenkeel
          </a>
          <button
            type="button"
            class="button menu-button"
            aria-expanded={menu}
            onClick={() => setMenu(!menu)}
          >
            Menu
          </button>
        </div>
        <Navigation places={places} at={at} />
        <div class="foot">
          <span class="live" role="status">
            <Dot kind={tone} />
            {words}
          </span>
          <button type="button" class="button plain" onClick={() => setOpen('palette')}>
            Go to… <kbd>Ctrl K</kbd>
          </button>
          <button type="button" class="button plain" onClick={() => setOpen('keys')}>
            Keys <kbd>?</kbd>
          </button>
          <button
            type="button"
            class="button plain"
            onClick={() => {
              chooseTheme(NEXT_THEME[theme]);
              setTheme(NEXT_THEME[theme]);
            }}
          >
            Theme: {theme}
          </button>
          {session?.signedIn === true ? (
            <button
              type="button"
              class="button plain"
              title="Forgets the key of this tab"
              onClick={() => setKey(undefined)}
            >
              Sign out {session.name} <span class="small">({session.role})</span>
            </button>
          ) : (
            <button type="button" class="button plain" onClick={() => setOpen('sign-in')}>
              Reading only · sign in
            </button>
          )}
        </div>
      </header>
      <main tabIndex={-1}>
        <ChaosBar />
        {children}
      </main>
      {open === 'palette' ? <Palette onClose={close} /> : undefined}
      {open === 'keys' ? <KeysHelp onClose={close} /> : undefined}
      {open === 'sign-in' ? <SignIn onClose={close} /> : undefined}
      <Toasts />
    </div>
  );
}
