import type { Role } from '@evenkeel/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApi } from '../api/openapi.ts';
import type { Route } from '../api/route.ts';
import { type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';

const RANK: Readonly<Record<Role | 'public', number>> = { public: -1, viewer: 0, operator: 1, admin: 2 };

/** What anybody may read without a key, wherever the process stands. A route that is to join them has to be named here. */
const PUBLIC = ['get /healthz', 'get /readyz', 'get /api/v1/openapi.json'];

/** Reads that show more than what is measured, and writes that change who may do what. */
const ADMIN = ['get /api/v1/keys', 'post /api/v1/keys', 'delete /api/v1/keys/{id}', 'post /api/v1/backups'];

const idOf = (route: Route): string => `${route.method} ${route.path}`;
const addressOf = (route: Route): string => route.path.replace(/\{\w+\}/g, 'nothing');

const CALLERS = [
  'anonymous',
  'viewer',
  'operator',
  'admin',
  'revoked',
  'expired',
  'wrong',
  'forged',
  'basic',
] as const;
type Caller = (typeof CALLERS)[number];

let local: WholeApi;
/** As it answers where nobody may read without a key. */
let elsewhere: WholeApi;
const keys = new Map<WholeApi, Map<Caller, string>>();

async function keysOf(api: WholeApi): Promise<Map<Caller, string>> {
  const made = new Map<Caller, string>();
  for (const role of ['viewer', 'operator', 'admin'] as const)
    made.set(role, (await api.key(role, role)).token);
  const revoked = await api.key('revoked', 'admin');
  await api.store.keys.revoke(revoked.id, api.clock.wall());
  made.set('revoked', revoked.token);
  made.set('expired', (await api.key('expired', 'admin', 1)).token);
  api.clock.stepWall(2 * 86_400_000);
  const admin = made.get('admin') ?? '';
  // The id of a key that is there, with a secret that is not its own.
  made.set('wrong', `${admin.slice(0, -4)}${admin.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`);
  made.set('forged', `ek_000000000000_${'A'.repeat(32)}`);
  return made;
}

beforeAll(async () => {
  local = await wholeApi();
  elsewhere = await wholeApi({ anonymous: undefined });
  for (const api of [local, elsewhere]) keys.set(api, await keysOf(api));
});
afterAll(async () => {
  await local.close();
  await elsewhere.close();
});

function call(api: WholeApi, route: Route, caller: Caller, headers: Readonly<Record<string, string>> = {}) {
  const write = route.method !== 'get';
  const type = route.types[0] ?? 'application/json';
  return api.call(route.method.toUpperCase(), addressOf(route), {
    key: keys.get(api)?.get(caller),
    ...(write ? { text: '{}' } : {}),
    headers: {
      ...(write ? { 'content-type': type } : {}),
      ...(caller === 'basic' ? { authorization: 'Basic YWRtaW46YWRtaW4=' } : {}),
      ...headers,
    },
  });
}

/** 401, 403, or undefined where the call goes on to what the route itself says. */
function wanted(route: Route, caller: Caller, anonymous: Role | undefined): 401 | 403 | undefined {
  if (
    caller === 'revoked' ||
    caller === 'expired' ||
    caller === 'wrong' ||
    caller === 'forged' ||
    caller === 'basic'
  )
    return 401;
  if (route.role === 'public') return undefined;
  if (caller === 'anonymous')
    return anonymous !== undefined && RANK[anonymous] >= RANK[route.role] ? undefined : 401;
  return RANK[caller] >= RANK[route.role] ? undefined : 403;
}

describe('every route has a rule', () => {
  it('reads need a viewer, writes an operator or more, and the exceptions are those named above', () => {
    const exceptions = local.routes.filter(
      (route) => RANK[route.role] < RANK[route.method === 'get' ? 'viewer' : 'operator'],
    );
    expect(exceptions.map(idOf).sort()).toEqual([...PUBLIC].sort());
    const admin = local.routes.filter(({ role }) => role === 'admin').map(idOf);
    expect(admin).toEqual(expect.arrayContaining(ADMIN));
  });

  it('stands in the API document as it is applied, and no route is there twice', () => {
    const { paths } = openApi(local.routes, '0.0.0');
    const documented = Object.entries(paths ?? {}).flatMap(([path, operations]: [string, object]) =>
      Object.entries(operations).map(
        ([method, operation]: [string, { security: unknown[]; 'x-evenkeel-role': string }]) => ({
          id: `${method} ${path}`,
          role: operation['x-evenkeel-role'],
          open: operation.security.length === 0,
        }),
      ),
    );
    const applied = local.routes.map((route) => ({
      id: idOf(route),
      role: route.role,
      open: route.role === 'public',
    }));
    const byId = (a: { id: string }, b: { id: string }): number => a.id.localeCompare(b.id);
    expect(documented.sort(byId)).toEqual(applied.sort(byId));
  });
});

describe('every route by every caller', () => {
  it.each(CALLERS)('%s, on this machine', async (caller) => {
    const found: string[] = [];
    for (const route of local.routes) {
      const { status, json } = await call(local, route, caller);
      const refused = status === 401 || status === 403 ? status : undefined;
      if (refused !== wanted(route, caller, 'viewer')) found.push(`${idOf(route)}: ${status}`);
      if (refused !== undefined)
        expect(json, idOf(route)).toMatchObject({ error: { code: expect.any(String) } });
      if (status === 500) found.push(`${idOf(route)}: ${JSON.stringify(json)}`);
    }
    expect(found).toEqual([]);
  });

  it.each(CALLERS)('%s, where nobody may read without a key', async (caller) => {
    const found: string[] = [];
    for (const route of elsewhere.routes) {
      const { status } = await call(elsewhere, route, caller);
      const refused = status === 401 || status === 403 ? status : undefined;
      if (refused !== wanted(route, caller, undefined)) found.push(`${idOf(route)}: ${status}`);
    }
    expect(found).toEqual([]);
  });

  it('from a page of another origin writes nothing, and by another name of this machine reads nothing', async () => {
    for (const route of local.routes) {
      if (route.method !== 'get') {
        const { status } = await call(local, route, 'admin', { origin: 'http://evil.example' });
        expect(status, idOf(route)).toBe(403);
        expect((await call(local, route, 'admin', { origin: 'null' })).status, idOf(route)).toBe(403);
        expect(
          (await call(local, route, 'admin', { origin: 'http://127.0.0.1:9' })).status,
          idOf(route),
        ).toBe(403);
      }
      const { status } = await call(local, route, 'admin', { host: 'rebound.example' });
      expect(status, idOf(route)).toBe(403);
    }
  });

  it('decides who calls before it looks at what was sent', async () => {
    for (const route of local.routes.filter(({ method }) => method !== 'get')) {
      const answer = await local.call(route.method.toUpperCase(), addressOf(route), { text: '{"broken' });
      expect(answer.status, idOf(route)).toBe(401);
    }
  });
});

describe('what is sent to a write', () => {
  it('has to be of the right type, well formed and not too long', async () => {
    const key = keys.get(local)?.get('admin');
    for (const route of local.routes.filter(({ method }) => method !== 'get')) {
      const at = addressOf(route);
      const method = route.method.toUpperCase();
      const typed = await local.call(method, at, {
        key,
        text: '{}',
        headers: { 'content-type': 'text/html' },
      });
      expect(typed.status, idOf(route)).toBe(415);
      if (route.body !== undefined)
        expect((await local.call(method, at, { key, text: '{"a":' })).status, idOf(route)).toBe(400);
      const long = await local.call(method, at, { key, text: 'x'.repeat(route.maxBody + 1) });
      expect(long.status, idOf(route)).toBe(413);
    }
  }, 60_000);

  it('an unknown parameter of a read is refused by name', async () => {
    const key = keys.get(local)?.get('admin');
    for (const route of local.routes.filter(({ method }) => method === 'get')) {
      const { status, text } = await local.call('GET', `${addressOf(route)}?misspelt=1`, { key });
      expect(status, idOf(route)).toBe(400);
      expect(text, idOf(route)).toContain('misspelt');
    }
  });
});

describe('a key', () => {
  it('that was revoked works for five seconds at most where it was used just before', async () => {
    const { id, token } = await local.key('short', 'operator');
    const read = async () => (await local.call('GET', '/api/v1/session', { key: token })).status;
    expect(await read()).toBe(200);
    await local.store.keys.revoke(id, local.clock.wall());
    local.clock.advance(4_999);
    expect(await read()).toBe(200);
    local.clock.advance(1);
    expect(await read()).toBe(401);
  });

  it('that was remembered does not outlive its own end', async () => {
    const { token } = await local.key('day', 'operator', 1);
    local.clock.stepWall(86_400_000 - 1_000);
    expect((await local.call('GET', '/api/v1/session', { key: token })).status).toBe(200);
    local.clock.advance(2_000);
    expect((await local.call('GET', '/api/v1/session', { key: token })).status).toBe(401);
  });

  it('is nowhere in what the store holds, nor in an answer but the one that made it', async () => {
    const admin = keys.get(local)?.get('admin');
    const made = await local.call('POST', '/api/v1/keys', {
      key: admin,
      body: { name: 'ci', role: 'viewer' },
    });
    expect(made.status).toBe(201);
    const token = /"token":"(ek_[^"]+)"/.exec(made.text)?.[1] ?? 'none';
    const secret = token.split('_').slice(2).join('_');
    const listed = await local.call('GET', '/api/v1/keys', { key: admin });
    expect(listed.text).toContain('"ci"');
    for (const text of [
      listed.text,
      JSON.stringify(await local.store.keys.list()),
      JSON.stringify(await local.store.audit.list({ limit: 100 })),
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(listed.text).not.toContain('scrypt');
  });
});
