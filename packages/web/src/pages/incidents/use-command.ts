import { useState } from 'preact/hooks';
import { call, Problem } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import type { TimelineEntry, WholeIncident } from '../../api/wire.ts';
import { type Doing, useDoing } from '../../parts/form.tsx';
import { meanwhile } from './meanwhile.ts';

export type Intent = Readonly<Record<string, string>> & { readonly do: string };

export interface Commanding {
  readonly doing: Doing;
  /** Somebody was faster: what they did, and what was wanted. */
  readonly conflict: { readonly entries: readonly TimelineEntry[]; readonly intent: Intent } | undefined;
  /** Resolves to whether it was done. */
  readonly send: (intent: Intent, done?: string) => Promise<boolean>;
  /** Does what was wanted although somebody was faster. */
  readonly anyway: () => Promise<boolean>;
  readonly drop: () => void;
}

const TRIES = 4;

/** Commands to one incident, decided on what is on the screen: if people have changed it since, they are shown it first. */
export function useCommand(incident: WholeIncident): Commanding {
  const [conflict, setConflict] = useState<Commanding['conflict']>(undefined);
  const doing = useDoing(true);
  const path = `/api/v1/incidents/${encodeURIComponent(incident.id)}`;

  async function attempt(intent: Intent): Promise<void> {
    let seen = incident;
    for (let i = 1; ; i++) {
      try {
        await call('POST', `${path}/commands`, { intent, if_revision: seen.revision });
        return;
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 409 || i === TRIES) throw error;
        const now = await call<WholeIncident>('GET', path);
        if (now.revision === seen.revision) throw error;
        const entries = meanwhile(incident, now);
        if (entries.length > 0) {
          setConflict({ entries, intent });
          throw error;
        }
        seen = now;
      }
    }
  }

  async function finish(what: () => Promise<void>, done?: string): Promise<boolean> {
    const ok = await doing.run(what, done);
    reread('/api/v1/incidents');
    return ok;
  }

  return {
    doing,
    conflict,
    send(intent, done) {
      setConflict(undefined);
      return finish(() => attempt(intent), done);
    },
    anyway() {
      const intent = conflict?.intent;
      setConflict(undefined);
      if (intent === undefined) return Promise.resolve(false);
      return finish(() => call('POST', `${path}/commands`, { intent }), 'Done');
    },
    drop() {
      setConflict(undefined);
      doing.clear();
    },
  };
}
