import { describe, expect, it } from 'vitest';
import type { QueueItem } from '../../api/wire.ts';
import { leftOf, offeredVerdicts } from './verdicts.ts';

const item = (id: string, changes: Partial<QueueItem> = {}): QueueItem => ({
  id,
  service: 'm',
  kind: 'hold',
  requestId: `req-${id}`,
  tenant: 't',
  createdAt: 0,
  reason: '',
  content: {},
  state: 'waiting',
  ...changes,
});

describe('verdicts on offer', () => {
  it('keep their keys, whatever was chosen how often', () => {
    const decided = ['spam', 'spam', 'ham', 'block'].map((verdict, i) => item(`d${i}`, { verdict }));
    expect(offeredVerdicts(item('1'), decided)).toEqual(['allow', 'block', 'ham', 'spam']);
    expect(offeredVerdicts(item('2', { label: 'phish' }), decided)).toEqual([
      'allow',
      'block',
      'ham',
      'spam',
      'phish',
    ]);
  });

  it('are not those of another service', () => {
    expect(offeredVerdicts(item('1'), [item('d', { service: 'other', verdict: 'odd' })])).toEqual([
      'allow',
      'block',
    ]);
  });
});

describe('what is left to decide', () => {
  it('leaves out what was decided here, and puts what was skipped at the end', () => {
    const items = ['a', 'b', 'c', 'd'].map((id) => item(id));
    expect(leftOf(items, new Set(['b']), ['a', 'gone']).map(({ id }) => id)).toEqual(['c', 'd', 'a']);
  });
});
