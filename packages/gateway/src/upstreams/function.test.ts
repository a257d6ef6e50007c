import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvenkeelError, type PredictRequest } from '@evenkeel/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFunctionModel, loadFunctionModel } from './function.ts';
import type { Model, ModelCall } from './model.ts';
import type { ModelFunction } from './module-loader.ts';

const request: PredictRequest = {
  id: 'r',
  service: 's',
  input: { text: 'hi' },
  caller: { tenant: 't', user: 'u', tier: undefined },
  priority: 1,
  deadlineMs: 100,
  weight: 1,
  stream: false,
  signal: undefined,
  traceId: undefined,
  kind: 'live',
};
const call: ModelCall = { request, features: undefined, signal: new AbortController().signal, budgetMs: 100 };
const model = (fn: ModelFunction): Model =>
  createFunctionModel(fn, { name: 'f', version: '1', label: 'label' });

describe('a function as a model', () => {
  it('answers without a promise when it can', () => {
    expect(model(() => ({ label: 'ham' })).call(call)).toEqual({
      kind: 'value',
      model: 'f',
      version: '1',
      output: { label: 'ham' },
      label: 'ham',
    });
  });

  it('is given input, features and signal', async () => {
    const features = { values: { a: 1 }, source: 'online', ageMs: 0, missing: [] } as const;
    const seen: unknown[] = [];
    await model(async (input, context) => {
      seen.push(input, context.features, context.signal);
      return { label: 'x' };
    }).call({ ...call, features });
    expect(seen).toEqual([request.input, features, call.signal]);
  });

  it('does not touch the signal for a function that does not', () => {
    const lazy: ModelCall = {
      ...call,
      get signal(): AbortSignal {
        throw new Error('touched');
      },
    };
    expect(model(() => ({ label: 'x' })).call(lazy)).toMatchObject({ label: 'x' });
  });

  it.each<[() => unknown, string]>([
    [() => undefined, 'upstream_malformed'],
    [() => Number.NaN, 'upstream_malformed'],
    [() => () => 1, 'upstream_malformed'],
    [() => ({ no: 'label' }), 'upstream_malformed'],
    [
      () => {
        throw new Error('bug');
      },
      'upstream_error',
    ],
    [
      () => {
        throw Object.assign(new Error('too long'), { code: 'bad_request' });
      },
      'bad_request',
    ],
    [
      () => {
        throw Object.assign(new Error('no file'), { code: 'ENOENT' });
      },
      'upstream_error',
    ],
    [
      () => {
        throw new EvenkeelError('shed');
      },
      'shed',
    ],
  ] as const)('fails as %s: %s, now or later', async (fn, code) => {
    expect(() => model(fn).call(call)).toThrow(expect.objectContaining({ code }));
    await expect(model(async () => fn()).call(call)).rejects.toMatchObject({ code });
  });
});

describe('a module as a model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-module-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function load(name: string, text: string): Promise<unknown> {
    const file = join(folder, name);
    await writeFile(file, text);
    const loaded = await loadFunctionModel(file, { by: 3 }, { name: 'm', version: '1' });
    return loaded.call(call);
  }

  it('is made by its createModel with the options of the file', async () => {
    const text = 'export async function createModel({ by }) { return (input) => ({ by, input }); }';
    expect(await load('good.mjs', text)).toMatchObject({ output: { by: 3, input: { text: 'hi' } } });
  });

  it.each([
    ['none.mjs', 'export const x = 1;', /exports no function createModel/],
    ['shape.mjs', 'export const createModel = () => 1;', /returned no function/],
    ['throws.mjs', 'export const createModel = () => { throw new Error("no weights"); };', /no weights/],
    ['syntax.mjs', 'export const = ;', /model m:/],
  ])('is refused when it is not of the shape: %s', async (name, text, message) => {
    const loading = load(name, text);
    await expect(loading).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(loading).rejects.toThrow(message);
  });
});
