import type { ServiceConfig } from '@evenkeel/config';
import { type Clock, onCallAt, type Schedule, type Silence } from '@evenkeel/core';
import type { Documents } from '@evenkeel/store';
import { z } from 'zod';

export const scheduleSchema = z.object({
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
  timeZone: z.string(),
  layers: z
    .array(
      z.object({
        name: z.string().min(1).max(200),
        people: z.array(z.string().min(1).max(200)).min(1).max(100),
        turnDays: z.int().min(1).max(366),
        startDay: z.int().min(0),
        handOver: z.int().min(0).max(1_439),
        hours: z
          .array(
            z.object({
              weekdays: z.array(z.int().min(1).max(7)).min(1).max(7),
              from: z.int().min(0).max(1_439),
              to: z.int().min(1).max(1_440),
            }),
          )
          .max(20)
          .default([]),
      }),
    )
    .min(1)
    .max(20),
  overrides: z
    .array(
      z
        .object({
          id: z.string().min(1).max(200),
          from: z.number(),
          to: z.number(),
          person: z.string().min(1).max(200),
          reason: z.string().max(500),
        })
        .refine(({ from, to }) => to > from, 'to must lie after from'),
    )
    .max(1_000)
    .default([]),
});

const silenceSchema = z.object({
  id: z.string(),
  kind: z.enum(['silence', 'maintenance']),
  service: z.string().optional(),
  types: z.array(z.string()).optional(),
  from: z.number(),
  to: z.number(),
  by: z.string(),
  reason: z.string(),
});
const isSilence = (value: unknown): value is Silence => silenceSchema.safeParse(value).success;

/** Who is to be woken now, and when nobody is. Read from the store now and then: people change it while we run. */
export interface People {
  refresh(): Promise<void>;
  schedules(): readonly Schedule[];
  silences(): readonly Silence[];
  /** People behind a role of a service now; the service's owner where the file does not name the role. */
  whoIs(config: ServiceConfig, role: string): readonly string[];
  /** Whether anybody at all would be woken. */
  anybody(config: ServiceConfig): boolean;
}

const MOST = 1_000;

export function people(documents: Documents, clock: Clock): People {
  let schedules: readonly Schedule[] = [];
  let silences: readonly Silence[] = [];

  function whoIs({ owner, incidents }: ServiceConfig, role: string): readonly string[] {
    const who = incidents.onCall[role];
    if (who === undefined) return [owner];
    if (who.people !== undefined) return who.people;
    const schedule = schedules.find(({ id }) => id === who.schedule);
    const onCall = schedule === undefined ? undefined : onCallAt(schedule, clock.wall());
    return onCall === undefined ? [] : [onCall.person];
  }

  return {
    async refresh() {
      const [found, quiet] = await Promise.all([
        documents.list({ kind: 'schedule', limit: MOST }),
        documents.list({ kind: 'silence', states: ['in_force'], limit: MOST }),
      ]);
      schedules = found.flatMap(({ body }) => {
        const parsed = scheduleSchema.safeParse(body);
        return parsed.success ? [parsed.data] : [];
      });
      silences = quiet.map(({ body }) => body).filter(isSilence);
    },
    schedules: () => schedules,
    silences: () => silences,
    whoIs,
    anybody: (config) => {
      const roles = Object.keys(config.incidents.onCall);
      return roles.length === 0 || roles.some((role) => whoIs(config, role).length > 0);
    },
  };
}
