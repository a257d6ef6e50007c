import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFunctionSource, loadModuleSource } from './module-source.ts';
import type { EntityKey } from './source.ts';

const signal = new AbortController().signal;
const a: EntityKey = { key: 'a', values: { sender: 'a' } };
const b: EntityKey = { key: 'b', values: { sender: 'b' } };

describe('createFunctionSource', () => {
  it('takes values, and reports those that are expected and not there', async () => {
    const source = createFunctionSource(
      (entities, context) => (entities.sender === 'a' ? { seen: context.budgetMs, share: null } : undefined),
      { names: ['seen', 'first'] },
    );
    expect(await source.fetch([a, b], signal, 60)).toEqual([
      {
        values: [
          { name: 'seen', value: 60, status: 'present', eventTime: undefined },
          { name: 'share', value: null, status: 'null', eventTime: undefined },
          { name: 'first', value: null, status: 'null', eventTime: undefined },
        ],
      },
      {
        values: [
          { name: 'seen', value: null, status: 'not_found', eventTime: undefined },
          { name: 'first', value: null, status: 'not_found', eventTime: undefined },
        ],
      },
    ]);
  });

  it('fails an entity alone, and the batch when all fail', async () => {
    const source = createFunctionSource(async ({ sender }) => {
      if (sender === 'a') throw new Error('no a');
      return sender === 'b' ? { seen: 1 } : [1];
    });
    const [first, second, third] = await source.fetch(
      [a, b, { key: 'c', values: { sender: 'c' } }],
      signal,
      60,
    );
    expect(first?.failed).toBe('no a');
    expect(second?.failed).toBeUndefined();
    expect(third?.failed).toContain('neither an object');
    await expect(source.fetch([a], signal, 60)).rejects.toThrowError('no a');
  });
});

describe('loadModuleSource', () => {
  let folder = '';
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'module-source-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('hands the options to createFeatures and the entities to what it returns', async () => {
    const file = await write(
      'good.mjs',
      'export const createFeatures = async (options) => (entities) => ({ text: options.greeting + entities.sender });',
    );
    const source = await loadModuleSource(file, { greeting: 'hello ' });
    const [row] = await source.fetch([a], signal, 60);
    expect(row?.values).toEqual([
      { name: 'text', value: 'hello a', status: 'present', eventTime: undefined },
    ]);
    expect(await source.healthy(signal)).toBe(true);
  });

  it.each([
    ['empty.mjs', 'export {};', 'exports no function createFeatures'],
    ['broken.mjs', 'export const = 1;', 'features.module:'],
    [
      'throws.mjs',
      'export const createFeatures = () => { throw new Error("no disk"); };',
      'createFeatures: no disk',
    ],
    ['wrong.mjs', 'export const createFeatures = () => 7;', 'createFeatures returned no function'],
  ])('refuses %s', async (name, text, message) => {
    await expect(loadModuleSource(await write(name, text))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(message),
    });
  });

  it('refuses a file that is not there', async () => {
    await expect(loadModuleSource(join(folder, 'none.mjs'))).rejects.toThrowError(/none\.mjs/);
  });
});
