import type { ServedLevel } from '../../kernel/level.ts';
import { servicePath } from '../links.ts';
import type { Observation, SignalKind } from '../signal.ts';
import type { ComponentRole, SignalSnapshot } from '../snapshot.ts';

const DOWN: Readonly<Record<ComponentRole, SignalKind>> = {
  features: 'features_down',
  model: 'model_down',
  worker: 'worker_down',
};

/** How grave it is that requests enter here. */
const ENTRY: Readonly<Record<ServedLevel, number>> = {
  full_service: 0,
  cached_features: 0.5,
  simpler_model: 0.7,
  rule_based: 0.85,
  static_fallback: 1,
  failed: 1,
};

/** Components that are down, breakers that are not closed, rungs that cannot answer, and where requests enter because of it. */
export function observeLadder(snapshot: SignalSnapshot): Observation[] {
  const found: Observation[] = [];
  const { service } = snapshot;
  const link = servicePath(service.name);
  for (const component of service.components) {
    if (component.up) continue;
    const kind = DOWN[snapshot.roles[component.name] ?? 'model'];
    found.push({
      kind,
      name: component.name,
      strength: 1,
      evidence: { text: `${component.name} is down: ${component.reason}`, figures: {}, link },
    });
  }
  // What somebody ordered is no fault: a pin, a forbidden rung, a breaker held by hand.
  const ordered = service.directives.some(({ order }) => order.kind === 'pin' || order.kind === 'forbid');
  for (const rung of service.rungs) {
    const { breaker } = rung;
    if (breaker !== undefined && breaker.manual === 'none' && breaker.state !== 'closed') {
      found.push({
        kind: breaker.state === 'open' ? 'breaker_open' : 'breaker_half_open',
        name: rung.name,
        strength: breaker.state === 'open' ? 0.9 : 0.5,
        evidence: {
          text: `the breaker of ${rung.name} is ${breaker.state === 'open' ? 'open' : 'probing'}: ${breaker.reason}`,
          figures: { for_ms: breaker.forMs, refused: breaker.refused },
          link,
        },
      });
    }
    if (rung.availability === 'down') {
      found.push({
        kind: 'rung_down',
        name: rung.name,
        strength: 0.8,
        evidence: { text: `${rung.name} cannot answer: ${rung.reason}`, figures: {}, link },
      });
    }
  }
  const depth = ENTRY[service.level];
  if (depth > 0 && !ordered) {
    found.push({
      kind: 'entry_below',
      name: service.name,
      strength: depth,
      evidence: {
        text: `requests enter at ${service.entry} (${service.level}): ${service.reason}`,
        figures: { for_ms: service.sinceMs },
        link,
      },
    });
  }
  return found;
}
