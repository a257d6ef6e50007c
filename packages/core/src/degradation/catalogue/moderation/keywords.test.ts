import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../kernel/random.ts';
import { accuracy, request, thrown } from '../rungs.test.rig.ts';
import { block } from './block.ts';
import { keywords } from './keywords.ts';

const rung = keywords({
  patterns: [
    { match: 'free money', weight: 2 },
    { match: 'prize', weight: 0.6, repeat: 2 },
    { match: 'meeting', weight: -1 },
  ],
  label: 'spam',
  otherwise: 'ham',
  fields: ['subject', 'text'],
});

describe('keywords', () => {
  it('adds weights up and tells what it found', () => {
    expect(rung(request({ subject: 'Free money', text: 'for the meeting' }))).toMatchObject({
      label: 'spam',
      score: 1,
      confidence: 0.5,
      output: { matched: ['free money', 'meeting'] },
    });
    expect(rung(request('a meeting'))).toMatchObject({ label: 'ham', score: -1 });
  });

  it('counts a pattern again only as often as the data say', () => {
    expect(rung(request('prize prize prize prize')).score).toBeCloseTo(1.2);
  });

  it('is surer the farther the sum is from the threshold', () => {
    const sure = rung(request('free money prize')).confidence ?? 0;
    const unsure = rung(request('prize prize')).confidence ?? 0;
    expect(sure).toBeGreaterThan(unsure);
    expect(unsure).toBeGreaterThan(0.5);
  });

  it('says what it expects of the input and of the data', () => {
    expect(thrown(() => rung(request({ body: 'x' })))).toBe(
      'bad_request: input: expected text, or an object with subject or text, got an object',
    );
    expect(thrown(() => rung(request({ text: 5 })))).toContain('input.text: expected text');
    expect(thrown(() => keywords({ patterns: [{ match: 'a', weigth: 1 }] }))).toContain('perhaps weight');
    expect(thrown(() => keywords({ patterns: [{ match: '(a+)+' }] }))).toContain('no regular expressions');
  });

  it('reads only so much of a long text', () => {
    const short = keywords({ patterns: [{ match: 'free' }], max_chars: 10 });
    expect(short(request(`0123456789 free`)).label).toBe('ok');
  });

  it('beats blocking everything on generated messages', () => {
    const random = seededRandom(3);
    const messages = Array.from({ length: 400 }, () => {
      const spam = random() < 0.3;
      const words = Array.from({ length: 12 }, () => `word${Math.floor(random() * 50)}`);
      if (random() < (spam ? 0.8 : 0.05)) words.push('free', 'money');
      return { text: words.join(' '), spam };
    });
    const score = (handler: typeof rung): number =>
      accuracy(
        handler,
        messages,
        ({ text }) => ({ text }),
        ({ spam }, { label }) => ((label === 'spam' || label === 'block') === spam ? 1 : 0),
      );
    expect(score(rung)).toBeGreaterThan(0.85);
    expect(score(block({}))).toBeLessThan(0.4);
  });
});

it('block lets nothing pass, whatever comes', () => {
  const closed = block(undefined);
  for (const input of [undefined, null, '', { text: 'fine' }]) {
    expect(closed(request(input))).toMatchObject({ label: 'block', model: 'builtin:block' });
  }
  expect(block({ label: 'spam' })(request('x')).label).toBe('spam');
});
