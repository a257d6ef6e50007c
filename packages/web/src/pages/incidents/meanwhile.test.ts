import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../api/wire.ts';
import { meanwhile } from './meanwhile.ts';

const entry = (text: string, automatic: boolean): TimelineEntry => ({
  at: 0,
  by: automatic ? 'evenkeel' : 'ann',
  automatic,
  kind: 'note',
  text,
  decisive: false,
  link: undefined,
});

describe('what happened meanwhile', () => {
  it('is what people did, not what machines noted', () => {
    const seen = { timeline: [entry('detected', true)] };
    const now = { timeline: [...seen.timeline, entry('seen again', true), entry('acknowledged', false)] };
    expect(meanwhile(seen, now).map(({ text }) => text)).toEqual(['acknowledged']);
    expect(meanwhile(seen, { timeline: [...seen.timeline, entry('seen again', true)] })).toEqual([]);
  });
});
