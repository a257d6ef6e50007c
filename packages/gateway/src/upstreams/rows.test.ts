import { describe, expect, it } from 'vitest';
import { parseInferRequest } from './infer.ts';
import { rowsOfInfer, tensorsOfRows } from './rows.ts';

const infer = (...inputs: object[]) => parseInferRequest({ inputs });

describe('rows of an infer request', () => {
  it('are cut along the first dimension, flat and nested data alike', () => {
    const request = infer(
      { name: 'text', shape: [2], datatype: 'BYTES', data: ['a', 'b'] },
      { name: 'x', shape: [2, 3], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] },
      {
        name: 'y',
        shape: [2, 1, 2],
        datatype: 'INT8',
        data: [[[1, 2]], [[3, 4]]],
      },
    );
    expect(rowsOfInfer(request)).toEqual([
      { text: 'a', x: [1, 2, 3], y: [[1, 2]] },
      { text: 'b', x: [4, 5, 6], y: [[3, 4]] },
    ]);
  });

  it('are none where the inputs do not agree, or have no dimension', () => {
    expect(
      rowsOfInfer(
        infer(
          { name: 'a', shape: [1], datatype: 'BYTES', data: ['a'] },
          { name: 'b', shape: [2], datatype: 'INT8', data: [1, 2] },
        ),
      ),
    ).toBeUndefined();
    expect(rowsOfInfer(infer({ name: 'a', shape: [], datatype: 'BYTES', data: ['a'] }))).toBeUndefined();
  });

  it.each([
    ['no rows', [0, 3], [], /no rows/],
    ['more than are asked one by one', [1_001], Array.from({ length: 1_001 }, () => 1), /at most 1000/],
    ['a shape that is vast and holds nothing', [1_000_000_000, 0], [], /at most 1000/],
    ['data that do not fill the shape', [2, 2], [1, 2, 3], /3 elements do not fill \[2, 2\]/],
  ])('are refused: %s', (_, shape, data, message) => {
    const request = infer({ name: 'x', shape, datatype: 'INT8', data });
    expect(() => rowsOfInfer(request)).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringMatching(message) }),
    );
  });
});

describe('answers to rows', () => {
  it('become one tensor per field, rows first', () => {
    expect(
      tensorsOfRows([
        { label: 'ham', p: [0.9, 0.1] },
        { label: 'spam', p: [0.25, 0.75] },
      ]),
    ).toEqual([
      { name: 'label', shape: [2], datatype: 'BYTES', data: ['ham', 'spam'] },
      { name: 'p', shape: [2, 2], datatype: 'FP64', data: [0.9, 0.1, 0.25, 0.75] },
    ]);
  });

  it('that differ in form keep their place: rows of unequal length go as JSON text, what is missing as null', () => {
    expect(tensorsOfRows([{ words: ['a'] }, { words: ['b', 'c'] }, 'held'])).toEqual([
      { name: 'words', shape: [3], datatype: 'BYTES', data: ['["a"]', '["b","c"]', 'null'] },
      { name: 'output', shape: [3], datatype: 'BYTES', data: ['null', 'null', 'held'] },
    ]);
  });
});
