import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EXAMPLE_DIR } from './paths.ts';

export interface FeatureProcess {
  readonly pid: number;
  readonly port: number;
  /** Ends the process if it still runs; resolves when it has gone. */
  stop(): Promise<void>;
}

/** Milliseconds it may take to serve, and to end when it is told to. */
const START_MS = 15_000;
const STOP_MS = 2_000;

/**
 * Starts the feature server in a process of its own, which can be killed without harm to anybody else.
 * In a process group of its own, so that Ctrl-C in a terminal does not take the features away from what is being drained;
 * it ends by itself when this process has gone, however it went.
 * @param port 0 takes any free port
 * @param onEnd called when it ends without having been told to; says how
 * @throws Error when it does not come to serve
 */
export async function startFeatureProcess(
  port: number,
  onEnd: (how: string) => void,
): Promise<FeatureProcess> {
  const script = join(EXAMPLE_DIR, 'dist', 'feature-server.js');
  const child = spawn(process.execPath, [script, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
  });
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined)
    throw new Error(`the feature server does not start: ${await ended}`);

  const lines = createInterface({ input: stdout });
  let timer: NodeJS.Timeout | undefined;
  const started = await Promise.race([
    // The line it prints when it serves names its port.
    new Promise<number>((resolve) => {
      lines.on('line', (line) => {
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    }),
    ended,
    new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`silent for ${START_MS} ms`), START_MS);
    }),
  ]);
  clearTimeout(timer);
  if (typeof started === 'string') {
    child.kill('SIGKILL');
    throw new Error(`the feature server does not serve: ${started}`);
  }

  let stopping = false;
  void ended.then((how) => {
    if (!stopping) onEnd(how);
  });
  return {
    pid,
    port: started,
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(killer);
    },
  };
}
