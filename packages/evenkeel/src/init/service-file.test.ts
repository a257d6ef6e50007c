import { Readable, Writable } from 'node:stream';
import { loadServiceFile } from '@evenkeel/config';
import { describe, expect, it } from 'vitest';
import { ask } from './questions.ts';
import { type Answers, SYSTEMS, serviceFile } from './service-file.ts';

const ANSWERS: Answers = {
  service: 'triage',
  type: 'custom',
  model: 'http://127.0.0.1:9000/predict',
  standIn: 'http://127.0.0.1:9001/predict',
  owner: 'support',
};

function problems(answers: Answers): readonly unknown[] {
  const loaded = loadServiceFile(serviceFile(answers), { path: 'evenkeel.yaml', env: {} });
  return loaded.ok ? loaded.warnings : loaded.problems;
}

describe('the file that init writes', () => {
  it.each(SYSTEMS.flatMap((type) => [[type, ANSWERS.standIn] as const, [type, undefined] as const]))(
    'is a good one: %s, stand-in %s',
    (type, standIn) => expect(problems({ ...ANSWERS, type, standIn })).toEqual([]),
  );
  it.each([
    ['https://api.example.com/v1#large', 'openai:'],
    ['http://127.0.0.1:8000/v1/', 'openai:'],
    ['http://127.0.0.1:8000/v2/models/ranker', 'open_inference:'],
    ['http://127.0.0.1:8000/anything?x=1', 'json:'],
  ])('tells the protocol of %s by its address', (model, protocol) => {
    expect(serviceFile({ ...ANSWERS, model })).toContain(protocol);
    expect(problems({ ...ANSWERS, type: 'llm_chat', model })).toEqual([]);
  });
  it('takes an owner as it is written', () => {
    const owner = 'Ada "the" Countess: #1, {ops}';
    const loaded = loadServiceFile(serviceFile({ ...ANSWERS, owner }), { path: 'x', env: {} });
    expect(loaded.ok && loaded.service.owner).toBe(owner);
  });
  it.each([
    { service: 'Two Words' },
    { service: '' },
    { model: 'ftp://example.com/x' },
    { model: 'localhost' },
    { owner: '  ' },
  ])('refuses %o', (wrong) => expect(() => serviceFile({ ...ANSWERS, ...wrong })).toThrow(/expected/));
});

describe('questions', () => {
  const QUESTIONS = [
    { text: 'Name?', otherwise: 'anna', wrong: () => undefined },
    { text: 'Colour?', otherwise: undefined, wrong: (x: string) => (x === 'red' ? undefined : 'only red') },
  ];
  const sink = (): { readonly stream: Writable; readonly text: () => string } => {
    let text = '';
    const stream = new Writable({
      write(piece, _, done) {
        text += String(piece);
        done();
      },
    });
    return { stream, text: () => text };
  };
  it('asks again until the answer is one, and takes the default of an empty line', async () => {
    const { stream, text } = sink();
    expect(await ask(QUESTIONS, Readable.from(['\n\nblue\nred\n']), stream)).toEqual(['anna', 'red']);
    expect(text()).toContain('something is needed here');
    expect(text()).toContain('only red');
  });
  it('says so when the input ends', async () => {
    await expect(ask(QUESTIONS, Readable.from(['x\n']), sink().stream)).rejects.toThrow('input ended');
  });
});
