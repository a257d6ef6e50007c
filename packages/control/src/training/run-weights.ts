import { join } from 'node:path';
import { EvenkeelError, type ModelGateVerdict, trainingEnded } from '@evenkeel/core';
import { openCheckpointStore } from '@evenkeel/training';
import type { NewVersion } from '../models/lifecycle.ts';
import type { KeptRun } from './run-book.ts';

/** What the gates said of a checkpoint; undefined where none were asked. */
function gatesOf({ record }: KeptRun, checkpoint: string): ModelGateVerdict | undefined {
  const { lastGates, plan } = record;
  if (plan.gates.length === 0 || lastGates?.name !== checkpoint) return undefined;
  return { passed: lastGates.passed, reason: lastGates.reason, findings: lastGates.findings ?? [] };
}

/**
 * The weights that a run ended with, verified byte by byte, with their gates and lineage.
 * @throws EvenkeelError conflict when it has no result, bad_request when what it left is damaged or lies on another machine
 */
export async function weightsOfRun(run: KeptRun, artifact: string): Promise<Omit<NewVersion, 'version'>> {
  const { record, directory, host } = run;
  const { result } = record;
  if (!trainingEnded(record.phase) || result === undefined)
    throw new EvenkeelError('conflict', `run ${record.id} has no result: it is ${record.phase}`);
  const store = await openCheckpointStore(join(directory, 'checkpoints'));
  const found = await store.verify(result);
  if (!found.ok)
    throw new EvenkeelError(
      'bad_request',
      `${result} of run ${record.id} (on ${host}, ${directory}) cannot be used: ${found.reason}`,
    );
  return {
    file: join(store.dir, result, artifact),
    lineage: {
      run: record.id,
      checkpoint: result,
      dataFingerprint: record.dataFingerprint,
      codeVersion: record.codeVersion,
    },
    gates: gatesOf(run, result),
  };
}
