import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAddress } from './address/use-address.ts';
import { currentKey, setKey } from './api/session.ts';
import { useRead } from './api/use-read.ts';
import type { Session } from './api/wire.ts';
import { Empty, Page, Waiting } from './parts/page.tsx';
import { Frame } from './shell/frame.tsx';
import { PLACES, SERVICE_VIEW } from './shell/registry.ts';
import { SessionContext } from './shell/session.ts';
import { SignIn } from './shell/sign-in.tsx';
import type { View } from './shell/view.ts';

const loaded = new Map<string, View>();

/** The view of a path, loaded the first time that somebody goes there. */
function useView(path: string): View | 'unknown' | 'failed' | undefined {
  const [, turn] = useState(0);
  const [failed, setFailed] = useState('');
  const place = path === SERVICE_VIEW.path ? SERVICE_VIEW : PLACES.find((one) => one.path === path);
  useEffect(() => {
    if (place === undefined || loaded.has(path)) return;
    void place.load().then(
      (view) => {
        loaded.set(path, view);
        turn((n) => n + 1);
      },
      () => setFailed(path),
    );
  }, [path]);
  if (place === undefined) return 'unknown';
  return loaded.get(path) ?? (failed === path ? 'failed' : undefined);
}

export function App(): JSX.Element {
  const address = useAddress();
  const [path = '', ...parts] = address.parts;
  const view = useView(path);
  const { data: session, problem } = useRead<Session>('/api/v1/session');
  const [dismissed, setDismissed] = useState(false);
  const expired = problem?.status === 401;
  const refused = expired ? currentKey() : undefined;
  useEffect(() => {
    if (!expired) setDismissed(false);
  }, [expired]);

  const key = [path, ...parts].join('/');
  useEffect(() => {
    scrollTo(0, 0);
  }, [key]);

  let content: JSX.Element;
  if (view === 'unknown') {
    content = (
      <Page title="Nothing here">
        <Empty what="No view has this address.">
          <a href="#/">Home</a>
        </Empty>
      </Page>
    );
  } else if (view === 'failed') {
    content = (
      <Page title="Not loaded">
        <Empty what="This view could not be loaded: the program was probably updated.">
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload
          </button>
        </Empty>
      </Page>
    );
  } else if (view === undefined) content = <Waiting rows={6} />;
  else {
    const Shown = view;
    content = <Shown key={path} parts={parts} query={address.query} />;
  }
  return (
    <SessionContext.Provider value={session}>
      <Frame address={address}>{content}</Frame>
      {expired && !dismissed ? (
        <SignIn
          why={`The key of this tab is not good any more: ${problem.message}.`}
          onClose={() => {
            setDismissed(true);
            // Whoever goes on without a new key reads as this machine does; a bad key would see nothing.
            if (currentKey() === refused) setKey(undefined);
          }}
        />
      ) : undefined}
    </SessionContext.Provider>
  );
}
