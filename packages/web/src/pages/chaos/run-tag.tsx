import type { JSX } from 'preact';
import { plain } from '../../words/levels.ts';
import type { RunSummary } from './shapes.ts';

/** What became of a run, or where it is. */
export function RunTag({ run }: { readonly run: RunSummary }): JSX.Element {
  const words = run.status ?? run.phase;
  const tone = /passed|completed|ok/.test(words)
    ? 'good'
    : /failed|aborted|interrupted/.test(words)
      ? 'bad'
      : 'warn';
  return <span class={`tag ${tone}`}>{plain(words)}</span>;
}
