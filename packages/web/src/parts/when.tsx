import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { clockTime, exactTime, relative } from '../words/time.ts';

const listeners = new Set<(now: number) => void>();
setInterval(() => {
  if (document.visibilityState === 'hidden') return;
  const now = Date.now();
  for (const listener of listeners) listener(now);
}, 1_000);

/** Now, again each second. */
export function useNow(): number {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    listeners.add(set);
    return () => {
      listeners.delete(set);
    };
  }, []);
  return now;
}

/** An instant: how long ago, or at what time; the exact one shows on hover and to whoever reads it aloud. */
export function When({
  at,
  as = 'ago',
}: {
  readonly at: number;
  readonly as?: 'ago' | 'clock';
}): JSX.Element {
  const now = useNow();
  return (
    <time class="nowrap" dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {as === 'ago' ? relative(at, now) : clockTime(at, now)}
    </time>
  );
}
