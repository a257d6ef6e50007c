import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineReader } from './recording.ts';
import { MOST_IN_FLIGHT, type Sender } from './sender.ts';
import { type Summary, tally } from './tally.ts';

export interface Plan {
  readonly file: string;
  readonly read: LineReader;
  /** Times of the recording are divided by this. */
  readonly speed: number;
  /** Requests a second where the recording has no times; they come as people do who do not know of each other (Poisson). */
  readonly rate: number;
  readonly limit: number;
  /** Milliseconds after which nothing more is sent. */
  readonly lastsMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sender: () => Sender;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress {
  /** Share of the file, in [0, 1]. */
  readonly share: number;
  readonly sent: number;
  readonly answered: number;
  readonly seconds: number;
}

export interface Result extends Summary {
  readonly seconds: number;
  /** Not sent, because {@link MOST_IN_FLIGHT} were waiting. */
  readonly unsent: number;
}

/**
 * Plays a recording open loop: requests leave when they are due, whether or not earlier ones are answered, because that is what
 * users do. The file is read as it is played, so it may be large.
 */
export async function play(plan: Plan, sizeBytes: number): Promise<Result> {
  const counts = tally();
  const pending = new Set<Promise<void>>();
  const stream = createReadStream(plan.file);
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  let sender: Sender | undefined;
  let number = 0;
  let bytes = 0;
  let sent = 0;
  let unsent = 0;
  let first: number | undefined;
  let due = 0;
  try {
    for await (const line of lines) {
      number += 1;
      bytes += Buffer.byteLength(line) + 1;
      const played = plan.read(line, number);
      if (played === undefined) continue;
      if (played.at === undefined) due += (-Math.log(1 - plan.random()) * 1_000) / plan.rate;
      else {
        first ??= played.at;
        due = (played.at - first) / plan.speed;
      }
      if (sent + unsent >= plan.limit || due >= plan.lastsMs || plan.signal.aborted) break;
      const wait = due - elapsed();
      if (wait > 1) await sleep(wait, undefined, { signal: plan.signal }).catch(() => {});
      if (plan.signal.aborted) break;
      sender ??= plan.sender();
      if (sender.inFlight >= MOST_IN_FLIGHT) {
        unsent += 1;
        continue;
      }
      sent += 1;
      const one: Promise<void> = sender.send(played.body).then((outcome) => {
        counts.add(outcome);
        pending.delete(one);
      });
      pending.add(one);
      plan.onProgress({
        share: Math.min(1, Math.max(bytes / sizeBytes, due / plan.lastsMs, sent / plan.limit)),
        sent,
        answered: counts.count,
        seconds: elapsed() / 1_000,
      });
    }
    await Promise.all(pending);
    plan.onProgress({ share: 1, sent, answered: counts.count, seconds: elapsed() / 1_000 });
    return { ...counts.summary(), seconds: elapsed() / 1_000, unsent };
  } finally {
    lines.close();
    stream.destroy();
    sender?.close();
  }
}
