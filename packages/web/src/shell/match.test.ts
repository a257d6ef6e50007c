import { describe, expect, it } from 'vitest';
import { type Findable, find, fit } from './match.ts';

const things: readonly Findable[] = [
  'Objectives',
  'On call',
  'moderation / latency-p95',
  'Incidents',
  'Settings',
].map((title) => ({ title, kind: 'page', run: () => {} }));
const titles = (words: string): string[] => find(words, things, 3).map(({ title }) => title);

describe('the palette', () => {
  it('finds by beginnings of words before letters in between', () => {
    expect(titles('oc')[0]).toBe('On call');
    expect(titles('ob')[0]).toBe('Objectives');
    expect(titles('p95')[0]).toBe('moderation / latency-p95');
  });

  it('finds nothing for letters that are not there in order', () => {
    expect(fit('zz', 'Incidents')).toBeUndefined();
    expect(fit('tni', 'Incidents')).toBeUndefined();
  });

  it('shows everything, up to the most, while nothing is typed', () => {
    expect(titles('')).toHaveLength(3);
  });
});
