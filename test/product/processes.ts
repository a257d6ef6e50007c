import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';

const CLI = fileURLToPath(new URL('../../packages/evenkeel/dist/cli.js', import.meta.url));
const STARTING_MS = 30_000;

export type Role = 'all' | 'gateway' | 'control';

/** One process of the product; a killed one can be started again on its ports and data. */
export interface Process {
  readonly gateway: string;
  readonly control: string;
  /** Of its latest start. */
  readonly pid: () => number;
  /** Key of this machine's owner, where the process has an API. */
  readonly key: () => string;
  /** Milliseconds of CPU time since its latest start: says what a start costs whatever else the machine does. */
  cpuMs(): number;
  /** What it has said since its latest start. */
  readonly log: () => string;
  readonly dataDir: string;
  kill(): Promise<void>;
  /** Resolves with the milliseconds until it took requests. */
  start(): Promise<number>;
  stop(): Promise<void>;
  /** GET of its API, parsed. */
  get(path: string): Promise<unknown>;
  post(
    path: string,
    body: unknown,
    type?: string,
  ): Promise<{ readonly status: number; readonly json: unknown }>;
}

/** A folder for the files of some processes. */
export function workFolder(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-product-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Writes a service file, with the module and the table of features beside it. */
export function writeService(
  dir: string,
  file: Readonly<Record<string, unknown>> & { readonly service: string },
): string {
  mkdirSync(dir, { recursive: true });
  copyFileSync(fileURLToPath(new URL('./features.mjs', import.meta.url)), join(dir, 'features.mjs'));
  const old = new Date(Date.now() - 600_000).toISOString();
  writeFileSync(join(dir, 'senders.ndjson'), `${JSON.stringify({ sender: 'old', mails: 3, as_of: old })}\n`);
  const path = join(dir, `${file.service}.yaml`);
  writeFileSync(path, JSON.stringify(file, null, 2));
  return path;
}

export async function startProcess(options: {
  readonly name: string;
  readonly role: Role;
  readonly files: readonly string[];
  readonly dir: string;
  readonly databaseUrl?: string | undefined;
}): Promise<Process> {
  const { name, role, files, databaseUrl } = options;
  const dataDir = join(options.dir, name);
  const [gatewayPort, controlPort] = [await freePort(), await freePort()];
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  const control = `http://127.0.0.1:${controlPort}`;
  let child: ChildProcess | undefined;
  let key = '';
  let log = '';

  async function end(signal: NodeJS.Signals): Promise<void> {
    const old = child;
    if (old === undefined || old.exitCode !== null || old.signalCode !== null) return;
    const gone = new Promise((resolve) => old.once('exit', resolve));
    old.kill(signal);
    const hard = setTimeout(() => old.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(hard);
  }

  async function start(): Promise<number> {
    const began = performance.now();
    log = '';
    const ports = ['--port', String(gatewayPort), '--control-port', String(controlPort)];
    const args = [CLI, 'serve', ...files, '--role', role, ...ports, '--data-dir', dataDir, '--drain', '5'];
    const env = {
      ...process.env,
      EVENKEEL_LOG: 'info',
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    };
    const made = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    child = made;
    let out = '';
    made.stderr.on('data', (piece: Buffer) => {
      log = (log + piece.toString()).slice(-200_000);
    });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} did not start\n${out}\n${log}`)), STARTING_MS);
      made.once('exit', (code, signal) => {
        clearTimeout(late);
        reject(new Error(`${name} ended with ${code ?? signal}\n${out}\n${log.slice(-4_000)}`));
      });
      made.stdout.on('data', (piece: Buffer) => {
        out += piece.toString();
        key = /#key=(\S+)/.exec(out)?.[1] ?? key;
        if (!/control {2}http/.test(out) || (role !== 'gateway' && key === '')) return;
        clearTimeout(late);
        resolve();
      });
    });
    return performance.now() - began;
  }

  await start();
  return {
    gateway,
    control,
    pid: () => child?.pid ?? 0,
    key: () => key,
    cpuMs() {
      const stat = readFileSync(`/proc/${child?.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // User and system time, in ticks of 10 ms.
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    log: () => log,
    dataDir,
    kill: () => end('SIGKILL'),
    start,
    stop: () => end('SIGTERM'),
    async get(path) {
      const answer = await request(`${control}${path}`, { headers: { authorization: `Bearer ${key}` } });
      const text = await answer.body.text();
      if (answer.statusCode >= 400) throw new Error(`GET ${path}: ${answer.statusCode} ${text}`);
      return JSON.parse(text);
    },
    async remove(path) {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await request(`${control}${path}`, { method: 'DELETE', headers });
      const text = await answer.body.text();
      if (answer.statusCode >= 400) throw new Error(`DELETE ${path}: ${answer.statusCode} ${text}`);
    },
    async post(path, body, type = 'application/json') {
      const answer = await request(`${control}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, json: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

/** Waits until something holds. @throws after `ms`, naming it */
export async function until(
  holds: () => boolean | Promise<boolean>,
  ms: number,
  what: string,
): Promise<number> {
  const began = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - began;
    if (performance.now() - began > ms) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
