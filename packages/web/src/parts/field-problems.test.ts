import { describe, expect, it } from 'vitest';
import { fieldProblems } from './field-problems.ts';

describe('what the API says of a form', () => {
  it('is sorted to its fields', () => {
    expect(
      fieldProblems(
        'body.reason: Too small: expected string to have >=1 characters; body.order.rung: required; body: odd',
      ),
    ).toEqual({
      fields: {
        reason: 'Too small: expected string to have >=1 characters',
        'order.rung': 'required',
      },
      rest: 'odd',
    });
  });

  it('keeps what belongs to no field', () => {
    expect(fieldProblems('AI-1 is resolved (from here: reopen)')).toEqual({
      fields: {},
      rest: 'AI-1 is resolved (from here: reopen)',
    });
  });
});
