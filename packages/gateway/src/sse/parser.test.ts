import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SSE_DONE, sseComment, sseData } from './encode.ts';
import { createSseParser, type SseEvent } from './parser.ts';

function parse(pieces: readonly Buffer[], maxChars?: number): SseEvent[] {
  const events: SseEvent[] = [];
  const parser = createSseParser((event) => events.push(event), maxChars);
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return events;
}

const data = (text: string): string[] => parse([Buffer.from(text)]).map((event) => event.data);

describe('server-sent events', () => {
  it('end lines with LF, CR or CRLF', () => {
    expect(data('data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\n\n')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pass over comments, unknown fields and events without data', () => {
    expect(data(': ping\n\nid: 1\nretry: 5\nevent: x\n\nnothing\ndata: a\nwhat: ever\n\n')).toEqual(['a']);
  });

  it('join data lines, take one space off, and know a field without a colon', () => {
    expect(data('data: a\ndata:  b\ndata\ndata:c\n\n')).toEqual(['a\n b\n\nc']);
  });

  it('carry the type of their own event only', () => {
    expect(parse([Buffer.from('event: error\ndata: a\n\ndata: b\n\n')])).toEqual([
      { data: 'a', type: 'error' },
      { data: 'b', type: 'message' },
    ]);
  });

  it('may begin with a byte order mark', () => {
    expect(data('\uFEFFdata: a\n\n')).toEqual(['a']);
  });

  it('are told even when the stream ends without the blank line', () => {
    expect(data('data: [DONE]\n')).toEqual(['[DONE]']);
    expect(data('data: [DONE]')).toEqual(['[DONE]']);
  });

  it('come out the same however the bytes are cut', () => {
    const line = fc.constantFrom(
      'data: ä€😀',
      'data: {"a":1}',
      'data:',
      ': note',
      'event: error',
      '',
      '',
      'id: 3',
    );
    const ending = fc.constantFrom('\n', '\r', '\r\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, ending), { maxLength: 20 }),
        fc.array(fc.nat(40), { maxLength: 30 }),
        (lines, sizes) => {
          const bytes = Buffer.from(lines.flat().join(''));
          const pieces: Buffer[] = [];
          let at = 0;
          for (const size of sizes) {
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          pieces.push(bytes.subarray(at));
          expect(parse(pieces)).toEqual(parse([bytes]));
        },
      ),
    );
  });

  it('survive their own encoding', () => {
    const value = { text: 'a\nb\r\n: data: ü' };
    const events = data(`${sseComment('level\nfull')}${sseData(value)}${SSE_DONE}`);
    expect(events).toEqual([JSON.stringify(value), '[DONE]']);
  });

  it('are bounded, in one line and over many', () => {
    const long = Buffer.from(`data: ${'x'.repeat(100)}`);
    expect(() => parse([long], 50)).toThrow(/longer than 50 characters/);
    expect(() => parse([Buffer.from(`data: ${'x'.repeat(30)}\n`.repeat(3))], 50)).toThrow(RangeError);
    expect(() => parse([Buffer.from(`data: ${'x'.repeat(30)}\n\n`.repeat(9))], 50)).not.toThrow();
  });

  it('cost the same per byte when a long line comes in drops', () => {
    const drop = Buffer.from('x');
    const time = (drops: number): number => {
      const parser = createSseParser(() => {});
      parser.push(Buffer.from('data: '));
      const startedAt = performance.now();
      for (let i = 0; i < drops; i++) parser.push(drop);
      parser.push(Buffer.from('\n\n'));
      return performance.now() - startedAt;
    };
    // The least of several: other work on the machine only ever adds.
    const least = (drops: number): number => Math.min(...[1, 2, 3].map(() => time(drops)));
    least(20_000);
    // Quadratic work would take 64 times as long for 8 times the bytes.
    expect(least(400_000)).toBeLessThan(32 * Math.max(1, least(50_000)));
  });
});
