import type { TrainingEvent, TrainingFaultKind, TrainingTrouble } from '@evenkeel/core';
import type { KeptModel } from '../models/kept-model.ts';
import type { KeptRun } from './run-book.ts';

/** How long a run that was given up is a finding, in milliseconds: longer than an incident takes to open and be seen. */
const FINAL_MS = 3_600_000;
/** How long something that the supervisor mends by itself is a hint. */
const HINT_MS = 300_000;

const TROUBLE: Readonly<Record<TrainingFaultKind, TrainingTrouble>> = {
  crash: 'crash',
  hang: 'hung',
  anomaly: 'diverged',
  gate: 'gate_failed',
  memory: 'crash',
  cpu: 'crash',
  disk: 'bad_checkpoint',
  timeout: 'hung',
  protocol: 'crash',
  not_startable: 'crash',
  misconfigured: 'crash',
};

function ofRun({ record, silent, reportedAt }: KeptRun, now: number): TrainingEvent | undefined {
  const { id: run, name: model, lastFault, phase, updatedAt, reason } = record;
  if (silent)
    return {
      run,
      model,
      at: reportedAt,
      trouble: 'hung',
      final: false,
      text: 'nobody tells of it any more: is its supervisor gone?',
    };
  if (lastFault === undefined || phase === 'succeeded' || phase === 'stopped') return undefined;
  const final = phase === 'failed' || phase === 'rolled_back';
  const at = record.endedAt ?? updatedAt;
  if (now - at > (final ? FINAL_MS : HINT_MS)) return undefined;
  return { run, model, at, trouble: TROUBLE[lastFault.kind], final, text: final ? reason : lastFault.reason };
}

/** A candidate that was shown to be worse on live traffic: training gave it, and its gates let it pass. */
function ofModel({ registry, past }: KeptModel, now: number): TrainingEvent[] {
  return past
    .filter(({ outcome, worse, to }) => outcome === 'rolled_back' && worse && now - to <= FINAL_MS)
    .map(({ version, to, reason }) => ({
      run: registry.versions.find((one) => one.version === version)?.lineage.run ?? version,
      model: registry.model,
      at: to,
      trouble: 'gate_failed' as const,
      final: true,
      text: `canary ${version} was worse and is rolled back: ${reason}`,
    }));
}

/**
 * What of a service's training is in trouble. A run that ended well since takes back what an earlier one of the same name said.
 * @param runs newest first
 */
export function trainingEvents(
  runs: readonly KeptRun[],
  models: readonly KeptModel[],
  now: number,
): readonly TrainingEvent[] {
  const mended = new Set<string>();
  const events: TrainingEvent[] = [];
  for (const run of runs) {
    const { name, phase } = run.record;
    if (phase === 'succeeded') mended.add(name);
    const event = mended.has(name) ? undefined : ofRun(run, now);
    if (event !== undefined) events.push(event);
  }
  return [...events, ...models.flatMap((model) => ofModel(model, now))];
}
