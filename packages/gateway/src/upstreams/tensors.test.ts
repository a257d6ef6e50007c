import { EvenkeelError } from '@evenkeel/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inferOfPrediction, looksLikeInfer, parseInferRequest, plainOfInfer } from './infer.ts';
import { plainOf, plainOfTensors, tensorOf } from './tensors.ts';

describe('tensors', () => {
  it('take their type from their elements', () => {
    expect(tensorOf('a', [true, false]).datatype).toBe('BOOL');
    expect(tensorOf('a', [1, 2]).datatype).toBe('INT64');
    expect(tensorOf('a', [1, 2.5]).datatype).toBe('FP64');
    expect(tensorOf('a', ['x']).datatype).toBe('BYTES');
    expect(tensorOf('a', [1, 2], 'FP32')).toEqual({ name: 'a', shape: [2], datatype: 'FP32', data: [1, 2] });
  });

  it.each([
    [
      'a shape that holds nothing but says it is vast',
      { name: 'x', shape: [1_000_000_000, 0], datatype: 'BYTES', data: [] },
    ],
    [
      'many dimensions',
      { name: 'x', shape: [2, ...Array.from({ length: 30 }, () => 1)], datatype: 'BYTES', data: ['a', 'b'] },
    ],
  ])('cost no more than they hold: %s', (_, tensor) => {
    const began = performance.now();
    plainOfInfer(parseInferRequest({ inputs: [tensor] }));
    expect(performance.now() - began).toBeLessThan(200);
  });

  it('of more dimensions than can be walked are the caller’s fault', () => {
    const shape = [2, ...Array.from({ length: 20_000 }, () => 1)];
    expect(() =>
      parseInferRequest({ inputs: [{ name: 'x', shape, datatype: 'BYTES', data: ['a', 'b'] }] }),
    ).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });

  it('called __proto__ are fields', () => {
    const plain = plainOfInfer(
      parseInferRequest({ inputs: [{ name: '__proto__', shape: [2], datatype: 'INT32', data: [1, 2] }] }),
    );
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect(Object.entries(plain)).toEqual([['__proto__', [1, 2]]]);
  });

  it('send what is no string as JSON text', () => {
    expect(tensorOf('a', { b: null })).toEqual({
      name: 'a',
      shape: [1],
      datatype: 'BYTES',
      data: ['{"b":null}'],
    });
  });

  it('refuse ragged arrays, as the caller’s fault', () => {
    expect(() => tensorOf('a', [[1], [1, 2]])).toThrow(expect.objectContaining({ code: 'bad_request' }));
    expect(() => tensorOf('a', [[1], 2])).toThrow(/equally long/);
  });

  it('read nested and flat data alike', () => {
    const shape = [2, 3];
    const nested = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(plainOf({ name: 'a', shape, datatype: 'INT32', data: [1, 2, 3, 4, 5, 6] })).toEqual(nested);
    expect(plainOf({ name: 'a', shape, datatype: 'INT32', data: nested })).toEqual(nested);
    expect(plainOf({ name: 'a', shape: [1, 1], datatype: 'INT32', data: [[7]] })).toBe(7);
    expect(plainOf({ name: 'a', shape: [0], datatype: 'INT32', data: [] })).toEqual([]);
  });

  it('turn down data that does not fill the shape', () => {
    const tensor = { name: 'a', shape: [3], datatype: 'INT32', data: [1, 2] };
    expect(() => plainOfTensors([tensor], (detail) => new EvenkeelError('bad_request', detail))).toThrow(
      'tensor a: 2 elements do not fill [3]',
    );
  });

  it('give back every rectangular array of more than one element', () => {
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 4 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(fc.integer(), { minLength: columns, maxLength: columns }), {
          minLength: rows,
          maxLength: rows,
        }),
      );
    fc.assert(
      fc.property(matrix, (value) => {
        expect(plainOf(tensorOf('a', value))).toEqual(value);
      }),
    );
  });
});

describe('infer requests', () => {
  it('are told from plain input by their tensors', () => {
    expect(looksLikeInfer({ inputs: [{ name: 'a', shape: [1], datatype: 'BYTES', data: ['x'] }] })).toBe(
      true,
    );
    expect(looksLikeInfer({ inputs: ['a', 'b'] })).toBe(false);
    expect(looksLikeInfer('inputs')).toBe(false);
  });

  it('are checked, and the message names the field', () => {
    const inputs = [{ name: 'a', shape: [-1], datatype: 'BYTES', data: ['x'] }];
    expect(() => parseInferRequest({ inputs })).toThrow(/^inputs\.0\.shape\.0/);
    expect(() => parseInferRequest({ inputs: [] })).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });

  it('become plain input for models of other protocols', () => {
    const inputs = [
      { name: 'text', shape: [1], datatype: 'BYTES', data: ['hello'] },
      { name: 'n', shape: [2], datatype: 'INT32', data: [1, 2] },
    ];
    expect(plainOfInfer(parseInferRequest({ inputs }))).toEqual({ text: 'hello', n: [1, 2] });
  });
});

describe('infer responses', () => {
  const facts = { kind: 'value', model: 'primary', version: '3' } as const;

  it('pass through, under the service’s name, with what we have to say in the parameters', () => {
    const outputs = [{ name: 'y', shape: [1], datatype: 'FP32', data: [1] }];
    const output = {
      model_name: 'm',
      model_version: '9',
      id: 'theirs',
      outputs,
      parameters: { a: 1 },
      extra: 2,
    };
    expect(inferOfPrediction({ ...facts, output }, 'svc', 'ours', { level: 'full_service' })).toEqual({
      model_name: 'svc',
      model_version: '9',
      id: 'ours',
      outputs,
      parameters: { a: 1, level: 'full_service' },
      extra: 2,
    });
  });

  it('are made of anything else', () => {
    expect(inferOfPrediction({ ...facts, output: { label: 'ham' } }, 'svc', undefined, {})).toEqual({
      model_name: 'svc',
      model_version: '3',
      parameters: {},
      outputs: [{ name: 'label', shape: [1], datatype: 'BYTES', data: ['ham'] }],
    });
    expect(inferOfPrediction({ ...facts, output: [1, 2] }, 'svc', undefined, {}).outputs[0]?.name).toBe(
      'output',
    );
  });
});
