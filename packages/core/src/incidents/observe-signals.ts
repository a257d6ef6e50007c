import { observeChanges } from './observe/changes.ts';
import { observeFeatures } from './observe/features.ts';
import { observeLadder } from './observe/ladder.ts';
import { observeLoad } from './observe/load.ts';
import { observeLoop } from './observe/loop.ts';
import { observeMonitors } from './observe/monitors.ts';
import { observeObjectives } from './observe/objectives.ts';
import { observePeople } from './observe/people.ts';
import { observeTraining } from './observe/training.ts';
import { nextState, type SignalState } from './signal.ts';
import type { SignalSnapshot } from './snapshot.ts';

/**
 * Which predicates hold of a service now. The same in a simulator and in the control plane: all that it looks at is in the snapshot.
 * @param previous what this function said last, so that a signal knows since when it holds
 * @param now wall milliseconds
 */
export function observeSignals(
  snapshot: SignalSnapshot,
  previous: SignalState | undefined,
  now: number,
): SignalState {
  const observations = [
    ...observeObjectives(snapshot),
    ...observeLadder(snapshot),
    ...observeFeatures(snapshot, now),
    ...observeLoad(snapshot, now),
    ...observeMonitors(snapshot),
    ...observePeople(snapshot, now),
    ...observeTraining(snapshot),
    ...observeLoop(snapshot, now),
    ...observeChanges(snapshot, now),
  ];
  return nextState(snapshot.service.name, observations, previous, now);
}
