import {
  type Clock,
  checkSchedule,
  EvenkeelError,
  INCIDENT_TYPES,
  idMaker,
  nowAndNext,
  type Random,
  shiftsOf,
} from '@evenkeel/core';
import type { DocumentKind, Documents } from '@evenkeel/store';
import { z } from 'zod';
import { noBody, noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { type People, scheduleSchema } from './people.ts';

const spanFilter = z.strictObject({ from: z.coerce.number().optional(), to: z.coerce.number().optional() });
const silenceInput = z
  .strictObject({
    kind: z.enum(['silence', 'maintenance']),
    service: z.string().min(1).max(200).optional(),
    types: z.array(z.enum(INCIDENT_TYPES)).min(1).optional(),
    from: z.number().optional(),
    to: z.number(),
    reason: z.string().trim().min(1).max(500),
  })
  .refine(({ from, to }) => from === undefined || to > from, 'to must lie after from');

const WEEK_MS = 7 * 86_400_000;

export function peopleRoutes(parts: {
  readonly documents: Documents;
  readonly people: People;
  readonly audit: Recorder;
  readonly clock: Clock;
  readonly random: Random;
}): readonly Route[] {
  const { documents, people, audit, clock } = parts;
  const newSilence = idMaker('s', clock, parts.random);
  const now = (): number => Math.round(clock.wall());

  async function put(
    kind: DocumentKind,
    id: string,
    state: string,
    service: string,
    body: unknown,
  ): Promise<void> {
    const known = await documents.get(kind, id);
    await documents.commit({
      puts: [
        {
          kind,
          id,
          service,
          state,
          label: '',
          createdAt: known?.createdAt ?? now(),
          updatedAt: now(),
          revision: known?.revision ?? 0,
          body,
        },
      ],
      audit: [],
      outbox: [],
    });
    await people.refresh();
  }

  function scheduleOf(id = '') {
    const found = people.schedules().find((schedule) => schedule.id === id);
    if (found === undefined) throw new EvenkeelError('not_found', `no schedule ${id}`);
    return found;
  }

  return [
    read({
      path: '/api/v1/schedules',
      role: 'viewer',
      tag: 'schedules',
      summary: 'On-call schedules, with who is on call now and next.',
      query: noQuery,
      handle: () => ({
        schedules: people
          .schedules()
          .map((schedule) => ({ ...schedule, onCall: nowAndNext(schedule, now()) })),
      }),
    }),
    read({
      path: '/api/v1/schedules/{id}',
      role: 'viewer',
      tag: 'schedules',
      summary: 'One schedule with its shifts; two weeks from now unless said.',
      query: spanFilter,
      handle({ from = now(), to }, { params }) {
        const schedule = scheduleOf(params.id);
        const until = Math.min(to ?? from + 2 * WEEK_MS, from + 60 * WEEK_MS);
        return {
          ...schedule,
          onCall: nowAndNext(schedule, now()),
          shifts: shiftsOf(schedule, from, until),
          problems: checkSchedule(schedule, now()),
        };
      },
    }),
    write({
      method: 'put',
      path: '/api/v1/schedules/{id}',
      role: 'operator',
      tag: 'schedules',
      summary: 'Makes or changes a schedule; the answer names the hours in which nobody is on call.',
      body: scheduleSchema.omit({ id: true }),
      async handle(input, { params, caller }) {
        const schedule = { ...input, id: params.id ?? '' };
        const problems = checkSchedule(schedule, now());
        const wrong = problems.filter(({ severity }) => severity === 'error');
        if (wrong.length > 0) {
          throw new EvenkeelError('bad_request', wrong.map(({ text }) => text).join('; '));
        }
        await put('schedule', schedule.id, 'in_force', '', schedule);
        await audit(caller, 'schedule.put', schedule.id, undefined, { people: schedule.layers });
        return { ...schedule, problems };
      },
    }),
    read({
      path: '/api/v1/silences',
      role: 'viewer',
      tag: 'silences',
      summary: 'Times in which nobody is woken, or no incident is opened.',
      query: noQuery,
      handle: () => ({ silences: people.silences().filter(({ to }) => to > now()) }),
    }),
    write({
      method: 'post',
      path: '/api/v1/silences',
      role: 'operator',
      tag: 'silences',
      summary: 'Silences a service or a type; running notification cycles stop too.',
      status: 201,
      body: silenceInput,
      async handle({ from, ...input }, { caller }) {
        const silence = { ...input, id: newSilence(), from: from ?? now(), by: caller.name };
        if (silence.to <= now()) throw new EvenkeelError('bad_request', 'body.to: lies in the past');
        await put('silence', silence.id, 'in_force', input.service ?? '', silence);
        await audit(caller, 'silence.add', silence.id, input.service, silence);
        return silence;
      },
    }),
    write({
      method: 'delete',
      path: '/api/v1/silences/{id}',
      role: 'operator',
      tag: 'silences',
      summary: 'Ends a silence.',
      body: noBody,
      async handle(_, { params, caller }) {
        const { id = '' } = params;
        const silence = people.silences().find((one) => one.id === id);
        if (silence === undefined) throw new EvenkeelError('not_found', `no silence ${id} is in force`);
        await put('silence', id, 'ended', silence.service ?? '', silence);
        await audit(caller, 'silence.end', id, silence.service, {});
        return undefined;
      },
    }),
  ];
}
