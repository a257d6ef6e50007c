import {
  criterionInWords,
  EvenkeelError,
  type GameDayEvent,
  type GameDayState,
  gameDayHtml,
  gameDayMarkdown,
} from '@evenkeel/core';
import { z } from 'zod';
import { type ApiCaller, noBody, noQuery, Reply, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { GameDays, KeptDay } from './game-days.ts';
import type { Scenarios } from './scenarios.ts';

const text = z.string().trim().min(1).max(4_000);
const name = z.string().trim().min(1).max(200);
/** Who says it, where one key is used by a whole table: somebody who takes part. */
const as = name.optional();
const planInput = z.strictObject({
  scenario: name,
  mode: z.enum(['tabletop', 'live', 'dry']),
  participants: z
    .array(z.strictObject({ name, role: name }))
    .max(50)
    .default([]),
});

function daySummary({ scenario, state }: KeptDay) {
  const { id, mode, phase, facilitator, startedAt, endedAt, elapsedMs, scores } = state;
  return {
    id,
    scenario: scenario.name,
    service: scenario.service,
    title: scenario.title,
    mode,
    phase,
    facilitator,
    started_at: startedAt,
    ended_at: endedAt,
    elapsed_ms: Math.round(elapsedMs),
    met: scores.filter(({ status }) => status === 'met').length,
    criteria: scores.length,
  };
}

function dayView(day: KeptDay, wall: number) {
  const { scenario, state } = day;
  const passed = state.phase === 'running' ? Math.max(0, wall - state.clock.wall) : 0;
  return {
    ...daySummary(day),
    /** The timer. */
    elapsed_ms: Math.round(state.elapsedMs + passed),
    duration_ms: scenario.durationMs,
    story: scenario.story,
    roles: scenario.roles,
    participants: state.participants,
    injects: scenario.injects.map((inject) => ({ ...inject, given: state.given.includes(inject.name) })),
    expected_response: scenario.expectedResponse,
    criteria_words: scenario.criteria.map(criterionInWords),
    questions: scenario.questions.map((question, i) => ({ question, answer: state.answers[i] })),
    scores: state.scores,
    findings: state.findings,
    record: state.record,
    log: state.log,
  };
}

/** Who speaks: the caller, or somebody who takes part and has no key of their own. */
function speaker(state: GameDayState, caller: ApiCaller, said: string | undefined): string {
  if (said === undefined || said === caller.name) return caller.name;
  if (state.participants.some((one) => one.name === said)) return said;
  const known = state.participants.map((one) => one.name).join(', ');
  throw new EvenkeelError('bad_request', `${said} does not take part: there are ${known || 'none yet'}`);
}

export function gameDayRoutes(parts: {
  readonly days: GameDays;
  readonly scenarios: Scenarios;
  readonly audit: Recorder;
  readonly wall: () => number;
}): readonly Route[] {
  const { days, scenarios, audit, wall } = parts;
  const id = (params: Readonly<Record<string, string>>): string => params.id ?? '';

  async function happen(day: string, caller: ApiCaller, event: GameDayEvent): Promise<unknown> {
    const after = await days.tell(day, event);
    await audit(caller, `gameday.${event.kind}`, day, after.scenario.service, event);
    return dayView(after, wall());
  }

  function act<B>(
    path: string,
    summary: string,
    body: z.ZodType<B>,
    event: (
      input: B,
      by: (said?: string) => string,
      params: Readonly<Record<string, string>>,
    ) => GameDayEvent,
  ): Route {
    return write({
      method: 'post',
      path: `/api/v1/gamedays/{id}/${path}`,
      role: 'operator',
      tag: 'gamedays',
      summary,
      body,
      async handle(input, { params, caller }) {
        const { state } = await days.get(id(params));
        return happen(
          id(params),
          caller,
          event(input, (said) => speaker(state, caller, said), params),
        );
      },
    });
  }

  return [
    read({
      path: '/api/v1/gamedays',
      role: 'viewer',
      tag: 'gamedays',
      summary: 'Game days, newest first, and the scenarios that can be played.',
      query: noQuery,
      async handle() {
        const entries = await scenarios.list();
        return {
          gamedays: (await days.list(50)).map(daySummary),
          scenarios: entries.map(({ name: called, service, path, scenario, problems }) => ({
            name: called,
            service,
            path,
            title: scenario?.title ?? called,
            duration_ms: scenario?.durationMs,
            experiments: scenario?.injects.flatMap(({ what }) =>
              what.kind === 'experiment' ? [what.experiment] : [],
            ),
            problems,
          })),
        };
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/gamedays',
      role: 'operator',
      tag: 'gamedays',
      summary:
        'Plans one: `tabletop` breaks nothing, `live` runs its experiments, `dry` only says what it would run.',
      status: 201,
      body: planInput,
      async handle({ scenario, mode, participants }, { caller }) {
        const day = await days.plan(await scenarios.get(scenario), mode, caller.name);
        await audit(caller, 'gameday.plan', day.state.id, day.scenario.service, { scenario, mode });
        let after = day;
        for (const one of participants) after = await days.tell(day.state.id, { kind: 'join', ...one });
        return dayView(after, wall());
      },
    }),
    read({
      path: '/api/v1/gamedays/{id}',
      role: 'viewer',
      tag: 'gamedays',
      summary: 'One game day: timer, who plays, what was told, log, answers, score.',
      query: noQuery,
      handle: async (_, { params }) => dayView(await days.get(id(params)), wall()),
    }),
    act('participants', 'Takes a role.', z.strictObject({ name, role: name }), (input) => ({
      kind: 'join',
      ...input,
    })),
    act('start', 'Starts it; every role has to be taken.', noBody, (_, by) => ({ kind: 'start', by: by() })),
    act('injects', 'Gives an inject now.', z.strictObject({ inject: name }), ({ inject }, by) => ({
      kind: 'give',
      inject,
      by: by(),
    })),
    act('notes', 'Writes down what was seen.', z.strictObject({ text, as }), (input, by) => ({
      kind: 'note',
      by: by(input.as),
      text: input.text,
    })),
    act('decisions', 'Writes down what was decided.', z.strictObject({ text, as }), (input, by) => ({
      kind: 'decision',
      by: by(input.as),
      text: input.text,
    })),
    act(
      'answers',
      'Answers a question; the first is number 1.',
      z.strictObject({ question: z.int().min(1).max(30), text, as }),
      (input, by) => ({ kind: 'answer', question: input.question - 1, by: by(input.as), text: input.text }),
    ),
    act(
      'verdicts',
      'The facilitator judges what no record can; the first criterion is number 1.',
      z.strictObject({ criterion: z.int().min(1).max(50), ok: z.boolean(), reason: text }),
      ({ criterion, ok, reason }, by) => ({ kind: 'judge', criterion: criterion - 1, ok, by: by(), reason }),
    ),
    act('findings', 'Something that was learned.', z.strictObject({ text, as }), (input, by) => ({
      kind: 'finding',
      by: by(input.as),
      text: input.text,
    })),
    act(
      'actions',
      'What is done about a finding; the first is number 1.',
      z.strictObject({ finding: z.int().min(1).max(500), text, owner: name, due: z.iso.date().optional() }),
      ({ finding, text: what, owner, due }) => ({
        kind: 'action',
        finding: finding - 1,
        text: what,
        owner,
        due,
      }),
    ),
    act(
      'end',
      'Ends it and stops what it has started.',
      z.strictObject({ reason: text.optional() }).optional(),
      (input, by) => ({
        kind: 'end',
        by: by(),
        reason: input?.reason ?? 'by the facilitator',
      }),
    ),
    act('close', 'Closes it, when every finding has an action item.', noBody, (_, by) => ({
      kind: 'close',
      by: by(),
    })),
    read({
      path: '/api/v1/gamedays/{id}/report',
      role: 'viewer',
      tag: 'gamedays',
      summary: 'The report, in Markdown or as a page of its own.',
      query: z.strictObject({ format: z.enum(['markdown', 'html']).default('markdown') }),
      async handle({ format }, { params }) {
        const { scenario, state } = await days.get(id(params));
        return format === 'html'
          ? new Reply(200, gameDayHtml(scenario, state), {
              'content-type': 'text/html; charset=utf-8',
              'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
            })
          : new Reply(200, gameDayMarkdown(scenario, state), {
              'content-type': 'text/markdown; charset=utf-8',
            });
      },
    }),
  ];
}
