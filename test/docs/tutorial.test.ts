import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { type Block, blocksOf, runBlock } from './walk.ts';

const CLI = fileURLToPath(new URL('../../packages/evenkeel/dist/cli.js', import.meta.url));
const FILE = fileURLToPath(new URL('../../docs/tutorial.md', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-tutorial-'));

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Processes that the tutorial started, by the pid files that it writes. */
function endAll(): void {
  for (const name of ['serve', 'replay', 'large', 'small']) {
    const file = join(dir, `${name}.pid`);
    if (!existsSync(file)) continue;
    try {
      process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

afterAll(() => {
  endAll();
  rmSync(dir, { recursive: true, force: true });
});

it('the tutorial works as written', { timeout: 240_000 }, async () => {
  const ports = new Map<string, number>();
  for (const port of ['4100', '4101', '9000', '9001']) ports.set(port, await freePort());
  const own = (text: string): string =>
    text.replaceAll(/\b(4100|4101|9000|9001)\b/g, (port) => String(ports.get(port)));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  chmodSync(join(bin, 'npx'), 0o755);
  const {
    EVENKEEL_URL: _url,
    EVENKEEL_KEY: _key,
    EVENKEEL_DATA_DIR: _data,
    DATABASE_URL: _db,
    ...rest
  } = process.env;
  const env = {
    ...rest,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    EVENKEEL_GATEWAY_PORT: String(ports.get('4100')),
    EVENKEEL_CONTROL_PORT: String(ports.get('4101')),
  };

  async function run({ line, text }: Block, ms: number) {
    const ran = await runBlock(own(text), { cwd: dir, env, ms });
    return { ...ran, where: `docs/tutorial.md:${line}\n${text}\n→ ${ran.code}\n${ran.output}` };
  }

  for (const block of blocksOf(FILE)) {
    const { kind, value, text } = block;
    if (kind === 'skip') continue;
    if (kind === 'file') {
      writeFileSync(join(dir, value), text);
      continue;
    }
    if (block.language !== 'sh') continue;
    const end = performance.now() + 90_000;
    let ran = await run(block, 30_000);
    if (kind === 'until') {
      // A person would look again, too.
      while (!ran.output.includes(value) && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        ran = await run(block, 30_000);
      }
    }
    if (kind === 'background') {
      while (!readFileSync(join(dir, 'serve.log'), 'utf8').includes(value) && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    if (kind === 'until' || kind === 'shows') expect(ran.output, ran.where).toContain(value);
    expect(ran.code, ran.where).toBe(0);
  }
});
