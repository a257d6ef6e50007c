import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Directive,
  EvenkeelError,
  fakeClock,
  type Order,
  type PredictRequest,
  type ServedVersion,
} from '@evenkeel/core';
import { afterAll, describe, expect, it } from 'vitest';
import type { Model } from '../upstreams/index.ts';
import { versionedModel } from './versioned-model.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-versions-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function served(version: string, text = version): ServedVersion {
  const weights = join(directory, version);
  writeFileSync(weights, text);
  return { model: 'm', version, weights, sha256: createHash('sha256').update(version).digest('hex') };
}

const directive = (order: Order): Directive => ({
  id: 'd',
  service: 's',
  order,
  owner: 'o',
  reason: 'r',
  createdAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
});
const use = (version: ServedVersion): Directive => directive({ kind: 'use_version', ...version });
const canary = (version: ServedVersion, share: number): Directive =>
  directive({ kind: 'canary', share, ...version });

const request = (user: string, kind: 'live' | 'shadow'): PredictRequest => ({
  id: 'r',
  service: 's',
  input: {},
  caller: { tenant: 'anonymous', user, tier: undefined },
  priority: 2,
  deadlineMs: 100,
  weight: 1,
  stream: false,
  signal: undefined,
  traceId: undefined,
  kind,
});

function rig(fails: readonly string[] = []) {
  const clock = fakeClock();
  const closed: string[] = [];
  const opened: string[] = [];
  const told: string[] = [];
  const made = (version: string): Model => ({
    name: 'm',
    version,
    call: () => {
      if (fails.includes(version)) throw new EvenkeelError('upstream_error', 'broken');
      return { kind: 'value', model: 'm', version, output: version };
    },
    healthy: async () => true,
    close: async () => {
      closed.push(version);
    },
  });
  const model = versionedModel(
    made('file'),
    async ({ version }) => {
      opened.push(version);
      return made(version);
    },
    { clock, timers: clock, onChange: (what) => told.push(what) },
  );
  const ask = (user = 'u', kind: 'live' | 'shadow' = 'live'): string => {
    const { signal } = new AbortController();
    const answer = model.call({ request: request(user, kind), features: undefined, signal, budgetMs: 1 });
    return answer instanceof Promise ? 'later' : (answer.version ?? '');
  };
  const users = Array.from({ length: 500 }, (_, i) => `user-${i}`);
  return { clock, model, ask, closed, opened, told, users };
}

describe('versionedModel', () => {
  it('serves the version of the file until the one that is ordered is loaded, then that, and the file again', async () => {
    const { model, ask } = rig();
    expect(ask()).toBe('file');
    model.follow([use(served('v1'))]);
    expect(ask()).toBe('file');
    await model.settled();
    expect(ask()).toBe('v1');
    expect(model.version).toBe('v1');
    model.follow([]);
    expect(ask()).toBe('file');
  });

  it('keeps serving it when the order merely ends: without a control plane nothing changes', async () => {
    const { model, ask, clock } = rig();
    const order = { ...use(served('v1')), expiresAt: clock.wall() + 1_000 };
    model.follow([order]);
    await model.settled();
    clock.advance(1_000);
    model.follow([]);
    expect(ask()).toBe('v1');
    model.follow([{ ...order, expiresAt: clock.wall() + 1_000 }]);
    model.follow([]);
    expect(ask()).toBe('file');
  });

  it('goes back one step without loading anything', async () => {
    const { model, ask, opened } = rig();
    const [v1, v2] = [served('v1'), served('v2')];
    model.follow([use(v1)]);
    await model.settled();
    model.follow([use(v2)]);
    await model.settled();
    expect(ask()).toBe('v2');
    model.follow([use(v1)]);
    expect(ask()).toBe('v1');
    expect(opened).toEqual(['v1', 'v2']);
  });

  it('routes a stable share of the users to the canary, and nothing but live requests', async () => {
    const { model, ask, users } = rig();
    model.follow([canary(served('v1'), 0.2)]);
    await model.settled();
    const first = users.map((user) => ask(user));
    expect(users.map((user) => ask(user))).toEqual(first);
    const part = first.filter((version) => version === 'v1').length / users.length;
    expect(part).toBeGreaterThan(0.13);
    expect(part).toBeLessThan(0.27);
    expect(users.some((user) => ask(user, 'shadow') === 'v1')).toBe(false);
  });

  it('promotes the canary at once: it is loaded already', async () => {
    const { model, ask, users, opened } = rig();
    const v1 = served('v1');
    model.follow([canary(v1, 0.5)]);
    await model.settled();
    model.follow([use(v1)]);
    expect(new Set(users.map((user) => ask(user)))).toEqual(new Set(['v1']));
    expect(opened).toEqual(['v1']);
  });

  it('counts what the canary and the others failed, from its beginning on', async () => {
    const { model, ask, users } = rig(['v1']);
    model.follow([canary(served('v1'), 1)]);
    await model.settled();
    for (const user of users) expect(() => ask(user)).toThrow('broken');
    expect(model.snapshot().calls).toEqual({
      main: { calls: 0, failed: 0 },
      canary: { calls: users.length, failed: users.length },
    });
    model.follow([]);
    model.follow([canary(served('v2'), 1)]);
    await model.settled();
    expect(model.snapshot().calls.canary).toEqual({ calls: 0, failed: 0 });
  });

  it('serves no bytes that were not registered, says so, and tries again when it is ordered again', async () => {
    const { model, ask, opened } = rig();
    const damaged = served('v1', 'other bytes');
    model.follow([use(damaged)]);
    await model.settled();
    expect(ask()).toBe('file');
    expect(opened).toEqual([]);
    expect(model.snapshot().wanted).toMatchObject({ version: 'v1', state: 'failed' });
    model.follow([use(served('v1'))]);
    await model.settled();
    expect(ask()).toBe('v1');
  });

  it('closes what nobody is routed to any more, after those in flight had time', async () => {
    const { model, clock, closed } = rig();
    for (const version of ['v1', 'v2', 'v3']) {
      model.follow([use(served(version))]);
      await model.settled();
    }
    expect(closed).toEqual([]);
    clock.advance(60_000);
    expect(closed).toEqual(['v1']);
    await model.close();
    expect([...closed].sort()).toEqual(['file', 'v1', 'v2', 'v3']);
  });
});
