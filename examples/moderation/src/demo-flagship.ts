import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const START_MS = 120_000;

/** The flagship in a process of its own, on free ports and with a database of its own. */
export interface Flagship {
  readonly gateway: string;
  readonly control: string;
  readonly key: string;
  readonly features: { readonly port: number; readonly pid: number };
  stop(): Promise<void>;
}

/** Starts it. @throws Error with its output when it does not come up */
export function startFlagship(): Promise<Flagship> {
  const data = mkdtempSync(join(tmpdir(), 'evenkeel-demo-'));
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      EVENKEEL_GATEWAY_PORT: '0',
      EVENKEEL_CONTROL_PORT: '0',
      MODERATION_FEATURES_PORT: '0',
      EVENKEEL_DATA_DIR: data,
    },
  });
  let text = '';
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
    const hear = (piece: Buffer): void => {
      text += piece.toString();
      const gateway = /gateway +(http:\S+)/.exec(text)?.[1];
      const [, control, key] = /sign in +(http:\/\/[^/\s]+)\/#key=(\S+)/.exec(text) ?? [];
      const [, port, pid] = /features +http:\/\/[^:]+:(\d+), pid (\d+)/.exec(text) ?? [];
      if (gateway === undefined || control === undefined || key === undefined || pid === undefined) return;
      clearTimeout(timer);
      resolve({
        gateway,
        control,
        key,
        features: { port: Number(port), pid: Number(pid) },
        async stop() {
          child.kill('SIGTERM');
          const hard = setTimeout(() => child.kill('SIGKILL'), 15_000);
          await ended;
          clearTimeout(hard);
          rmSync(data, { recursive: true, force: true });
        },
      });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
    void ended.then(() => {
      clearTimeout(timer);
      rmSync(data, { recursive: true, force: true });
      reject(new Error(`the flagship did not come up:\n${text.slice(-2_000)}`));
    });
  });
}
