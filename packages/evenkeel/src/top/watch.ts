import { describeError } from '@evenkeel/core';
import { z } from 'zod';
import type { ApiClient } from '../api-client.ts';
import { incident } from '../commands/incident-shape.ts';
import { type ShownService, serviceStatus } from '../commands/services.ts';
import type { Budget, View } from './frame.ts';

const services = z.object({ services: z.array(serviceStatus) });
const incidents = z.object({ incidents: z.array(incident) });
const objectives = z.object({
  objectives: z.array(
    z.looseObject({
      service: z.string(),
      objective: z.string(),
      state: z.string(),
      remaining: z.number().nullable(),
      alerts: z.array(z.looseObject({ name: z.string(), firing: z.boolean() })),
    }),
  ),
});

interface Seen {
  readonly at: number;
  readonly requests: number;
  readonly answered: ReadonlyMap<string, number>;
}

function seenOf(service: ShownService, at: number): Seen {
  return {
    at,
    requests: service.figures.requests,
    answered: new Map(service.rungs.map((rung) => [rung.name, rung.counts?.answered ?? 0])),
  };
}

/** Looks at the control plane again and again: rates and shares are differences between two looks. */
export function watcher(
  api: ApiClient,
  url: string,
  clock: { now(): number; wall(): number },
): {
  look(): Promise<View>;
} {
  let before = new Map<string, Seen>();
  let last: View | undefined;
  let lastAt = 0;

  async function fresh(): Promise<View> {
    const [found, goals, open] = await Promise.all([
      api.get('/api/v1/services'),
      api.get('/api/v1/objectives'),
      api.get('/api/v1/incidents?open=true&limit=20'),
    ]);
    const at = clock.now();
    const shown = services.parse(found).services;
    const rates = new Map<string, number>();
    const shares = new Map<string, number>();
    const seen = new Map(shown.map((service) => [service.name, seenOf(service, at)]));
    for (const [name, now] of seen) {
      const earlier = before.get(name);
      // Fewer than before: it was started anew.
      if (earlier === undefined || now.requests < earlier.requests || at <= earlier.at) continue;
      rates.set(name, ((now.requests - earlier.requests) * 1_000) / (at - earlier.at));
      const differences = [...now.answered].map(
        ([rung, count]) => [rung, Math.max(0, count - (earlier.answered.get(rung) ?? 0))] as const,
      );
      const all = differences.reduce((sum, [, some]) => sum + some, 0);
      if (all > 0) for (const [rung, some] of differences) shares.set(`${name}/${rung}`, some / all);
    }
    before = seen;
    const budgets = objectives.parse(goals).objectives.map(
      ({ service, objective, state, remaining, alerts }): Budget => ({
        service,
        objective,
        state,
        remaining,
        firing: alerts.filter(({ firing }) => firing).map(({ name }) => name),
      }),
    );
    lastAt = at;
    return {
      url,
      now: clock.wall(),
      services: shown,
      rates,
      shares,
      budgets,
      incidents: incidents.parse(open).incidents,
      problem: undefined,
      ageMs: 0,
    };
  }

  return {
    async look() {
      try {
        last = await fresh();
        return last;
      } catch (error) {
        // The first look must say what is wrong; later ones keep what was seen, and its age.
        if (last === undefined) throw error;
        return { ...last, now: clock.wall(), problem: describeError(error), ageMs: clock.now() - lastAt };
      }
    },
  };
}
