import { describe, expect, it } from 'vitest';
import {
  type GameDayEffect,
  type GameDayEvent,
  type GameDayMode,
  type GameDayState,
  gameDayRun,
  planGameDay,
} from './gameday.ts';
import { gameDayHtml, gameDayMarkdown } from './report.ts';
import { type Scenario, TABLETOP_QUESTIONS } from './scenario.ts';
import type { DayRecord } from './score.ts';

const START = Date.parse('2026-03-01T10:00:00Z');
const SCENARIO: Scenario = {
  name: 'bad-hour',
  service: 'mail',
  title: 'The provider has a bad hour',
  story: 'It is Tuesday.',
  durationMs: 1_800_000,
  roles: [
    { name: 'incident commander', duty: 'decides' },
    { name: 'on call', duty: 'acts' },
  ],
  injects: [
    { name: 'brownout', atMs: 60_000, what: { kind: 'experiment', experiment: 'provider_brownout' } },
    {
      name: 'customer calls',
      atMs: 300_000,
      what: { kind: 'message', to: 'incident commander', text: 'A customer asks.' },
    },
    {
      name: 'press',
      atMs: undefined,
      what: { kind: 'message', to: undefined, text: 'A journalist writes.' },
    },
  ],
  expectedResponse: ['look at the ladder'],
  criteria: [
    { kind: 'detected', withinMs: 120_000 },
    { kind: 'acknowledged', withinMs: 300_000 },
    { kind: 'mitigated', withinMs: 600_000 },
    { kind: 'incident_type', type: 'serving_latency' },
    { kind: 'paged', role: 'on call' },
    { kind: 'budget_spent', max: 0.05 },
    { kind: 'judged', text: 'the status page was updated' },
  ],
  questions: TABLETOP_QUESTIONS,
};

function day(mode: GameDayMode) {
  let mono = 0;
  let boot = 'one';
  const effects: GameDayEffect[] = [];
  const now = () => ({ mono, wall: START + mono, boot });
  let state: GameDayState = planGameDay(SCENARIO, { id: 'g-1', mode, facilitator: 'fay' }, now());
  const send = (event: GameDayEvent): string => {
    const step = gameDayRun(SCENARIO, state, event, now());
    state = JSON.parse(JSON.stringify(step.state));
    effects.push(...step.effects);
    return step.refused;
  };
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 5_000) {
      mono += Math.min(5_000, left);
      send({ kind: 'tick' });
    }
  };
  const begin = (): void => {
    send({ kind: 'join', name: 'ida', role: 'incident commander' });
    send({ kind: 'join', name: 'ola', role: 'on call' });
    send({ kind: 'start', by: 'fay' });
  };
  return {
    send,
    pass,
    begin,
    effects,
    state: () => state,
    restart: () => {
      boot = 'two';
    },
  };
}

const RECORD: DayRecord = {
  incidents: [
    {
      id: 'inc-7',
      type: 'serving_latency',
      openedAt: START + 60_000 + 45_000,
      acknowledgedAt: START + 60_000 + 100_000,
      acknowledgedBy: 'ola',
      mitigatedAt: START + 60_000 + 700_000,
    },
  ],
  pages: [{ who: 'ola', at: START + 60_000 + 50_000 }],
  budgetSpent: 0.01,
};

describe('gameDayRun', () => {
  it('runs live by its timetable and by click, scores from the record, and closes with actions', () => {
    const { send, pass, begin, effects, state } = day('live');
    begin();
    pass(50_000);
    expect(effects.some(({ kind }) => kind === 'run_experiment')).toBe(false);
    pass(15_000);
    expect(effects).toContainEqual({ kind: 'run_experiment', experiment: 'provider_brownout' });
    expect(state().brokenAt).toBe(START + 60_000);
    expect(send({ kind: 'give', inject: 'press', by: 'ida' })).toBe('fay facilitates');
    expect(send({ kind: 'give', inject: 'press', by: 'fay' })).toBe('');
    expect(send({ kind: 'give', inject: 'press', by: 'fay' })).toContain('was given already');
    expect(effects.at(-1)).toEqual({ kind: 'tell', to: ['ida', 'ola'], text: 'A journalist writes.' });
    pass(300_000);
    expect(effects.at(-1)).toEqual({ kind: 'tell', to: ['ida'], text: 'A customer asks.' });
    send({ kind: 'decision', by: 'ida', text: 'pin simple' });
    pass(1_800_000);
    expect(state().phase).toBe('debrief');
    expect(effects.slice(-2).map(({ kind }) => kind)).toEqual(['halt', 'read_record']);

    send({ kind: 'recorded', record: RECORD });
    send({ kind: 'judge', criterion: 6, ok: true, by: 'fay', reason: 'after 4 min' });
    expect(send({ kind: 'judge', criterion: 0, ok: true, by: 'fay', reason: '' })).toContain(
      'the record judges that',
    );
    expect(state().scores.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      'met after 45 s',
      'met after 100 s',
      'missed after 700 s',
      'met inc-7',
      'met ola after 50 s',
      'met 1.00 % spent',
      'met after 4 min (fay)',
    ]);

    send({ kind: 'finding', text: 'nobody | knew\nthe <runbook>', by: 'ola' });
    expect(send({ kind: 'close', by: 'fay' })).toContain('has no action item');
    send({ kind: 'action', finding: 0, text: 'link it', owner: 'ola', due: '2026-04-01' });
    expect(send({ kind: 'close', by: 'fay' })).toBe('');
    const text = gameDayMarkdown(SCENARIO, state());
    expect(text).toContain('6 of 7 met.');
    expect(text).toContain('| mitigated within 10 min | **missed** | after 700 s |');
    expect(text).toContain('nobody \\| knew the \\<runbook\\>');
    expect(text).toContain('2026-03-01 10:00:00 UTC');
    const page = gameDayHtml(SCENARIO, state());
    expect(page).toContain('the &#60;runbook&#62;');
    expect(page).not.toContain('<runbook>');
  });

  it('breaks nothing at the table, and keeps the six answers', () => {
    const { send, pass, begin, effects, state } = day('tabletop');
    begin();
    pass(120_000);
    expect(effects.some(({ kind }) => kind === 'run_experiment' || kind === 'halt')).toBe(false);
    expect(state().log.some(({ text }) => text.includes('would be started'))).toBe(true);
    for (let i = 0; i < 6; i++)
      expect(send({ kind: 'answer', question: i, by: 'ida', text: `answer ${i}` })).toBe('');
    expect(send({ kind: 'answer', question: 6, by: 'ida', text: 'x' })).toContain('no question 7');
    send({ kind: 'end', by: 'fay', reason: 'enough' });
    expect(state().scores.filter(({ status }) => status !== 'unknown')).toEqual([]);
    expect(gameDayMarkdown(SCENARIO, state())).toContain('| Who would be paged? | answer 1 |');
  });

  it('shows what would happen in dry mode, and starts nothing', () => {
    const { pass, begin, effects, state } = day('dry');
    begin();
    pass(1_900_000);
    expect(new Set(effects.map(({ kind }) => kind))).toEqual(new Set(['tell', 'read_record']));
    expect(state().brokenAt).toBeUndefined();
  });

  it('does not start without its people, and not by anybody', () => {
    const { send } = day('live');
    expect(send({ kind: 'join', name: 'x', role: 'king' })).toContain('there is no role "king"');
    expect(send({ kind: 'start', by: 'fay' })).toContain('nobody has the role incident commander, on call');
    expect(send({ kind: 'note', by: 'x', text: 'y' })).toContain('the day is planned');
  });

  it('goes on after a restart, and what cannot be seen is not known', () => {
    const { send, pass, begin, effects, state, restart } = day('live');
    begin();
    pass(70_000);
    restart();
    pass(240_000);
    expect(effects.filter(({ kind }) => kind === 'run_experiment').length).toBe(1);
    expect(state().elapsedMs).toBe(310_000);
    send({ kind: 'end', by: 'fay', reason: 'enough' });
    send({ kind: 'recorded', record: { incidents: undefined, pages: undefined, budgetSpent: undefined } });
    expect(state().scores.every(({ status }) => status === 'unknown')).toBe(true);
  });
});
