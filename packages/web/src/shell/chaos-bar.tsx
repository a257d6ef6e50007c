import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { useRead } from '../api/use-read.ts';
import { HaltAll } from '../pages/chaos/halt.tsx';
import { type RunSummary, runs } from '../pages/chaos/shapes.ts';
import { useMay, useSession } from './session.ts';

/** On every view while something is broken on purpose: what, and the way to stop it. */
export function ChaosBar(): JSX.Element | null {
  const there = useSession()?.nouns.includes('experiment-runs') === true;
  const may = useMay('operator');
  const { data } = useRead<{ runs: readonly RunSummary[] }>(
    there ? '/api/v1/experiment-runs?limit=20' : undefined,
    ['experiments'],
  );
  const now = (data?.runs ?? []).filter(runs);
  if (now.length === 0) return null;
  return (
    <div class="notice bad chaos-bar" role="status">
      <span class="grow">
        <strong>Broken on purpose now:</strong>{' '}
        {now.map((run) => (
          <a key={run.id} href={to(['experiments', 'runs', run.id])}>
            {run.title} ({run.service})
          </a>
        ))}
      </span>
      {may ? <HaltAll /> : undefined}
    </div>
  );
}
