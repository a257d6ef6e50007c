import { type Clock, describeError, type Objective } from '@evenkeel/core';
import type { Retention, Store } from '@evenkeel/store';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Labels may come this late; minutes inside a window and this are never given up. */
const LABELS_MS = 30 * DAY_MS;
const EVERY_MS = 10 * 60_000;
/** Contents of decided items are forgotten within this of their time. */
const CONTENTS_EVERY_MS = 60_000;

function longestWindow(objectives: Iterable<Objective>): number {
  let longest = 30 * DAY_MS;
  for (const { window } of objectives) {
    longest = Math.max(longest, window.kind === 'rolling' ? window.lengthMs : 366 * DAY_MS);
  }
  return longest;
}

/** How long each kind is kept, for the windows of these objectives. */
export function retentionFor(objectives: Iterable<Objective>): Retention {
  return {
    rollupsMs: HOUR_MS,
    seriesMs: longestWindow(objectives) + LABELS_MS,
    predictionsMs: LABELS_MS + 5 * DAY_MS,
    predictionsMax: 5_000_000,
    recordsMs: 7 * DAY_MS,
    factsMs: 400 * DAY_MS,
    auditMs: 400 * DAY_MS,
  };
}

/** Deletes what is older than it may become, now and then; one process does it. */
export function maintenance(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly objectives: () => Iterable<Objective>;
  readonly tell: (what: string, reason: string) => void;
}): { readonly step: () => void } {
  const { store, clock, tell } = parts;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let contentsAt = Number.NEGATIVE_INFINITY;
  let running = false;

  async function sweep(): Promise<void> {
    const deleted = await store.sweep(retentionFor(parts.objectives()));
    const kinds = Object.entries(deleted).filter(([, rows]) => rows > 0);
    if (kinds.length > 0) {
      tell('old data was deleted', kinds.map(([kind, rows]) => `${rows} ${kind}`).join(', '));
    }
  }

  return {
    /** Begins what is due; never waits for it, for a big sweep takes seconds. */
    step() {
      const now = clock.now();
      if (running) return;
      const work: Promise<unknown>[] = [];
      if (now - contentsAt >= CONTENTS_EVERY_MS) {
        contentsAt = now;
        work.push(store.queues.sweep());
      }
      if (now - sweptAt >= EVERY_MS) {
        sweptAt = now;
        work.push(sweep());
      }
      if (work.length === 0) return;
      running = true;
      void Promise.all(work)
        .catch((error: unknown) => tell('old data could not be deleted', describeError(error)))
        .finally(() => {
          running = false;
        });
    },
  };
}
