import { feedbackPath, requestsPath } from '../links.ts';
import type { Observation } from '../signal.ts';
import type { SignalSnapshot } from '../snapshot.ts';
import { percent } from '../stamp.ts';

/** Standard deviations of the usual concentration, and the growth that matters at least. */
const CONCENTRATION_DEVIATIONS = 4;
const CONCENTRATION_GROWTH = 0.05;
const PULL = 0.15;
const SELF_CAUSED = 0.8;
const SELF_CAUSED_GROWTH = 0.1;
const LEAST_LABELS = 100;

/** Signs that a model learns from its own actions. */
export function observeLoop(snapshot: SignalSnapshot, now: number): Observation[] {
  const { loop } = snapshot;
  if (loop === undefined) return [];
  const found: Observation[] = [];
  const service = snapshot.service.name;
  const from = now - snapshot.traffic.recent.spanMs;

  const { concentration, towardServed, selfCaused } = loop;
  const growth = concentration.now - concentration.usual;
  if (
    growth >= CONCENTRATION_GROWTH &&
    growth >= CONCENTRATION_DEVIATIONS * Math.max(1e-6, concentration.spread)
  ) {
    found.push({
      kind: 'exposure_concentrated',
      name: 'exposure',
      strength: Math.min(1, 0.5 + 2 * (growth - CONCENTRATION_GROWTH)),
      evidence: {
        text: `what is shown is more concentrated: ${concentration.now.toFixed(2)}, at the baseline ${concentration.usual.toFixed(2)} (0 even, 1 all on one)`,
        figures: { now: concentration.now, usual: concentration.usual, spread: concentration.spread },
        link: requestsPath(service, from, now),
      },
    });
  }
  if (towardServed.rounds >= 2 && towardServed.pull >= PULL) {
    found.push({
      kind: 'toward_served',
      name: 'predictions',
      strength: Math.min(1, 0.5 + towardServed.pull),
      evidence: {
        text: `in each of ${towardServed.rounds} rounds of training predictions went ${percent(towardServed.pull)} further in the direction of what had been served`,
        figures: { pull: towardServed.pull, rounds: towardServed.rounds },
        link: requestsPath(service, from, now),
      },
    });
  }
  if (
    selfCaused.labels >= LEAST_LABELS &&
    selfCaused.share >= SELF_CAUSED &&
    selfCaused.share >= selfCaused.usual + SELF_CAUSED_GROWTH
  ) {
    found.push({
      kind: 'labels_self_caused',
      name: 'labels',
      strength: Math.min(1, 0.5 + 2.5 * (selfCaused.share - SELF_CAUSED)),
      evidence: {
        text: `${percent(selfCaused.share)} of training labels were caused by the model's own actions, usually ${percent(selfCaused.usual)}`,
        figures: { share: selfCaused.share, usual: selfCaused.usual, labels: selfCaused.labels },
        link: feedbackPath(service, from, now),
      },
    });
  }
  return found;
}
