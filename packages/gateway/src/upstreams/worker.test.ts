import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PredictRequest } from '@evenkeel/core';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelCall } from './model.ts';
import { createWorkerModel, type WorkerModel, type WorkerModelOptions } from './worker.ts';

const MODEL = `
export async function createModel(options) {
  if (options.loadMs) await new Promise((done) => setTimeout(done, options.loadMs));
  if (options.unloadable) throw new Error('no weights');
  let calls = 0;
  return (input, { features, signal }) => {
    calls += 1;
    switch (input.do) {
      case 'crash': setTimeout(() => { throw new Error('segfault'); }, 0); return new Promise(() => {});
      case 'exit': process.exit(3);
      case 'hang': for (;;);
      case 'compute': { const until = Date.now() + input.ms; while (Date.now() < until); return { calls }; }
      case 'wait': return new Promise((done) => {
        const timer = setTimeout(() => done({ calls }), input.ms);
        signal.addEventListener('abort', () => { clearTimeout(timer); done({ aborted: true }); });
      });
      case 'throw': throw new Error('bug');
      case 'refuse': throw Object.assign(new Error('too long'), { code: 'bad_request' });
      case 'nothing': return undefined;
      case 'function': return () => 1;
      default: return { calls, input, features: features?.values };
    }
  };
}
`;

let folder: string;
let hostFile: string;
let module: string;
const models: WorkerModel[] = [];

/** Threads take no TypeScript on Node 20: the source under test is stripped of its types first. */
async function strip(name: string): Promise<void> {
  const source = await readFile(new URL(`./${name}.ts`, import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  await writeFile(join(folder, `${name}.js`), outputText);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-worker-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await Promise.all(['worker-host', 'module-loader'].map(strip));
  hostFile = join(folder, 'worker-host.js');
  module = join(folder, 'model.mjs');
  await writeFile(module, MODEL);
});
afterEach(async () => {
  await Promise.all(models.splice(0).map((model) => model.close()));
});
afterAll(() => rm(folder, { recursive: true }));

const realTime = {
  clock: { now: () => performance.now(), wall: () => Date.now() },
  timers: {
    after(ms: number, fn: () => void) {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  },
  random: Math.random,
};

function start(moduleOptions: object = {}, options: Partial<WorkerModelOptions> = {}): WorkerModel {
  const model = createWorkerModel(
    { name: 'w', version: '1', module, moduleOptions, hostFile, restartMs: 20, ...options },
    realTime,
  );
  models.push(model);
  return model;
}

function calling(input: unknown, signal: AbortSignal = new AbortController().signal): ModelCall {
  const request: PredictRequest = {
    id: 'r',
    service: 's',
    input,
    caller: { tenant: 't', user: 'u', tier: undefined },
    priority: 1,
    deadlineMs: 1_000,
    weight: 1,
    stream: false,
    signal: undefined,
    traceId: undefined,
    kind: 'live',
  };
  return { request, features: undefined, signal, budgetMs: 1_000 };
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (what()) return;
    await new Promise((next) => setTimeout(next, 5));
  }
  throw new Error('it never came to be');
}

async function ready(model: WorkerModel): Promise<WorkerModel> {
  await until(() => model.snapshot().state === 'ready');
  return model;
}

const noSignal = new AbortController().signal;

describe('a model in a thread', () => {
  it('loads in the background: until then calls are turned down at once', async () => {
    const startedAt = performance.now();
    const model = start({ loadMs: 150 });
    expect(performance.now() - startedAt).toBeLessThan(100);
    await expect(model.call(calling({}))).rejects.toMatchObject({
      code: 'upstream_error',
      message: 'worker: still loading',
    });
    await expect(model.healthy(noSignal)).rejects.toThrow('worker: starting');
    await ready(model);
    expect(await model.healthy(noSignal)).toBe(true);
    expect(model.snapshot()).toMatchObject({ state: 'ready', busy: 0, restarts: 0, lastError: undefined });
    expect(model.snapshot().threadId).toBeGreaterThan(0);
  });

  it('answers by id, with input and features across the boundary', async () => {
    const model = await ready(start({}, { concurrency: 8 }));
    const features = { values: { a: 1 }, source: 'online', ageMs: 0, missing: [] } as const;
    expect(await model.call({ ...calling({ x: 1 }), features })).toEqual({
      kind: 'value',
      model: 'w',
      version: '1',
      output: { calls: 1, input: { x: 1 }, features: { a: 1 } },
    });
    const slow = model.call(calling({ do: 'wait', ms: 60 }));
    const quick = await model.call(calling({ x: 2 }));
    expect(quick).toMatchObject({ output: { input: { x: 2 } } });
    expect(await slow).toMatchObject({ output: { calls: 3 } });
  });

  it.each([
    ['throw', 'upstream_error', 'bug'],
    ['refuse', 'bad_request', 'too long'],
    ['nothing', 'upstream_malformed', 'the model returned nothing'],
    ['function', 'upstream_malformed', /could not be cloned/],
  ])('fails one call alone: %s', async (what, code, message) => {
    const model = await ready(start());
    await expect(model.call(calling({ do: what }))).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect(await model.call(calling({}))).toMatchObject({ kind: 'value' });
    expect(model.snapshot()).toMatchObject({ busy: 0, restarts: 0 });
  });

  it('never sees a call whose caller left while it waited', async () => {
    const model = await ready(start());
    const first = model.call(calling({ do: 'compute', ms: 60 }));
    const leaving = new AbortController();
    const second = model.call(calling({}, leaving.signal));
    const third = model.call(calling({}));
    expect(model.snapshot()).toMatchObject({ busy: 1, queued: 2 });
    leaving.abort();
    await expect(second).rejects.toMatchObject({ code: 'client_closed' });
    expect(model.snapshot()).toMatchObject({ busy: 1, queued: 1 });
    await first;
    expect(await third).toMatchObject({ output: { calls: 2 } });
  });

  it('tells a running call that its caller left, and is busy until it has listened', async () => {
    const model = await ready(start());
    const leaving = new AbortController();
    const gone = model.call(calling({ do: 'wait', ms: 5_000 }, leaving.signal));
    await new Promise((next) => setTimeout(next, 30));
    leaving.abort();
    await expect(gone).rejects.toMatchObject({ code: 'client_closed' });
    expect(model.snapshot().busy).toBe(1);
    await until(() => model.snapshot().busy === 0);
    expect(await model.call(calling({}))).toMatchObject({ kind: 'value' });
  });

  it('sheds what its queue has no place for', async () => {
    const model = await ready(start({}, { maxQueue: 1 }));
    const calls = [1, 2, 3].map(() => model.call(calling({ do: 'compute', ms: 20 })));
    const results = await Promise.allSettled(calls);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2]).toMatchObject({ reason: { code: 'shed' } });
  });

  it.each([
    ['crash', /segfault/],
    ['exit', /exit code 3/],
  ])('a fall fails all in flight and it comes back: %s', async (what, message) => {
    const model = await ready(start({}, { concurrency: 2 }));
    const before = model.snapshot().threadId;
    const calls = [
      model.call(calling({ do: 'wait', ms: 5_000 })),
      model.call(calling({ do: what })),
      model.call(calling({})),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'upstream_error' } });
    }
    expect(model.snapshot().lastError).toMatch(message);
    await expect(model.healthy(noSignal)).rejects.toThrow(message);
    await ready(model);
    expect(model.snapshot()).toMatchObject({ restarts: 1, busy: 0, queued: 0 });
    expect(model.snapshot().threadId).not.toBe(before);
    expect(await model.call(calling({}))).toMatchObject({ output: { calls: 1 } });
  });

  it('is ended and started anew when it gives no sign of life', async () => {
    const model = await ready(start({}, { heartbeatMs: 20, hangMs: 150 }));
    // A long computation is none of that.
    expect(await model.call(calling({ do: 'compute', ms: 90 }))).toMatchObject({ kind: 'value' });
    await expect(model.call(calling({ do: 'hang' }))).rejects.toThrow(/no sign of life/);
    await ready(model);
    expect(model.snapshot().restarts).toBe(1);
  });

  it('keeps trying, ever more slowly, while the module does not load', async () => {
    const model = start({ unloadable: true });
    await until(() => model.snapshot().restarts >= 2);
    expect(model.snapshot().lastError).toBe('the module does not load: no weights');
    await expect(model.call(calling({}))).rejects.toThrow(
      /restarting after: the module does not load: no weights/,
    );
  });

  it('gives up on a module that loads for too long', async () => {
    const model = start({ loadMs: 5_000 }, { loadMs: 100 });
    await until(() => model.snapshot().lastError !== undefined);
    expect(model.snapshot().lastError).toBe('not loaded within 100 ms');
  });

  it('ends what is in flight when it is closed, and stays closed', async () => {
    const model = await ready(start());
    const call = model.call(calling({ do: 'wait', ms: 5_000 }));
    await Promise.all([expect(call).rejects.toThrow('worker: closed'), model.close()]);
    await new Promise((next) => setTimeout(next, 60));
    expect(model.snapshot()).toMatchObject({ state: 'closed', threadId: undefined, restarts: 0 });
    await expect(model.call(calling({}))).rejects.toThrow('worker: closed');
  });

  it('is refused when its options cannot be handed to a thread', () => {
    expect(() => start({ fn: () => 1 })).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('closes while it loads, and while it waits for a restart', async () => {
    const loading = start({ loadMs: 30 });
    await loading.close();
    const failing = start({ unloadable: true }, { restartMs: 50 });
    await until(() => failing.snapshot().state === 'restarting');
    await failing.close();
    await new Promise((next) => setTimeout(next, 150));
    expect(loading.snapshot().state).toBe('closed');
    expect(failing.snapshot()).toMatchObject({ state: 'closed', restarts: 0 });
  });

  it('turns down an input that cannot cross the boundary', async () => {
    const model = await ready(start());
    await expect(model.call(calling({ fn: () => 1 }))).rejects.toMatchObject({ code: 'bad_request' });
    expect(model.snapshot().busy).toBe(0);
  });
});
