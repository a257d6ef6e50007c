import type { ServiceConfig } from '@evenkeel/config';
import type { Clock, Service, ServiceStatus } from '@evenkeel/core';
import type { Checked } from './health-checks.ts';

/** How a service stands now, for the API and the page. */
export function statusOf(parts: {
  readonly config: ServiceConfig;
  readonly service: Service;
  readonly checked: readonly Checked[];
  readonly components: (name: string) => { readonly up: boolean; readonly reason: string };
  readonly clock: Clock;
  readonly file: ServiceStatus['file'];
}): ServiceStatus {
  const { config, service, clock } = parts;
  const { rungs } = service.definition;
  const state = service.entry.state();
  const forbidden = service.entry.forbidden();
  const states = service.entry.rungStates();
  const entry = rungs[state.entry];
  const { probing } = state;
  return {
    name: config.name,
    type: config.type,
    owner: config.owner,
    deadlineMs: config.deadlineMs,
    level: entry?.level ?? 'failed',
    entry: entry?.name ?? 'failed',
    reason: state.reason,
    sinceMs: clock.now() - state.since,
    probing:
      probing === undefined
        ? undefined
        : {
            rung: rungs[probing.rung]?.name ?? '',
            successes: probing.successes,
            needed: config.stepUp.successes,
          },
    rungs: rungs.map((rung, i) => {
      const ban = forbidden.get(rung.name);
      return {
        name: rung.name,
        level: rung.level,
        qualityImpact: rung.qualityImpact,
        budgetMs: rung.budgetMs,
        availability: ban === undefined ? (states[i]?.availability ?? 'down') : 'forbidden',
        reason: ban ?? states[i]?.reason ?? '',
        breaker: rung.breaker?.snapshot(),
        gate: rung.gate?.snapshot(),
        counts: service.figures.rungs[rung.name],
      };
    }),
    gate: service.definition.gate?.snapshot(),
    components: parts.checked.map((component) => ({
      name: component.name,
      ...parts.components(component.name),
      details: component.details(),
    })),
    figures: service.figures,
    directives: service.directives.active(),
    file: parts.file,
  };
}
