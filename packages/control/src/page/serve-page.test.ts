import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from './built-page.ts';
import { servePage } from './serve-page.ts';

const HTML = '<!doctype html><title>evenkeel</title>';
let dir = '';
let app = new Hono();

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-page-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), HTML);
  writeFileSync(join(dir, 'index.html.gz'), gzipSync(HTML));
  writeFileSync(join(dir, 'assets', 'a-1.js'), 'export {};');
  writeFileSync(join(dir, 'assets', 'notes.bin'), 'x');
  const page = readPage(dir);
  if (page === undefined) throw new Error('no page');
  app = new Hono();
  servePage(app, page);
});
afterAll(() => rmSync(dir, { recursive: true }));

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(
    app.request(`http://127.0.0.1:4101${path}`, { headers: { host: '127.0.0.1:4101', ...headers } }),
  );

describe('the served page', () => {
  it('answers at / with a policy that allows nothing inline and nothing from elsewhere', async () => {
    const response = await get('/');
    expect(await response.text()).toBe(HTML);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('gives the compressed file to whoever takes it', async () => {
    const response = await get('/', { 'accept-encoding': 'gzip, br' });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(new Uint8Array(await response.arrayBuffer())).toString()).toBe(HTML);
  });

  it('lets assets be kept for ever, and says what to do about one that is gone', async () => {
    const asset = await get('/assets/a-1.js');
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-type')).toContain('text/javascript');
    const gone = await get('/assets/b-2.js');
    expect(gone.status).toBe(404);
    expect(await gone.text()).toContain('reload');
  });

  it('serves no file of a kind that a page does not load, and nothing outside its folder', async () => {
    expect((await get('/assets/notes.bin')).status).toBe(404);
    expect((await get('/assets/..%2Findex.html')).status).toBe(404);
  });

  it('is there on loopback names only', async () => {
    app.onError((_, context) => context.text('refused', 403));
    expect((await get('/', { host: 'evil.example:4101' })).status).toBe(403);
  });

  it('is absent where nothing was built', () => {
    expect(readPage(join(dir, 'nowhere'))).toBeUndefined();
  });
});
