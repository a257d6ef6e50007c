// The flagship as it is, on ports of its own, with traffic: what experiments and game days are played on.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const EXAMPLE = join(ROOT, 'examples/moderation');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function child(file, args, env = {}) {
  const process_ = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const one = { process: process_, out: '', exited: new Promise((resolve) => process_.on('exit', resolve)) };
  for (const stream of [process_.stdout, process_.stderr])
    stream.on('data', (piece) => {
      one.out += piece;
      if (one.out.length > 200_000) one.out = one.out.slice(-100_000);
    });
  return one;
}

async function until(holds, ms, what) {
  const end = performance.now() + ms;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (performance.now() > end) throw new Error(`${what} did not come about within ${ms / 1_000} s`);
    await sleep(250);
  }
}

/**
 * Starts feature server, service and traffic. `edit` changes the text of the service file before it is served.
 * @returns what talks to it, and what ends it
 */
export async function startFlagship({ rate, edit = (text) => text, roles = {} }) {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-flagship-'));
  const features = child(join(EXAMPLE, 'dist/feature-server.js'), ['--port', '0']);
  const port = await until(() => /127\.0\.0\.1:(\d+)/.exec(features.out)?.[1], 30_000, 'the feature server');
  // Beside the shipped file, because its paths are relative.
  const file = join(EXAMPLE, `evenkeel.experiment-${process.pid}-${port}.yaml`);
  const shipped = readFileSync(join(EXAMPLE, 'evenkeel.yaml'), 'utf8');
  writeFileSync(file, edit(shipped.replaceAll('http://127.0.0.1:4105', `http://127.0.0.1:${port}`)));
  const service = child(
    join(ROOT, 'packages/evenkeel/dist/cli.js'),
    ['serve', file, '--port', '0', '--control-port', '0', '--data-dir', join(dir, 'data')],
    { EVENKEEL_LOG: 'info', ...roles },
  );
  const ends = async () => {
    for (const one of [traffic, service, features]) one?.process.kill('SIGTERM');
    await Promise.race([Promise.all([service.exited, features.exited]), sleep(8_000)]);
    for (const one of [traffic, service, features]) one?.process.kill('SIGKILL');
    rmSync(file, { force: true });
    rmSync(dir, { recursive: true, force: true });
  };
  let traffic;
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      stopped = true;
      void ends().then(() => process.exit(1));
    });
  try {
    const [gateway, control, key] = await until(
      () => {
        const found = [/gateway {2}(http:\S+)/, /control {2}(http:\/\/[^/\s]+)/, /#key=(\S+)/].map(
          (wanted) => wanted.exec(service.out)?.[1],
        );
        return found.every((one) => one !== undefined) ? found : undefined;
      },
      60_000,
      'the service',
    ).catch((error) => {
      throw new Error(`${error.message}\n${service.out}`);
    });
    const drive = () => {
      if (stopped) return;
      const url = `${gateway.replace(/\/$/, '')}/v1/predict/moderation`.replace(/\/v1\/v1/, '/v1');
      traffic = child(join(EXAMPLE, 'dist/traffic.js'), [
        '--url',
        url,
        '--rate',
        String(rate),
        '--seconds',
        '600',
      ]);
      void traffic.exited.then(drive);
    };
    return {
      startTraffic: drive,
      gateway,
      control,
      key,
      pid: service.process.pid,
      log: () => service.out,
      async api(method, path, body) {
        const response = await fetch(`${control}/api/v1/${path}`, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            ...(body ? { 'content-type': 'application/json' } : {}),
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
        if (text === '') return undefined;
        return (response.headers.get('content-type') ?? '').startsWith('application/json')
          ? JSON.parse(text)
          : text;
      },
      until,
      async close() {
        stopped = true;
        await ends();
      },
    };
  } catch (error) {
    stopped = true;
    await ends();
    throw error;
  }
}
