import { ERRORS, EvenkeelError } from '@evenkeel/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorBody, headerText } from './reply.ts';

describe('headerText', () => {
  it('is always a legal header value of bounded length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 500 })), (text) => {
        expect(headerText(text)).toMatch(/^([\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?)?$/);
      }),
    );
    expect(headerText('a\r\nb: c')).toBe('a b: c');
  });
});

describe('errorBody', () => {
  it.each(Object.keys(ERRORS).filter((code): code is keyof typeof ERRORS => code in ERRORS))(
    '%s has the shape of each protocol',
    (code) => {
      const error = new EvenkeelError(code, 'what');
      const openai = errorBody('openai', error, 'req-1');
      expect(openai).toEqual({
        error: {
          message: 'what',
          type: expect.any(String),
          param: code === 'unknown_service' ? 'model' : null,
          code: expect.any(String),
        },
      });
      const { type } = Object(Object(openai).error);
      expect(/^(invalid_request|authentication|permission|rate_limit)_error$/.test(type)).toBe(
        error.status < 500,
      );
      expect(errorBody('open_inference', error, 'req-1')).toEqual({ error: 'what' });
      expect(errorBody('json', error, 'req-1')).toEqual({
        error: { code, message: 'what', action: ERRORS[code].action, request_id: 'req-1' },
      });
    },
  );
});
