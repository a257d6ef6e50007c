import { describe, expect, it } from 'vitest';
import { backoffMs, eventParser, follows } from './events.ts';

describe('the reader of event streams', () => {
  it('puts events together from pieces cut anywhere', () => {
    const text =
      'retry: 1000\n: 105\n\nid: 106\nevent: objectives\ndata: ""\n\nid: 107\nevent: services\ndata: "a"\n\n';
    for (let cut = 1; cut < 9; cut++) {
      const parser = eventParser();
      const found = [];
      for (let at = 0; at < text.length; at += cut) found.push(...parser.push(text.slice(at, at + cut)));
      expect(found).toEqual([
        { id: '106', event: 'objectives', data: '""' },
        { id: '107', event: 'services', data: '"a"' },
      ]);
      expect(parser.retryMs()).toBe(1_000);
    }
  });

  it('takes all three kinds of line ends, and joins data of several lines', () => {
    expect(eventParser().push('data: a\r\ndata: b\r\n\r\ndata:c\r\rdata')).toEqual([
      { id: '', event: 'message', data: 'a\nb' },
      { id: '', event: 'message', data: 'c' },
    ]);
  });

  it('tells a hole in the sequence from the next event', () => {
    expect(follows(undefined, 7)).toBe(true);
    expect(follows(7, 8)).toBe(true);
    expect(follows(7, 9)).toBe(false);
    // A server that started anew counts from the beginning.
    expect(follows(7, 1)).toBe(false);
  });

  it('waits longer each time, and never for ever', () => {
    expect(backoffMs(0, 1_000, 0.5)).toBe(1_000);
    expect(backoffMs(3, 1_000, 0.5)).toBe(8_000);
    expect(backoffMs(50, 1_000, 1)).toBe(45_000);
  });
});
