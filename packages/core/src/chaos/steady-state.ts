import type { Hypothesis } from './experiment.ts';
import { figureOf, type WindowFigures } from './observation.ts';
import type { RunDraft } from './run-draft.ts';
import type { SteadyProbe, SteadyState } from './run-state.ts';
import { tolerates } from './tolerance.ts';

/**
 * Asks the probes of a hypothesis; undefined while an answer is still out.
 * @param key names this asking: the activities of another key are asked again
 */
export function steadyState(
  draft: RunDraft,
  hypothesis: Hypothesis,
  key: string,
  window: WindowFigures | undefined,
  only?: 'during',
): SteadyState | undefined {
  const results: SteadyProbe[] = [];
  let waiting = false;
  for (const [i, probe] of hypothesis.probes.entries()) {
    if (only === 'during' && !probe.during) continue;
    if (probe.of.kind === 'figure') {
      const value = figureOf(window, probe.of.figure);
      const baseline = figureOf(draft.state.baseline, probe.of.figure);
      results.push({ name: probe.name, value, ...tolerates(probe.tolerance, value, baseline) });
      continue;
    }
    const run = draft.run(`${key}:${i}`, probe.of.activity);
    if (run.state === 'running') waiting = true;
    else if (run.state === 'failed')
      results.push({ name: probe.name, value: undefined, met: false, reason: run.reason });
    else
      results.push({
        name: probe.name,
        value: run.output,
        ...tolerates(probe.tolerance, run.output, undefined),
      });
  }
  if (waiting) return undefined;
  const met = results.some((one) => one.met === false)
    ? false
    : results.some((one) => one.met === undefined)
      ? undefined
      : true;
  return { met, probes: results };
}

/** Why a steady state is not met, or cannot be told. */
export function whyNot(state: SteadyState): string {
  const worst = state.probes.filter((probe) => probe.met !== true);
  return worst.length === 0 ? 'met' : worst.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
}
