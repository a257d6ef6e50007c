import { loadServiceFile, type ServiceConfig } from '@evenkeel/config';
import {
  Canceller,
  fakeClock,
  type PredictRequest,
  type RungContext,
  type RungHandler,
} from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import type { Model, ModelMetadata } from '../upstreams/index.ts';
import { openInferenceFace, rowByRow, rowsOf } from './open-inference-face.ts';

function config(models: object, extra: object = {}): ServiceConfig {
  const file = {
    evenkeel: 1,
    service: 's',
    type: 'custom',
    owner: 'o',
    models,
    ladder: [{ level: 'full_service', model: 'm', budget: '100ms' }],
    ...extra,
  };
  const loaded = loadServiceFile(JSON.stringify(file), { path: 's.yaml', env: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ at, message }) => `${at} ${message}`).join('\n'));
  return loaded.service;
}

const tensorModel = { m: { version: '1', open_inference: { url: 'http://127.0.0.1:1', model: 'up' } } };
const plainModel = { m: { version: '1', json: { url: 'http://127.0.0.1:1' } } };
const inputs = [{ name: 'text', datatype: 'BYTES', shape: [-1] }];
const outputs = [{ name: 'label', datatype: 'BYTES', shape: [-1] }];

describe('requests of several rows', () => {
  it('go to the ladder at once where the model on top is a server of the same protocol, unless the file says else', () => {
    expect(rowsOf(config(tensorModel))).toBe('whole');
    expect(rowsOf(config(plainModel))).toBe('split');
    expect(rowsOf(config(tensorModel, { open_inference: { rows: 'split' } }))).toBe('split');
    expect(rowsOf(config(plainModel, { open_inference: { rows: 'whole' } }))).toBe('whole');
  });
});

describe('metadata', () => {
  const from = (answer: () => Promise<ModelMetadata | undefined>): ReadonlyMap<string, Model> =>
    new Map([
      [
        'm',
        {
          name: 'm',
          version: '1',
          call: () => Promise.reject(new Error('not asked')),
          healthy: async () => true,
          close: async () => {},
          metadata: answer,
        },
      ],
    ]);

  it('are the model’s, asked for once a minute; what it said last while it is away', async () => {
    const clock = fakeClock();
    let asked = 0;
    let answer = (): Promise<ModelMetadata> => Promise.resolve({ inputs, outputs: [] });
    const face = openInferenceFace(
      config(tensorModel, { open_inference: { outputs } }),
      from(() => {
        asked += 1;
        return answer();
      }),
      clock,
    );
    expect(await Promise.all([face.metadata(), face.metadata()])).toEqual([
      { inputs, outputs: [] },
      { inputs, outputs: [] },
    ]);
    expect(asked).toBe(1);
    answer = () => Promise.reject(new Error('away'));
    clock.advance(60_001);
    expect(await face.metadata()).toEqual({ inputs, outputs: [] });
    expect(asked).toBe(2);
  });

  it('are the file’s where the model says nothing, and honest about not knowing where neither does', async () => {
    const clock = fakeClock();
    const said = openInferenceFace(
      config(plainModel, { open_inference: { inputs, outputs } }),
      new Map(),
      clock,
    );
    expect(await said.metadata()).toEqual({ inputs, outputs });
    const away = openInferenceFace(
      config(tensorModel, { open_inference: { inputs, outputs } }),
      from(() => Promise.reject(new Error('away'))),
      clock,
    );
    expect(await away.metadata()).toEqual({ inputs, outputs });
    const unknown = openInferenceFace(config(plainModel), new Map(), clock);
    expect((await unknown.metadata()).inputs).toEqual([{ name: 'input', datatype: 'BYTES', shape: [-1] }]);
  });
});

describe('a rung that takes one thing at a time', () => {
  const context: RungContext = {
    cancellation: new Canceller(),
    signal: new AbortController().signal,
    budgetMs: 100,
    features: undefined,
  };
  const request = (input: unknown): PredictRequest => ({
    id: 'r',
    service: 's',
    input,
    caller: { tenant: 't', user: 'u', tier: undefined },
    priority: 2,
    deadlineMs: 100,
    weight: 1,
    stream: false,
    signal: undefined,
    traceId: undefined,
    kind: 'live',
  });
  const echo: RungHandler = ({ input }) => ({
    kind: 'value',
    model: 'rules',
    version: '3',
    output: { seen: JSON.stringify(input) },
    label: 'x',
  });

  it('is asked row by row, and its answers are tensors again', async () => {
    const input = { inputs: [{ name: 'x', shape: [2, 2], datatype: 'INT8', data: [1, 2, 3, 4] }] };
    expect(await rowByRow(echo)(request(input), context)).toEqual({
      kind: 'value',
      model: 'rules',
      version: '3',
      output: {
        model_name: 'rules',
        model_version: '3',
        outputs: [{ name: 'seen', shape: [2], datatype: 'BYTES', data: ['{"x":[1,2]}', '{"x":[3,4]}'] }],
      },
    });
  });

  it('fails as a whole when a row fails', async () => {
    const input = { inputs: [{ name: 'x', shape: [2], datatype: 'INT8', data: [1, 2] }] };
    const picky: RungHandler = (asked, seen) => {
      if (JSON.stringify(asked.input).includes('2')) throw new Error('no');
      return echo(asked, seen);
    };
    await expect(Promise.resolve(rowByRow(picky)(request(input), context))).rejects.toThrow('no');
  });

  it('sees anything else as it is', async () => {
    expect(await rowByRow(echo)(request({ text: 'a' }), context)).toMatchObject({
      output: { seen: '{"text":"a"}' },
    });
  });
});
