import { feedbackPath, requestsPath, signalsPath } from '../links.ts';
import { countSurprise, rateDrop, rateShift } from '../rate-shift.ts';
import type { Observation } from '../signal.ts';
import type { SignalSnapshot } from '../snapshot.ts';
import { percent } from '../stamp.ts';

/** Safety checks and flags, what people report and do, comparisons, labels. */
export function observePeople(snapshot: SignalSnapshot, now: number): Observation[] {
  const found: Observation[] = [];
  const service = snapshot.service.name;
  const { recent, usual } = snapshot.traffic;
  const from = now - recent.spanMs;

  const turned = rateShift(
    { bad: recent.safety.turned, total: recent.safety.checked },
    { bad: usual.safety.turned, total: usual.safety.checked },
    0.01,
  );
  const stricter = snapshot.service.directives.some(({ order }) => order.kind === 'strictness');
  if (turned !== undefined && !stricter) {
    found.push({
      kind: 'safety_flags',
      name: 'output check',
      strength: Math.min(1, turned.strength + 0.3),
      evidence: {
        text: `the output safety check turns down ${percent(turned.recent)} of answers, usually ${percent(turned.usual)}`,
        figures: { recent: turned.recent, usual: turned.usual, checked: recent.safety.checked },
        link: requestsPath(service, from, now),
      },
    });
  }
  const { flags, reports } = snapshot;
  if (flags.recent >= 3 && countSurprise(flags.recent, flags.usual) >= 4) {
    found.push({
      kind: 'safety_flags',
      name: 'classifier',
      strength: Math.min(1, 0.7 + 0.03 * flags.recent),
      evidence: {
        text: `${flags.recent} outputs were flagged as harmful, usually ${flags.usual.toFixed(1)} in as long`,
        figures: { recent: flags.recent, usual: flags.usual },
        link: signalsPath(service, 'safety_flag', from, now),
      },
    });
  }
  if (reports.harmful >= 2 && countSurprise(reports.harmful, 0.1 * reports.usual) >= 2.5) {
    found.push({
      kind: 'harm_reports',
      name: 'reports',
      strength: Math.min(1, 0.6 + 0.1 * reports.harmful),
      evidence: {
        text: `${reports.harmful} people reported harmful output`,
        figures: { recent: reports.harmful },
        link: signalsPath(service, 'user_report', from, now),
      },
    });
  }
  const other = reports.recent - reports.harmful;
  if (other >= 3 && countSurprise(other, reports.usual) >= 4) {
    found.push({
      kind: 'user_reports',
      name: 'reports',
      strength: Math.min(1, 0.5 + 0.05 * other),
      evidence: {
        text: `${other} people complained, usually ${reports.usual.toFixed(1)} in as long`,
        figures: { recent: other, usual: reports.usual },
        link: signalsPath(service, 'user_report', from, now),
      },
    });
  }

  for (const outcome of snapshot.outcomes) {
    const drop = rateDrop(outcome.recent, outcome.usual, outcome.kind === 'labels' ? 0.05 : 0.1);
    if (drop === undefined) continue;
    const labels = outcome.kind === 'labels';
    found.push({
      kind: labels ? 'labels_disagree' : 'outcome_drop',
      name: outcome.name,
      strength: Math.min(1, drop.strength + 0.2),
      evidence: {
        text: labels
          ? `${percent(drop.recent)} of predictions agree with their labels, usually ${percent(drop.usual)}`
          : `${outcome.name} is at ${percent(drop.recent)}, usually ${percent(drop.usual)}`,
        figures: { recent: drop.recent, usual: drop.usual, events: outcome.recent.total },
        link: labels ? feedbackPath(service, from, now) : signalsPath(service, 'outcome', from, now),
      },
    });
  }

  for (const comparison of snapshot.comparisons) {
    if (!(comparison.high < 0)) continue;
    found.push({
      kind: 'experiment_loses',
      name: comparison.name,
      strength: 0.9,
      since: comparison.at,
      evidence: {
        text: `${comparison.name} does worse than its control by ${Math.abs(comparison.effect).toPrecision(2)} (${Math.abs(comparison.high).toPrecision(2)} to ${Math.abs(comparison.low).toPrecision(2)})`,
        figures: { effect: comparison.effect, low: comparison.low, high: comparison.high },
        link: signalsPath(service, 'experiment', comparison.at, now),
      },
    });
  }
  return found;
}
