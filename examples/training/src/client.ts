// The trainer's side of evenkeel's protocol: events out on standard output, orders in from the environment.
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';

export interface Orders {
  readonly attempt: number;
  readonly checkpoints: string;
  readonly resume: { readonly path: string; readonly step: number } | null;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  readonly validateFirst: boolean;
  readonly skip: readonly { readonly from: number; readonly to: number }[];
}

export const orders: Orders = JSON.parse(process.env.EVENKEEL_TRAINER ?? '{}');
/** Set when we have to save and stop: look at it after each step, and let the event loop turn. */
export const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
// Our input ends when the supervisor is gone: save and stop, somebody will start us again.
process.stdin.on('end', () => stopping.abort()).resume();
process.stdin.unref();

export function emit(event: { readonly t: string; readonly [name: string]: unknown }): void {
  try {
    fs.writeSync(1, `${JSON.stringify(event)}\n`);
  } catch {
    stopping.abort();
  }
}

export const skips = (step: number): boolean =>
  orders.skip.some(({ from, to }) => step >= from && step <= to);

function sync(path: string): void {
  const handle = fs.openSync(path, 'r');
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}

/** `write` fills a directory; it becomes the checkpoint of `step` whole or not at all. */
export function checkpoint(step: number, write: (dir: string) => void): void {
  const final = join(orders.checkpoints, `step-${String(step).padStart(8, '0')}`);
  if (!fs.existsSync(final)) {
    const temporary = join(orders.checkpoints, `.tmp-${process.pid}-${step}`);
    fs.rmSync(temporary, { recursive: true, force: true });
    fs.mkdirSync(temporary);
    write(temporary);
    const files = fs.readdirSync(temporary).map((path) => {
      sync(join(temporary, path));
      const bytes = fs.readFileSync(join(temporary, path));
      return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    });
    // Last: without it, it is no checkpoint.
    fs.writeFileSync(join(temporary, 'MANIFEST.json'), JSON.stringify({ format: 1, step, files }));
    sync(join(temporary, 'MANIFEST.json'));
    sync(temporary);
    fs.renameSync(temporary, final);
    sync(orders.checkpoints);
  }
  emit({ t: 'checkpoint', step, path: final });
}
