import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EvenkeelError } from '@evenkeel/core';
import { z } from 'zod';
import { isGone, processStat } from './processes.ts';
import { errorCode, writeWhole } from './whole-file.ts';

/** The right to supervise a run. */
export interface Fence {
  /** Grows with every change of hands. */
  readonly token: number;
  /** Whether an earlier supervisor had the run. */
  readonly tookOver: boolean;
  /** False when somebody else has taken it since: then nothing may be written any more. Also says that we live. */
  beat(): Promise<boolean>;
  release(): Promise<void>;
}

export interface Fences {
  /** @throws EvenkeelError conflict while another supervisor lives, or cannot be told to be dead */
  take(): Promise<Fence>;
}

const holder = z.object({
  pid: z.int(),
  startTicks: z.number().optional(),
  host: z.string(),
  boot: z.string(),
});
type Holder = z.output<typeof holder>;
const beatShape = z.object({ token: z.int(), at: z.number() });

export interface FileFenceOptions {
  /** Milliseconds without a beat after which a supervisor on another machine counts as dead (default 60 000). */
  readonly ttlMs?: number;
  /** Looks before that is believed (default 3): one failed status read never means dead. */
  readonly looks?: number;
  readonly wall: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/**
 * Fencing by files: `fence/00000007` is created exclusively, and whoever made the highest number has the run. On the same machine the
 * holder is asked for by pid and start time, which is certain and at once; on another one by its heartbeat.
 */
export function fileFences(dir: string, options: FileFenceOptions): Fences {
  const { ttlMs = 60_000, looks = 3, wall, pause } = options;
  const beatFile = join(dir, 'beat.json');

  async function newest(): Promise<number> {
    const tokens = (await readdir(dir)).filter((name) => /^\d{8}$/.test(name)).map(Number);
    return Math.max(0, ...tokens);
  }
  const fileOf = (token: number): string => join(dir, String(token).padStart(8, '0'));

  /** What is known of the holder: `unknown` when it could not be read. */
  async function readHolder(token: number): Promise<Holder | 'released' | 'unknown'> {
    try {
      const text = await readFile(fileOf(token), 'utf8');
      if (text === 'released') return 'released';
      const parsed = holder.safeParse(JSON.parse(text));
      return parsed.success ? parsed.data : 'unknown';
    } catch {
      return 'unknown';
    }
  }

  async function beatAge(token: number): Promise<number | undefined> {
    try {
      const beat = beatShape.parse(JSON.parse(await readFile(beatFile, 'utf8')));
      return beat.token === token ? wall() - beat.at : undefined;
    } catch {
      return undefined;
    }
  }

  /** Why the holder of `token` may still be alive; undefined when it is certainly not. */
  async function alive(token: number): Promise<string | undefined> {
    const known = await readHolder(token);
    if (known === 'released') return undefined;
    if (known !== 'unknown' && known.host === hostname()) {
      if (known.boot !== (await bootId())) return undefined;
      return isGone(known.pid, known.startTicks) ? undefined : `process ${known.pid} has it`;
    }
    // Elsewhere, or not to be told: silence must last, over several looks.
    for (let look = 0; look < looks; look++) {
      const age = await beatAge(token);
      if (age !== undefined && age < ttlMs) return `it gave a sign of life ${Math.round(age / 1_000)} s ago`;
      if (look < looks - 1) await pause(ttlMs / looks);
    }
    return undefined;
  }

  return {
    async take() {
      await mkdir(dir, { recursive: true });
      const before = await newest();
      if (before > 0) {
        const why = await alive(before);
        if (why !== undefined) throw new EvenkeelError('conflict', `another supervisor has this run: ${why}`);
      }
      const released = before > 0 && (await readHolder(before)) === 'released';
      const token = before + 1;
      const me: Holder = {
        pid: process.pid,
        startTicks: processStatOrNothing(),
        host: hostname(),
        boot: await bootId(),
      };
      try {
        const handle = await open(fileOf(token), constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY);
        try {
          await handle.writeFile(JSON.stringify(me));
          await handle.sync();
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
        throw new EvenkeelError('conflict', 'another supervisor took this run at the same moment');
      }
      for (let old = Math.max(1, token - 20); old < token - 1; old++) await rm(fileOf(old), { force: true });
      const fence: Fence = {
        token,
        tookOver: before > 0 && !released,
        async beat() {
          let now: number;
          try {
            now = await newest();
            if (now === token) await writeWhole(beatFile, JSON.stringify({ token, at: wall() }));
          } catch {
            // A disk that does not answer says nothing about who has the run.
            return true;
          }
          return now === token;
        },
        async release() {
          if ((await newest()) === token) await writeWhole(fileOf(token), 'released');
        },
      };
      await fence.beat();
      return fence;
    },
  };
}

/** The process that has a run on this machine, dead or alive; undefined when it is released, elsewhere or unknown. */
export async function holderOf(
  dir: string,
): Promise<{ readonly pid: number; readonly startTicks: number | undefined } | undefined> {
  try {
    const newest = (await readdir(dir))
      .filter((name) => /^\d{8}$/.test(name))
      .sort()
      .at(-1);
    if (newest === undefined) return undefined;
    const found = holder.parse(JSON.parse(await readFile(join(dir, newest), 'utf8')));
    return found.host === hostname() && found.boot === (await bootId())
      ? { pid: found.pid, startTicks: found.startTicks }
      : undefined;
  } catch {
    return undefined;
  }
}

function processStatOrNothing(): number | undefined {
  try {
    return processStat(process.pid)?.startTicks;
  } catch {
    return undefined;
  }
}
