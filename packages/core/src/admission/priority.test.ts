import { describe, expect, it } from 'vitest';
import { PRIORITY_RULES, type PriorityRule, type PrioritySubject, priorityOf } from './priority.ts';

function subject(
  part: Partial<PrioritySubject> & { headers?: Record<string, string> } = {},
): PrioritySubject {
  const { headers = {}, ...rest } = part;
  return { header: (name) => headers[name], tier: undefined, knownUser: false, input: {}, ...rest };
}

describe('priorityOf', () => {
  it.each([
    ['a safety-critical input', subject({ input: { is_safety_critical: true } }), 0, 'safety_critical'],
    ['a high-value input', subject({ input: { is_high_value: true }, knownUser: true }), 0, 'high_value'],
    ['a premium user', subject({ tier: 'Premium', knownUser: true }), 1, 'premium'],
    ['a known user', subject({ knownUser: true }), 2, 'logged_in'],
    ['nobody', subject(), 3, 'anonymous'],
    [
      'background work of a premium user',
      subject({ tier: 'premium', input: { is_background: true } }),
      3,
      'background',
    ],
    ['a field that says no', subject({ input: { is_safety_critical: false } }), 3, 'anonymous'],
  ])('gives the class of %s', (_name, who, priority, reason) => {
    expect(priorityOf(who, PRIORITY_RULES)).toEqual({ priority, reason });
  });

  it('does not believe the input unless rules say so', () => {
    expect(priorityOf(subject({ input: { is_safety_critical: true } }))).toEqual({
      priority: 3,
      reason: 'anonymous',
    });
  });

  it('takes the first rule that matches, and needs all of its conditions', () => {
    const rules: PriorityRule[] = [
      {
        name: 'big payments',
        when: [
          { kind: 'field', path: ['payment', 'amount'], atLeast: 1000 },
          { kind: 'header', name: 'X-Channel', values: ['card'] },
        ],
        priority: 0,
      },
      { name: 'any channel', when: [{ kind: 'header', name: 'x-channel' }], priority: 1 },
    ];
    const headers = { 'x-channel': ' CARD ' };
    expect(priorityOf(subject({ headers, input: { payment: { amount: 1000 } } }), rules).reason).toBe(
      'big payments',
    );
    expect(priorityOf(subject({ headers, input: { payment: { amount: 999 } } }), rules).reason).toBe(
      'any channel',
    );
    expect(priorityOf(subject({ headers, input: { payment: { amount: '5000' } } }), rules).reason).toBe(
      'any channel',
    );
    expect(priorityOf(subject({ input: { payment: { amount: 1000 } } }), rules)).toEqual({
      priority: 3,
      reason: 'no_rule',
    });
  });

  it('sees own fields only, and survives any input', () => {
    const rules: PriorityRule[] = [
      { name: 'x', when: [{ kind: 'field', path: ['constructor'] }], priority: 0 },
    ];
    for (const input of [{}, [], null, undefined, 'text', 7]) {
      expect(priorityOf(subject({ input }), rules).priority).toBe(3);
    }
  });
});
