import type { Inject, Scenario } from './scenario.ts';
import { type DayRecord, type Score, scoreDay } from './score.ts';

/** `tabletop`: talked through, nothing is broken. `live`: experiments run. `dry`: as live, but only told. */
export type GameDayMode = 'tabletop' | 'live' | 'dry';
export type GameDayPhase = 'planned' | 'running' | 'debrief' | 'closed';

export interface DayEntry {
  /** Wall milliseconds. */
  readonly at: number;
  /** Milliseconds since the start; 0 before. */
  readonly elapsedMs: number;
  readonly by: string;
  readonly kind: 'note' | 'decision' | 'answer' | 'inject' | 'event';
  readonly text: string;
}

export interface Finding {
  readonly text: string;
  readonly by: string;
  readonly actions: readonly {
    readonly text: string;
    readonly owner: string;
    readonly due: string | undefined;
  }[];
}

/** A game day as a value: plain JSON. */
export interface GameDayState {
  readonly id: string;
  readonly scenario: string;
  readonly mode: GameDayMode;
  readonly phase: GameDayPhase;
  readonly facilitator: string;
  readonly participants: readonly { readonly name: string; readonly role: string }[];
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly elapsedMs: number;
  readonly clock: { readonly mono: number; readonly wall: number; readonly boot: string };
  /** Names of injects that were given, in their order. */
  readonly given: readonly string[];
  readonly brokenAt: number | undefined;
  /** Answers by the number of the question, from 0. */
  readonly answers: Readonly<Record<number, string>>;
  readonly judged: Readonly<
    Record<number, { readonly ok: boolean; readonly by: string; readonly reason: string }>
  >;
  readonly record: DayRecord | undefined;
  readonly scores: readonly Score[];
  readonly findings: readonly Finding[];
  readonly log: readonly DayEntry[];
}

export type GameDayEvent =
  | { readonly kind: 'join'; readonly name: string; readonly role: string }
  | { readonly kind: 'start'; readonly by: string }
  | { readonly kind: 'tick' }
  /** The facilitator's click. */
  | { readonly kind: 'give'; readonly inject: string; readonly by: string }
  | { readonly kind: 'note' | 'decision'; readonly by: string; readonly text: string }
  | { readonly kind: 'answer'; readonly question: number; readonly by: string; readonly text: string }
  | {
      readonly kind: 'judge';
      readonly criterion: number;
      readonly ok: boolean;
      readonly by: string;
      readonly reason: string;
    }
  /** What an experiment of the day came to. */
  | {
      readonly kind: 'experiment_ended';
      readonly experiment: string;
      readonly status: string;
      readonly reason: string;
    }
  | { readonly kind: 'recorded'; readonly record: DayRecord }
  | { readonly kind: 'end'; readonly by: string; readonly reason: string }
  | { readonly kind: 'finding'; readonly text: string; readonly by: string }
  | {
      readonly kind: 'action';
      readonly finding: number;
      readonly text: string;
      readonly owner: string;
      readonly due: string | undefined;
    }
  | { readonly kind: 'close'; readonly by: string };

export type GameDayEffect =
  | { readonly kind: 'run_experiment'; readonly experiment: string }
  | { readonly kind: 'tell'; readonly to: readonly string[]; readonly text: string }
  /** Everything that the day has started is stopped. */
  | { readonly kind: 'halt'; readonly reason: string }
  | { readonly kind: 'read_record'; readonly since: number }
  | { readonly kind: 'finished' };

export interface GameDayStep {
  readonly state: GameDayState;
  readonly effects: readonly GameDayEffect[];
  /** Why an event was not taken; empty when it was. */
  readonly refused: string;
}

type Now = GameDayState['clock'];

export function planGameDay(
  scenario: Scenario,
  as: { readonly id: string; readonly mode: GameDayMode; readonly facilitator: string },
  now: Now,
): GameDayState {
  return {
    ...as,
    scenario: scenario.name,
    phase: 'planned',
    participants: [],
    startedAt: undefined,
    endedAt: undefined,
    elapsedMs: 0,
    clock: now,
    given: [],
    brokenAt: undefined,
    answers: {},
    judged: {},
    record: undefined,
    scores: [],
    findings: [],
    log: [],
  };
}

const LONGEST_GAP_MS = 86_400_000;
const MAX_LOG = 5_000;

/** One step of a game day. Pure; call it with what people do, and with `tick` at least every few seconds while it runs. */
export function gameDayRun(
  scenario: Scenario,
  before: GameDayState,
  event: GameDayEvent,
  now: Now,
): GameDayStep {
  const passed =
    now.boot === before.clock.boot
      ? Math.max(0, now.mono - before.clock.mono)
      : Math.min(LONGEST_GAP_MS, Math.max(0, now.wall - before.clock.wall));
  let state: GameDayState = {
    ...before,
    clock: now,
    elapsedMs: before.phase === 'running' ? before.elapsedMs + passed : before.elapsedMs,
  };
  const effects: GameDayEffect[] = [];
  const change = (part: Partial<GameDayState>): void => {
    state = { ...state, ...part };
  };
  const log = (by: string, kind: DayEntry['kind'], text: string): void =>
    change({
      log: [...state.log, { at: now.wall, elapsedMs: state.elapsedMs, by, kind, text }].slice(-MAX_LOG),
    });
  const refuse = (refused: string): GameDayStep => ({ state: before, effects: [], refused });
  const facilitated = (by: string): boolean => by === state.facilitator;

  function give(inject: Inject, by: string): void {
    change({ given: [...state.given, inject.name] });
    if (inject.what.kind === 'message') {
      const { to, text } = inject.what;
      log(by, 'inject', `${inject.name}: ${to === undefined ? '' : `to ${to}: `}${text}`);
      const names = state.participants
        .filter(({ role }) => to === undefined || role === to)
        .map(({ name }) => name);
      effects.push({ kind: 'tell', to: names, text });
      return;
    }
    const { experiment } = inject.what;
    if (state.mode === 'live') {
      log(by, 'inject', `${inject.name}: experiment ${experiment} is started`);
      effects.push({ kind: 'run_experiment', experiment });
      if (state.brokenAt === undefined) change({ brokenAt: now.wall });
    } else
      log(
        by,
        'inject',
        `${inject.name}: experiment ${experiment} would be started; nothing is broken in ${state.mode} mode`,
      );
  }

  function end(by: string, reason: string): void {
    change({ phase: 'debrief', endedAt: now.wall });
    log(by, 'event', `ended: ${reason}`);
    if (state.mode === 'live') effects.push({ kind: 'halt', reason });
    effects.push({ kind: 'read_record', since: state.startedAt ?? now.wall });
  }

  switch (event.kind) {
    case 'join': {
      if (state.phase === 'closed') return refuse('the day is closed');
      if (!scenario.roles.some(({ name }) => name === event.role))
        return refuse(
          `there is no role "${event.role}": there are ${scenario.roles.map(({ name }) => name).join(', ')}`,
        );
      const others = state.participants.filter(({ name }) => name !== event.name);
      change({ participants: [...others, { name: event.name, role: event.role }] });
      log(event.name, 'event', `joined as ${event.role}`);
      break;
    }
    case 'start': {
      if (state.phase !== 'planned') return refuse(`the day is ${state.phase}`);
      if (!facilitated(event.by)) return refuse(`${state.facilitator} facilitates`);
      const vacant = scenario.roles.filter(
        ({ name }) => !state.participants.some(({ role }) => role === name),
      );
      if (vacant.length > 0)
        return refuse(`nobody has the role ${vacant.map(({ name }) => name).join(', ')}`);
      change({ phase: 'running', startedAt: now.wall });
      log(event.by, 'event', `started, ${state.mode}`);
      effects.push({ kind: 'tell', to: state.participants.map(({ name }) => name), text: scenario.story });
      break;
    }
    case 'give': {
      if (state.phase !== 'running') return refuse(`the day is ${state.phase}`);
      if (!facilitated(event.by)) return refuse(`${state.facilitator} facilitates`);
      const inject = scenario.injects.find(({ name }) => name === event.inject);
      if (inject === undefined) return refuse(`there is no inject "${event.inject}"`);
      if (state.given.includes(inject.name)) return refuse(`${inject.name} was given already`);
      give(inject, event.by);
      break;
    }
    case 'note':
    case 'decision':
      if (state.phase === 'planned' || state.phase === 'closed') return refuse(`the day is ${state.phase}`);
      log(event.by, event.kind, event.text);
      break;
    case 'answer': {
      if (state.phase === 'planned' || state.phase === 'closed') return refuse(`the day is ${state.phase}`);
      const question = scenario.questions[event.question];
      if (question === undefined) return refuse(`there is no question ${event.question + 1}`);
      change({ answers: { ...state.answers, [event.question]: event.text } });
      log(event.by, 'answer', `${question} ${event.text}`);
      break;
    }
    case 'judge': {
      if (!facilitated(event.by)) return refuse(`${state.facilitator} facilitates`);
      if (scenario.criteria[event.criterion]?.kind !== 'judged')
        return refuse('the record judges that, and nobody else');
      const { ok, by, reason } = event;
      change({ judged: { ...state.judged, [event.criterion]: { ok, by, reason } } });
      break;
    }
    case 'experiment_ended':
      log('evenkeel', 'event', `experiment ${event.experiment} ${event.status}: ${event.reason}`);
      break;
    case 'recorded':
      change({ record: event.record });
      break;
    case 'end':
      if (state.phase !== 'running') return refuse(`the day is ${state.phase}`);
      end(event.by, event.reason);
      break;
    case 'finding':
      if (state.phase !== 'running' && state.phase !== 'debrief') return refuse(`the day is ${state.phase}`);
      change({ findings: [...state.findings, { text: event.text, by: event.by, actions: [] }] });
      break;
    case 'action': {
      const { text, owner, due } = event;
      if (state.findings[event.finding] === undefined)
        return refuse(`there is no finding ${event.finding + 1}`);
      change({
        findings: state.findings.map((one, i) =>
          i === event.finding ? { ...one, actions: [...one.actions, { text, owner, due }] } : one,
        ),
      });
      break;
    }
    case 'close': {
      if (state.phase !== 'debrief') return refuse(`the day is ${state.phase}`);
      if (!facilitated(event.by)) return refuse(`${state.facilitator} facilitates`);
      const idle = state.findings.find(({ actions }) => actions.length === 0);
      if (idle !== undefined) return refuse(`the finding "${idle.text}" has no action item`);
      change({ phase: 'closed' });
      log(event.by, 'event', 'closed');
      effects.push({ kind: 'finished' });
      break;
    }
    case 'tick':
      break;
  }

  if (state.phase === 'running') {
    for (const inject of scenario.injects)
      if (inject.atMs !== undefined && state.elapsedMs >= inject.atMs && !state.given.includes(inject.name))
        give(inject, 'timetable');
    if (state.elapsedMs >= scenario.durationMs) end('timetable', 'its time is over');
  }
  const { brokenAt, record, participants, judged } = state;
  change({ scores: scoreDay({ scenario, brokenAt, record, participants, judged }) });
  return { state, effects, refused: '' };
}
