import { join } from 'node:path';
import { EvenkeelError, trainingEnded } from '@evenkeel/core';
import { openCheckpointStore } from './checkpoint-store.ts';
import type { SuperviseOptions, Supervision } from './supervise-types.ts';
import { beginSupervision } from './supervision.ts';

/**
 * Supervises one run to its end: starts the trainer, hears it, verifies what it saves, judges, goes back, retries.
 * @throws EvenkeelError not_found for an unknown run, conflict when it has ended or another supervisor has it
 */
export async function supervise(options: SuperviseOptions): Promise<Supervision> {
  const { records } = options;
  const kept = await records.load(options.run);
  if (kept === undefined) throw new EvenkeelError('not_found', `there is no run ${options.run}`);
  if (trainingEnded(kept.record.phase) && kept.record.phase !== 'stopped')
    throw new EvenkeelError(
      'conflict',
      `run ${options.run} has ended (${kept.record.phase}): start a new one`,
    );
  const fence = await options.fences.take();
  try {
    // Read again: who had it before may have written since.
    const now = (await records.load(options.run)) ?? kept;
    const store = await openCheckpointStore(join(options.dir, 'checkpoints'));
    return beginSupervision(options, fence, store, now.record, now.revision);
  } catch (error) {
    await fence.release();
    throw error;
  }
}
