import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startEvenkeel, until } from '../process/evenkeel.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function run(name: string, ...args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [script(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })));
}

async function listen(handle: (text: string, key: string) => number) {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
    request.on('end', () => {
      response.writeHead(handle(text, String(request.headers['idempotency-key'])), {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify({ label: 'ham', confidence: 0.9 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

describe('incidents of the real program', () => {
  it('lose and double nothing when it is killed under a storm', async () => {
    const { code, out } = await run('kills.mjs', '--kills', '3', '--seed', '11');
    expect(out).toContain('3 kills');
    expect(code, out).toBe(0);
  }, 180_000);

  it('page nobody again when evenkeel itself is killed and started again', async () => {
    const pages = new Map<string, number>();
    const hook = await listen((text, key) => {
      if (/"page":true/.test(text)) pages.set(key, (pages.get(key) ?? 0) + 1);
      return 200;
    });
    let ill = false;
    const model = await listen(() => (ill ? 500 : 200));
    const dir = mkdtempSync(join(tmpdir(), 'evenkeel-again-'));
    const service = {
      service: 'mail',
      models: { m: { version: '1', json: { url: model.url, label: 'label', health: '/' } } },
      ladder: [
        { rung: 'top', level: 'full_service', model: 'm', budget: '500ms' },
        { rung: 'hold', level: 'static_fallback', use: 'hold_for_review', quality: 'later' },
      ],
      incidents: { notify: [{ name: 'hook', internal: true, webhook: { url: `${hook.url}/` } }] },
    };
    const start = () => startEvenkeel([service], { args: ['--data-dir', dir] });
    let running = await start();
    const incidents = async (): Promise<readonly { readonly id: string; readonly status: string }[]> => {
      const answer = await fetch(`${running.control}/api/v1/incidents`, {
        headers: { authorization: `Bearer ${running.key}` },
      });
      return Object(await answer.json()).incidents;
    };
    try {
      await until(
        async () => {
          const answer = await fetch(`${running.control}/api/v1/services/mail`, {
            headers: { authorization: `Bearer ${running.key}` },
          });
          return Object(await answer.json()).level === 'full_service';
        },
        20_000,
        'full service',
      );
      // Full service for so long that it is no start any more.
      await new Promise((resolve) => setTimeout(resolve, 17_000));
      ill = true;
      await until(() => pages.size > 0, 30_000, 'a page');
      const before = await incidents();
      for (let again = 0; again < 2; again++) {
        running.signal('SIGKILL');
        await running.exited;
        running = await start();
        await new Promise((resolve) => setTimeout(resolve, 5_000));
      }
      expect(pages.size).toBe(1);
      expect((await incidents()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    } finally {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
      hook.close();
      model.close();
    }
  }, 180_000);
});
