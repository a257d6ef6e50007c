import { describe, expect, it } from 'vitest';
import { ESCALATION_DEFAULTS, type EscalationInput, escalate, startEscalation } from './escalation.ts';
import { path } from './signature.ts';

const MINUTE = 60_000;
const people: Record<string, readonly string[]> = { first: ['ann'], lead: ['bob', 'cem'], boss: ['dee'] };
const input = (change: Partial<EscalationInput> = {}): EscalationInput => ({
  path: path('first', 'lead', 'boss'),
  whoIs: (role) => people[role] ?? [],
  open: true,
  acknowledgedAt: undefined,
  lastActionAt: undefined,
  silenced: false,
  ...ESCALATION_DEFAULTS,
  ...change,
});

/** Runs a cycle minute by minute. */
function run(minutes: number, at: (minute: number) => Partial<EscalationInput>): string[] {
  let state = startEscalation(0);
  const told: string[] = [];
  for (let minute = 0; minute <= minutes; minute++) {
    const step = escalate(state, input(at(minute)), minute * MINUTE);
    state = step.state;
    for (const { person } of step.tell) told.push(`${minute} ${person}`);
  }
  return told;
}

describe('escalation', () => {
  it('goes along the path by its time-outs, round and round, and then gives up', () => {
    expect(run(200, () => ({}))).toEqual(
      [0, 35, 70].flatMap((m) => [`${m} ann`, `${m + 5} bob`, `${m + 5} cem`, `${m + 20} dee`]),
    );
  });

  it('stops when somebody acknowledges', () => {
    expect(run(50, (m) => (m >= 3 ? { acknowledgedAt: 3 * MINUTE } : {}))).toEqual(['0 ann']);
  });

  it('goes on when the acknowledgement is forgotten, and not while something is done', () => {
    const forgotten = run(70, (m) => (m >= 3 ? { acknowledgedAt: 3 * MINUTE } : {}));
    expect(forgotten).toEqual(['0 ann', '63 bob', '63 cem']);
    const active = run(100, (m) => (m >= 3 ? { acknowledgedAt: 3 * MINUTE, lastActionAt: m * MINUTE } : {}));
    expect(active).toEqual(['0 ann']);
  });

  it('passes over roles that nobody holds at once, and says so', () => {
    const step = escalate(
      startEscalation(0),
      input({ whoIs: (role) => (role === 'first' ? [] : ['bob']) }),
      0,
    );
    expect(step.tell).toMatchObject([{ person: 'bob', role: 'lead', reason: 'nobody is on call as first' }]);
    expect(step.passedOver).toEqual(['first']);
    const nobody = escalate(startEscalation(0), input({ whoIs: () => [] }), 0);
    expect(nobody).toMatchObject({
      tell: [],
      state: { stopped: 'exhausted' },
      passedOver: ['first', 'lead', 'boss'],
    });
  });

  it('is paused by a silence, a running cycle too, and goes on after it', () => {
    expect(run(40, (m) => ({ silenced: m >= 2 && m < 30 }))).toEqual(['0 ann', '30 bob', '30 cem']);
  });

  it('ends with the incident', () => {
    expect(run(40, (m) => ({ open: m < 4 }))).toEqual(['0 ann']);
  });
});
