import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServiceFile } from '@evenkeel/config';
import { type Answer, type Directive, EvenkeelError, type FaultSpec } from '@evenkeel/core';
import type { Queues } from '@evenkeel/store';
import { afterEach, describe, expect, it } from 'vitest';
import { realHost } from '../runtime/host.ts';
import { createReplica, type Replica } from '../runtime/replica.ts';
import { fault, request } from './faults.test.rig.ts';

// The whole serving path as a process composes it, with models of its own file: short real times.
const FILE = `evenkeel: 1
service: mail
type: custom
owner: nobody
deadline: 400ms
models:
  primary: { version: "1", module: ./primary.mjs, breaker: { policy: time, window: 10s, rate: 100%, minimum: 1000 } }
  worker: { version: "1", module: ./primary.mjs, worker: true }
ladder:
  - { rung: primary, level: full_service, model: primary, budget: 100ms }
  - { rung: hold, level: static_fallback, use: hold_for_review, with: { reason: nobody could }, quality: a person decides }
  - { rung: block, level: static_fallback, use: block, quality: not let through }
health: { every: 10s, timeout: 1s, down_after: 5, up_after: 1 }
`;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function rig(): Promise<{ replica: Replica; held: string[]; directory: string; events: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-faults-'));
  writeFileSync(
    join(directory, 'primary.mjs'),
    'export const createModel = () => async () => ({ label: "ham", score: 0.1, confidence: 0.9 });\n',
  );
  const path = join(directory, 'evenkeel.yaml');
  const loaded = loadServiceFile(FILE, { path, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const held: string[] = [];
  const events: string[] = [];
  const none = async (): Promise<never> => {
    throw new EvenkeelError('not_found', 'not here');
  };
  const queues: Queues = {
    put: async (item) => void held.push(item.requestId),
    list: async () => [],
    get: async () => undefined,
    decide: none,
    figures: none,
    sweep: async () => 0,
  };
  const stored = new Map<string, Directive>();
  const replica = createReplica(realHost(), {
    queues,
    directives: {
      put: async (directive) => void stored.set(directive.id, directive),
      remove: async (id) => stored.delete(id),
      active: async () => [...stored.values()],
    },
    onEvent: ({ what, reason }) => events.push(`${what}: ${reason}`),
    observe: () => ({ record: () => {}, see: () => {} }),
  });
  await replica.put(loaded.service, path);
  closing.push(async () => {
    await replica.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { replica, held, directory, events };
}

const ask = async (replica: Replica, id = 'r-1'): Promise<Answer> => {
  const front = replica.directory.get('mail');
  if (front === undefined) throw new Error('no service');
  return await front.serving.predict(request({ id, deadlineMs: 400 }));
};

const order = (replica: Replica, spec: FaultSpec, leaseMs = 10_000, radius = {}): Promise<Directive> =>
  replica.link.direct(
    {
      service: 'mail',
      order: { kind: 'fault', fault: fault(spec, radius) },
      owner: 'test',
      reason: 'to see',
    },
    leaseMs,
  );

const broken: FaultSpec = {
  type: 'model_failure',
  model: 'primary',
  rate: 1,
  failure: { how: 'error', status: 500 },
  unhealthy: false,
};

const until = async (done: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> => {
  const end = performance.now() + ms;
  while (!(await done())) {
    if (performance.now() > end) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('faults on a replica', () => {
  it('break, are measured, and end with their lease', async () => {
    const { replica, held } = await rig();
    expect(await ask(replica)).toMatchObject({ rung: 'primary' });
    await order(replica, broken, 300);
    expect(await ask(replica, 'r-held')).toMatchObject({
      rung: 'hold',
      reason: expect.stringContaining('chaos: status 500'),
    });
    expect(held).toEqual(['r-held']);
    await until(() => replica.faults('mail')[0]?.until !== undefined, 2_000);
    expect(await ask(replica)).toMatchObject({ rung: 'primary' });
    expect(replica.faults('mail')[0]).toMatchObject({ requests: 1, inRadius: 1, injected: 1 });
  });

  it('are lifted by hand, and survive an exchange of the file no longer than their lease', async () => {
    const { replica, directory } = await rig();
    const { id } = await order(replica, broken, 600);
    const loaded = loadServiceFile(FILE, { path: join(directory, 'evenkeel.yaml'), env: {} });
    if (!loaded.ok) throw new Error('not loaded');
    await replica.put(loaded.service, directory);
    expect(await ask(replica)).toMatchObject({ rung: 'hold' });
    await replica.link.lift(id);
    expect(await ask(replica)).toMatchObject({ rung: 'primary' });
    await order(replica, broken, 400);
    await replica.put(loaded.service, directory);
    await until(
      async () => (await ask(replica)).outcome === 'served' && replica.faults('mail')[0]?.until !== undefined,
      2_000,
    );
    expect(await ask(replica)).toMatchObject({ rung: 'primary' });
  });

  it('queue nothing for people on behalf of requests that they made up', async () => {
    const { replica, held, directory } = await rig();
    writeFileSync(join(directory, 'corpus.ndjson'), '{"input":{"text":"a"}}\n{"input":{"text":"b"}}\n');
    await order(replica, broken);
    await order(replica, {
      type: 'capacity_overload',
      pattern: { kind: 'multiple', multiple: 1, floorPerSecond: 100 },
      ceilingPerSecond: 200,
      corpus: join(directory, 'corpus.ndjson'),
      retries: undefined,
    });
    await until(() => (replica.faults('mail').find(({ injected }) => injected >= 20)?.injected ?? 0) >= 20);
    expect(await ask(replica, 'r-real')).toMatchObject({ rung: 'hold' });
    expect(held).toEqual(['r-real']);
    const [status] = await replica.link.services();
    expect(status?.figures.requests).toBe(1);
    expect((await replica.link.requests({ limit: 100 })).map(({ id }) => id)).toEqual(['r-real']);
  });

  it('make the hold queue fail, and the ladder goes on', async () => {
    const { replica, held } = await rig();
    await order(replica, broken);
    await order(replica, { type: 'store_outage' });
    expect(await ask(replica)).toMatchObject({ rung: 'block' });
    expect(held).toEqual([]);
  });

  it('kill the thread of a worker, which starts anew', async () => {
    const { replica } = await rig();
    const snapshot = async () => {
      const status = await replica.link.service('mail');
      return status?.components.find(({ name }) => name === 'worker')?.details;
    };
    await until(async () => (await snapshot())?.state === 'ready', 10_000);
    await order(replica, { type: 'worker_kill', model: 'worker', everyMs: undefined });
    await until(async () => {
      const now = await snapshot();
      return now?.restarts === 1 && now.state === 'ready';
    }, 10_000);
    expect(replica.faults('mail')[0]?.injected).toBe(1);
  }, 20_000);

  it.each([
    [{ ...broken, model: 'primry' }, {}, 'has no model "primry"; did you mean "primary"?'],
    [{ ...broken, rate: 0 }, {}, 'the rate is a share'],
    [broken, { share: 1.2 }, 'the blast radius is a share'],
    [
      { type: 'stale_features', rate: 1, olderMs: 1, fields: [], marked: false } as const,
      {},
      'reads no features',
    ],
    [{ type: 'worker_kill', model: 'primary', everyMs: undefined } as const, {}, 'runs in no worker'],
  ])('are refused when they cannot be: %j', async (spec, radius, message) => {
    const { replica } = await rig();
    await expect(order(replica, spec, 1_000, radius)).rejects.toThrow(message);
    expect(await replica.link.directives()).toEqual([]);
  });
});
