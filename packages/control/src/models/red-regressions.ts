import type { Clock } from '@evenkeel/core';
import type { Documents } from '@evenkeel/store';

/** An experiment that was made of an incident, so that it does not happen again, has this at the beginning of its name. */
const REGRESSION = 'regression-';
const MOST = 500;
/** Verdicts change by the hour, not by the second. */
const READ_MS = 5_000;

/** Regression experiments of a service whose last run failed: as long as one is red, nothing is promoted. */
export function redRegressions(
  documents: Pick<Documents, 'list'>,
  clock: Clock,
): (service: string) => Promise<readonly string[]> {
  const known = new Map<string, { readonly at: number; readonly red: readonly string[] }>();
  return async (service) => {
    const last = known.get(service);
    if (last !== undefined && clock.now() - last.at < READ_MS) return last.red;
    const rows = await documents.list({ kind: 'experiment_run', service, limit: MOST });
    const newest = new Map<string, string>();
    for (const { label, state } of rows) {
      // One that was aborted, interrupted or inconclusive says nothing: the verdict before it stands.
      const verdict = state === 'completed' || state === 'failed';
      if (verdict && label.startsWith(REGRESSION) && !newest.has(label)) newest.set(label, state);
    }
    const red = [...newest].flatMap(([name, state]) =>
      state === 'failed' ? [`regression experiment ${name} is red`] : [],
    );
    known.set(service, { at: clock.now(), red });
    return red;
  };
}
