import { readFileSync } from 'node:fs';
import { seededRandom } from '@evenkeel/core';
import { z } from 'zod';
import { DATA_DIR } from './paths.ts';
import { sampleFile } from './prepare.ts';

const line = z.object({ input: z.record(z.string(), z.unknown()) });

/** What callers have got since the last question. */
export interface Heard {
  readonly answered: number;
  readonly unanswered: number;
  readonly levels: Readonly<Record<string, number>>;
  /** Milliseconds; undefined without an answer. */
  readonly p99: number | undefined;
}

/** Held-out mail at a steady rate, open loop, until it is stopped. */
export interface DemoLoad {
  setRate(rate: number): void;
  take(): Heard;
  stop(): void;
}

export function startLoad(gateway: string, first: number): DemoLoad {
  const bodies = readFileSync(sampleFile(DATA_DIR), 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.stringify(line.parse(JSON.parse(text)).input));
  const random = seededRandom(11);
  let rate = first;
  let stopped = false;
  let levels: Record<string, number> = {};
  let unanswered = 0;
  let times: number[] = [];

  async function one(body: string): Promise<void> {
    const began = performance.now();
    try {
      const response = await fetch(`${gateway}/v1/predict/moderation`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(5_000),
      });
      await response.arrayBuffer();
      if (response.status !== 200) {
        unanswered += 1;
        return;
      }
      const level = response.headers.get('evenkeel-level') ?? 'no level';
      levels[level] = (levels[level] ?? 0) + 1;
      times.push(performance.now() - began);
    } catch {
      unanswered += 1;
    }
  }
  function next(): void {
    if (stopped) return;
    const body = bodies[Math.floor(random() * bodies.length)] ?? '{}';
    void one(body);
    setTimeout(next, (-Math.log(1 - random()) * 1_000) / rate);
  }
  next();
  return {
    setRate(wanted) {
      rate = wanted;
    },
    take() {
      const sorted = times.sort((a, b) => a - b);
      const heard = {
        answered: sorted.length,
        unanswered,
        levels,
        p99: sorted[Math.max(0, Math.ceil(0.99 * sorted.length) - 1)],
      };
      times = [];
      levels = {};
      unanswered = 0;
      return heard;
    },
    stop() {
      stopped = true;
    },
  };
}
