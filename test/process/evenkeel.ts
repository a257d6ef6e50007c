import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../packages/evenkeel/dist/cli.js', import.meta.url));

/** The real program in a process of its own. */
export interface Evenkeel {
  readonly gateway: string;
  readonly control: string;
  /** Key that its first start has made: may do everything. */
  readonly key: string;
  readonly pid: number;
  /** Folder with the service files; `file(name)` is the path of one. */
  readonly dir: string;
  file(service: string): string;
  /** What it has written to standard error so far. */
  log(): string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with its exit code (or signal). */
  exited: Promise<number | string>;
  stop(): Promise<void>;
}

/** A service file as an object: JSON is YAML. */
export type ServiceFile = Readonly<Record<string, unknown>> & { readonly service: string };

const BASE = {
  evenkeel: 1,
  owner: 'tests',
  type: 'llm_chat',
  deadline: '2s',
  health: { every: '200ms', timeout: '500ms', down_after: 2, up_after: 2 },
};

/** Starts `evenkeel serve` with these services on free ports; rejects with its output when it does not come up. */
export function startEvenkeel(
  services: readonly ServiceFile[],
  options: { readonly env?: Record<string, string>; readonly args?: readonly string[] } = {},
): Promise<Evenkeel> {
  if (!existsSync(CLI)) throw new Error(`${CLI} is missing: run "npm run build"`);
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-process-'));
  const file = (service: string): string => join(dir, `${service}.yaml`);
  for (const service of services)
    writeFileSync(file(service.service), JSON.stringify({ ...BASE, ...service }, null, 2));
  const args = [
    CLI,
    'serve',
    ...services.map((service) => file(service.service)),
    '--port',
    '0',
    '--control-port',
    '0',
    '--data-dir',
    join(dir, 'data'),
    ...(options.args ?? []),
  ];
  const child: ChildProcess = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, EVENKEEL_LOG: 'info', ...options.env },
  });
  let out = '';
  let log = '';
  const exited = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'gone'));
  });
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (piece: Buffer) => {
      log += piece.toString();
    });
    child.stdout?.on('data', (piece: Buffer) => {
      out += piece.toString();
      const gateway = /gateway {2}(http:\S+)/.exec(out)?.[1];
      const control = /control {2}(http:\/\/[^/\s]+)/.exec(out)?.[1];
      const key = /#key=(\S+)/.exec(out)?.[1];
      if (gateway === undefined || control === undefined || key === undefined) return;
      resolve({
        gateway,
        control,
        key,
        pid: child.pid ?? 0,
        dir,
        file,
        log: () => log,
        signal: (signal) => child.kill(signal),
        exited,
        async stop() {
          child.kill('SIGTERM');
          const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
          await exited;
          clearTimeout(timer);
          rmSync(dir, { recursive: true, force: true });
        },
      });
    });
    void exited.then((code) => reject(new Error(`evenkeel ended with ${code}\n${out}\n${log}`)));
  });
}

/** Runs the program to its end. */
export function runEvenkeel(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (piece: Buffer) => {
    out += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    err += piece.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

/** Waits until something holds, at most `ms` milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 5_000, what = 'it'): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come about within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
