import { expect, it } from 'vitest';
import { request, thrown } from './rungs.test.rig.ts';
import { staticOutput } from './static-output.ts';

it('gives the same answer to everybody', () => {
  const rung = staticOutput({ output: { label: 'unsure' }, label: 'unsure', confidence: 0.5, score: 2 });
  expect(rung(request('anything'))).toBe(rung(request(undefined)));
  expect(rung(request(1))).toMatchObject({
    output: { label: 'unsure' },
    label: 'unsure',
    confidence: 0.5,
    score: 2,
  });
});

it('takes null for an answer, but not nothing', () => {
  expect(staticOutput({ output: null })(request(1)).output).toBeNull();
  expect(thrown(() => staticOutput({}))).toContain('with.output');
  expect(thrown(() => staticOutput({ output: 1, confidence: 2 }))).toContain('with.confidence');
});
