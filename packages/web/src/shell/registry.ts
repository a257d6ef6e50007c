import type { Session } from '../api/wire.ts';
import type { View } from './view.ts';

/** One place in the navigation. */
export interface Place {
  /** First part of its addresses; '' is home. */
  readonly path: string;
  readonly title: string;
  /** Noun of the API that it lives on: without it the place is not in the navigation. */
  readonly noun: string;
  /** Keys after `g`. */
  readonly key: string;
  readonly group: 'now' | 'promises' | 'proof' | 'record';
  readonly load: () => Promise<View>;
}

/** All places. A new noun of the API gets one file in `pages/` and one line here. */
export const PLACES: readonly Place[] = [
  {
    path: '',
    title: 'Home',
    noun: 'services',
    key: 'h',
    group: 'now',
    load: async () => (await import('../pages/home.tsx')).Home,
  },
  {
    path: 'incidents',
    title: 'Incidents',
    noun: 'incidents',
    key: 'i',
    group: 'now',
    load: async () => (await import('../pages/incidents.tsx')).Incidents,
  },
  {
    path: 'queues',
    title: 'Queues',
    noun: 'queues',
    key: 'q',
    group: 'now',
    load: async () => (await import('../pages/queues.tsx')).Queues,
  },
  {
    path: 'objectives',
    title: 'Objectives',
    noun: 'objectives',
    key: 'o',
    group: 'promises',
    load: async () => (await import('../pages/objectives.tsx')).Objectives,
  },
  {
    path: 'monitors',
    title: 'Quality and drift',
    noun: 'monitors',
    key: 'd',
    group: 'promises',
    load: async () => (await import('../pages/monitors.tsx')).Monitors,
  },
  {
    path: 'experiments',
    title: 'Chaos',
    noun: 'experiments',
    key: 'c',
    group: 'proof',
    load: async () => (await import('../pages/chaos.tsx')).Chaos,
  },
  {
    path: 'gamedays',
    title: 'Game days',
    noun: 'gamedays',
    key: 'y',
    group: 'proof',
    load: async () => (await import('../pages/gamedays.tsx')).Gamedays,
  },
  {
    path: 'runs',
    title: 'Training',
    noun: 'runs',
    key: 't',
    group: 'proof',
    load: async () => (await import('../pages/training.tsx')).Training,
  },
  {
    path: 'models',
    title: 'Models',
    noun: 'models',
    key: 'm',
    group: 'proof',
    load: async () => (await import('../pages/models.tsx')).Models,
  },
  {
    path: 'requests',
    title: 'Requests',
    noun: 'requests',
    key: 'r',
    group: 'record',
    load: async () => (await import('../pages/requests.tsx')).Requests,
  },
  {
    path: 'reviews',
    title: 'Reviews',
    noun: 'reviews',
    key: 'v',
    group: 'record',
    load: async () => (await import('../pages/reviews.tsx')).Reviews,
  },
  {
    path: 'on-call',
    title: 'On call',
    noun: 'schedules',
    key: 'p',
    group: 'record',
    load: async () => (await import('../pages/on-call.tsx')).OnCallView,
  },
  {
    path: 'outbox',
    title: 'Outbox',
    noun: 'outbox',
    key: 'x',
    group: 'record',
    load: async () => (await import('../pages/outbox.tsx')).Outbox,
  },
  {
    path: 'audit',
    title: 'Audit',
    noun: 'audit',
    key: 'a',
    group: 'record',
    load: async () => (await import('../pages/audit.tsx')).Audit,
  },
  {
    path: 'settings',
    title: 'Settings',
    noun: 'keys',
    key: 's',
    group: 'record',
    load: async () => (await import('../pages/settings.tsx')).Settings,
  },
];

/** A service's own view hangs under Home. */
export const SERVICE_VIEW = {
  path: 'services',
  load: async (): Promise<View> => (await import('../pages/service.tsx')).Service,
} as const;

/** Places whose noun this version of the API has. */
export function placesOf(session: Session | undefined): readonly Place[] {
  if (session === undefined) return PLACES.filter(({ path }) => path === '');
  return PLACES.filter(({ noun }) => session.nouns.includes(noun));
}
