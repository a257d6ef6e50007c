import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblems, loadServiceFile, type ServiceConfig } from '@evenkeel/config';
import { type FakeClock, fakeClock, seededRandom } from '@evenkeel/core';
import { openStore, type Role, type Store } from '@evenkeel/store';
import type { Hono } from 'hono';
import { controlApi, controlRoutes } from '../api.ts';
import { type ControlPlane, createControlPlane } from '../control-plane.ts';
import { issueKey } from '../keys/routes.ts';
import { replicaBoard } from '../replicas/board.ts';
import type { ApiCaller, Route } from './route.ts';

/** 2026-06-01T12:00:00Z: a full minute. */
export const START: number = Date.UTC(2026, 5, 1, 12);

/** The whole API over an embedded store of its own, under a clock that stands still until it is moved. */
export interface WholeApi {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly plane: ControlPlane;
  readonly routes: readonly Route[];
  readonly app: Hono;
  /** What the control plane said, newest last. */
  readonly said: string[];
  key(name: string, role: Role, days?: number): Promise<{ readonly id: string; readonly token: string }>;
  /** A call as the machine itself makes it; with a key when one is given. */
  call(
    method: string,
    path: string,
    options?: {
      readonly key?: string | undefined;
      readonly body?: unknown;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<{ readonly status: number; readonly text: string; readonly json: unknown }>;
  close(): Promise<void>;
}

export const FILE = {
  evenkeel: 1,
  service: 'mail',
  type: 'content_moderation',
  owner: 'mail-team',
  deadline: '1s',
  models: { m: { version: '1', json: { url: 'http://127.0.0.1:9/' } } },
  ladder: [{ level: 'full_service', model: 'm', depends_on: [], budget: '500ms' }],
};

/** @throws with every mistake of the file */
export function configOf(file: object): ServiceConfig {
  const source = JSON.stringify(file);
  const read = loadServiceFile(source, { path: 'mail.yaml', env: {}, exists: () => true });
  if (!read.ok) throw new Error(formatProblems(read.problems, { color: false, source }));
  return read.service;
}

export async function wholeApi(
  options: {
    readonly file?: object;
    readonly anonymous?: ApiCaller | undefined;
    /** One that several share; then whoever made it closes it. */
    readonly store?: Store;
    readonly holder?: string;
    readonly clock?: FakeClock;
  } = {},
): Promise<WholeApi> {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-api-'));
  const clock = options.clock ?? fakeClock(0, START);
  const store =
    options.store ?? (await openStore({ kind: 'sqlite', file: join(dir, 'evenkeel.db') }, { clock }));
  const board = replicaBoard(store, clock, seededRandom(1));
  const said: string[] = [];
  const config = configOf(options.file ?? FILE);
  const plane = createControlPlane({
    store,
    host: { clock, timers: clock, random: seededRandom(2) },
    board,
    link: board.link(),
    holder: options.holder ?? 'test',
    modelsDirectory: join(dir, 'models'),
    tell: (what, reason) => said.push(`${what}: ${reason}`),
    onBudget: () => {},
  });
  await plane.put(config);
  const parts = {
    link: board.link(),
    store,
    clock,
    version: '0.0.0',
    services: () => [config.name],
    keepContentMs: () => 0,
    ready: () => true,
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    onFacts: () => {},
    anonymous: 'anonymous' in options ? options.anonymous : ({ name: 'anonymous', role: 'viewer' } as const),
    routes: plane.routes,
    outage: plane.outage,
  };
  const app = controlApi(parts);
  return {
    clock,
    store,
    plane,
    routes: controlRoutes(parts),
    app,
    said,
    async key(name, role, days) {
      const { key, token } = await issueKey(store.keys, { name, role, days }, 'test', clock.wall());
      return { id: key.id, token };
    },
    async call(method, path, { key, body, text, headers = {} } = {}) {
      const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const answer = await app.request(`http://127.0.0.1${path}`, {
        method,
        headers: {
          host: '127.0.0.1',
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      });
      if ((answer.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
        await answer.body?.cancel();
        return { status: answer.status, text: '', json: undefined };
      }
      const got = await answer.text();
      let json: unknown;
      try {
        json = JSON.parse(got);
      } catch {
        json = undefined;
      }
      return { status: answer.status, text: got, json };
    },
    async close() {
      await plane.close();
      if (options.store === undefined) await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
