import { describe, expect, it } from 'vitest';
import { createEntityReader, MAX_ENTITY_LENGTH } from './entities.ts';

describe('createEntityReader', () => {
  const read = createEntityReader({ sender: 'input.mail.sender', account: 'input.accounts.0' });

  it('takes strings and numbers by path, through arrays too', () => {
    expect(read({ mail: { sender: 'a@b' }, accounts: [7, 8] })).toEqual({
      entities: { sender: 'a@b', account: 7 },
      reason: 'ok',
    });
  });

  it.each([
    [{ accounts: [7] }, 'input.mail.sender is absent'],
    [undefined, 'input.mail.sender is absent'],
    ['text', 'input.mail.sender is absent'],
    [{ mail: { sender: null } }, 'input.mail.sender is absent'],
    [{ mail: { sender: '' } }, 'input.mail.sender is absent'],
    [{ mail: { sender: ['a'] } }, 'input.mail.sender is neither a string nor a number'],
    [{ mail: { sender: true } }, 'input.mail.sender is neither a string nor a number'],
    [{ mail: { sender: Number.NaN } }, 'input.mail.sender is not a finite number'],
    [
      { mail: { sender: 'x'.repeat(MAX_ENTITY_LENGTH + 1) } },
      'input.mail.sender is longer than 256 characters',
    ],
    [{ mail: { sender: 'a' }, accounts: [] }, 'input.accounts.0 is absent'],
  ])('refuses %j', (input, reason) => {
    expect(read(input)).toEqual({ entities: undefined, reason });
  });

  it.each([
    ['string', 'a', undefined],
    ['string', 7, 'input.e is not a string'],
    ['integer', 7, undefined],
    ['integer', 7.5, 'input.e is not an integer'],
    ['integer', '7', 'input.e is not an integer'],
    ['number', 7.5, undefined],
    ['number', '7', 'input.e is not a number'],
  ] as const)('takes only the declared type: %s, %j', (type, e, reason) => {
    const typed = createEntityReader({ e: { path: 'input.e', type } });
    expect(typed({ e })).toEqual(
      reason === undefined ? { entities: { e }, reason: 'ok' } : { entities: undefined, reason },
    );
  });

  it('does not follow prototypes', () => {
    expect(createEntityReader({ e: 'input.constructor.name' })({}).entities).toBeUndefined();
    expect(createEntityReader({ e: 'input.text.length' })({ text: 'abc' }).entities).toBeUndefined();
  });

  it.each(['sender', 'input', 'input.', 'input..sender', 'output.sender', ''])(
    'refuses the path "%s"',
    (path) => {
      expect(() => createEntityReader({ sender: path })).toThrowError(/features\.entities\.sender/);
    },
  );

  it('wants at least one entity', () => {
    expect(() => createEntityReader({})).toThrowError(/at least one/);
  });
});
