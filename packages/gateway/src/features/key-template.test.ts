import { describe, expect, it } from 'vitest';
import { compileKeyTemplate } from './key-template.ts';

describe('compileKeyTemplate', () => {
  it.each([
    ['sender:{sender}', 'sender:a@b'],
    ['{sender}', 'a@b'],
    ['x:{{{sender}}}:h', 'x:{a@b}:h'],
    ['{sender}/{sender}', 'a@b/a@b'],
  ])('fills %s', (template, key) => {
    expect(compileKeyTemplate(template, ['sender'])({ key: 'k', values: { sender: 'a@b' } })).toBe(key);
  });

  it('fills in several entities, numbers too', () => {
    const keyOf = compileKeyTemplate('{shop}:{user}', ['user', 'shop']);
    expect(keyOf({ key: 'k', values: { user: 'u{shop}', shop: 7 } })).toBe('7:u{shop}');
  });

  it.each([
    ['sender:{sendr}', '{sendr} is no entity; there is sender'],
    ['sender', '{sender} is missing'],
    ['sender:{sender', 'a brace has no partner'],
    ['sender}:{sender}', 'a brace has no partner'],
    ['{}:{sender}', '{} is no entity'],
  ])('refuses %s', (template, message) => {
    expect(() => compileKeyTemplate(template, ['sender'])).toThrowError(message);
  });
});
