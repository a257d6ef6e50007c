import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineSplitter, type SplitLine } from './line-splitter.ts';
import { parseLine, protocolSchema } from './protocol.ts';

const split = (chunks: readonly Buffer[], longest?: number): SplitLine[] => {
  const lines: SplitLine[] = [];
  const splitter = lineSplitter((line) => lines.push(line), longest);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
};

describe('parseLine', () => {
  it('reads events, and the NaN and Infinity that Python writes', () => {
    expect(parseLine('{"t": "step", "step": 3, "loss": NaN, "gnorm": -Infinity}')).toEqual({
      kind: 'event',
      event: { t: 'step', step: 3, loss: Number.NaN, gnorm: Number.NEGATIVE_INFINITY },
    });
    expect(parseLine('{"t":"anomaly","step":1,"kind":"x","detail":"a: NaN, b"}')).toMatchObject({
      kind: 'event',
    });
    expect(parseLine('{"t":"step","step":1,"loss":null}')).toMatchObject({
      kind: 'event',
      event: { loss: Number.NaN },
    });
  });

  it('takes metrics as bare numbers or with their count', () => {
    const line = '{"t":"validation","step":10,"metrics":{"auc":0.9,"accuracy":{"value":0.8,"n":100}}}';
    expect(parseLine(line)).toMatchObject({
      event: { metrics: { auc: { value: 0.9 }, accuracy: { value: 0.8, n: 100 } } },
    });
  });

  it('tells log text, half lines and wrong types apart', () => {
    expect(parseLine('Epoch 1/10 ...')).toEqual({ kind: 'text' });
    expect(parseLine('{"t":"step","ste')).toMatchObject({ kind: 'violation', reason: /half a line/ });
    expect(parseLine('{"t":"step","step":"3","loss":1}')).toMatchObject({
      kind: 'violation',
      reason: /^step: /,
    });
    expect(parseLine('{"t":"step","step":-1,"loss":1}')).toMatchObject({ kind: 'violation' });
    expect(parseLine('{"t":"nonsense"}')).toMatchObject({ kind: 'violation' });
    expect(parseLine('{}')).toMatchObject({ kind: 'violation' });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => ['event', 'text', 'violation'].includes(parseLine(text).kind)),
    );
    fc.assert(
      fc.property(fc.json(), (text) =>
        ['event', 'text', 'violation'].includes(parseLine(`{"t":${text}}`).kind),
      ),
    );
  });

  it('has a JSON Schema', () => {
    const text = JSON.stringify(protocolSchema());
    for (const t of [
      'start',
      'step',
      'checkpoint',
      'validation',
      'anomaly',
      'stopped',
      'done',
      'validateFirst',
    ])
      expect(text).toContain(`"${t}"`);
  });
});

describe('lineSplitter', () => {
  it('gives the same lines however the bytes are cut, inside of characters too', () => {
    const text = 'eins\nzwö\n\n{"t":"ä"}\r\nlast';
    const expected = split([Buffer.from(text)]).map((line) => [line.line, line.text]);
    expect(expected).toEqual([
      [1, 'eins'],
      [2, 'zwö'],
      [4, '{"t":"ä"}'],
      [5, 'last'],
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 30, maxLength: 40 }), (sizes) => {
        const bytes = Buffer.from(text);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(split(chunks).map((line) => [line.line, line.text])).toEqual(expected);
      }),
    );
  });

  it('holds no more than the longest line, and says how much it dropped', () => {
    const chunk = Buffer.alloc(1_000, 'x');
    const lines = split([...Array.from({ length: 50 }, () => chunk), Buffer.from('\nok\n')], 4_000);
    expect(lines.map((line) => [line.text.length, line.dropped])).toEqual([
      [4_000, 46_000],
      [2, 0],
    ]);
  });
});
