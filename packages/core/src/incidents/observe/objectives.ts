import type { ObjectiveCategory } from '../../objectives/objective.ts';
import { objectivePath } from '../links.ts';
import type { Observation, SignalKind } from '../signal.ts';
import type { SignalSnapshot } from '../snapshot.ts';
import { spell } from '../stamp.ts';

const BURN: Readonly<Record<ObjectiveCategory, SignalKind>> = {
  availability: 'burn_availability',
  latency: 'burn_latency',
  quality: 'burn_quality',
  freshness: 'burn_freshness',
  safety: 'burn_safety',
  cost: 'burn_cost',
};

/** A budget that will be gone sooner than this is high severity, whatever users notice; milliseconds. */
export const FORECAST_MS: number = 6 * 3_600_000;
/** Bad events below which a forecast is a guess. */
const FORECAST_LEAST_BAD = 5;

/** Budgets that burn, will be gone, or were not to be touched at all. */
export function observeObjectives(snapshot: SignalSnapshot): Observation[] {
  const found: Observation[] = [];
  const service = snapshot.service.name;
  for (const objective of snapshot.objectives) {
    const { name, budget } = objective;
    const link = objectivePath(service, name);
    if (objective.zeroTolerance) {
      if (objective.recentBad > 0) {
        found.push({
          kind: 'zero_tolerance_broken',
          name,
          strength: 1,
          evidence: {
            text: `${name} tolerates nothing, and it happened: ${budget.reason}`,
            figures: { bad: objective.recentBad },
            link,
          },
        });
      }
      continue;
    }
    // A page says more than a ticket; one signal an objective.
    const firing = objective.verdicts.filter(({ verdict }) => verdict.firing);
    const graver = firing.find(({ pair }) => pair.severity === 'page') ?? firing[0];
    if (graver !== undefined) {
      const { pair, verdict } = graver;
      found.push({
        kind: BURN[objective.category],
        name,
        strength: pair.severity === 'page' ? 1 : 0.6,
        evidence: {
          text: `${name} ${verdict.reason} (${pair.name})`,
          figures: {
            long_burn: verdict.longBurn ?? 0,
            short_burn: verdict.shortBurn ?? 0,
            remaining: budget.remaining ?? 0,
            page: pair.severity === 'page' ? 1 : 0,
          },
          link,
        },
      });
    }
    const { exhaustedInMs, burn = 0, recentBad } = objective;
    if (exhaustedInMs <= FORECAST_MS && burn > 1 && recentBad >= FORECAST_LEAST_BAD) {
      found.push({
        kind: 'exhaustion_forecast',
        name,
        strength: 0.9,
        evidence: {
          text:
            exhaustedInMs <= 0
              ? `${name} has no budget left and still burns ${burn.toFixed(1)} times too fast`
              : `${name} will have no budget left in ${spell(exhaustedInMs)} at ${burn.toFixed(1)} times too fast`,
          figures: { exhausted_in_ms: exhaustedInMs, burn },
          link,
        },
      });
    }
  }
  return found;
}
