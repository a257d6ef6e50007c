import { TOPICS, type Topic } from './topics.ts';

/** Who waits for which topic, and who has missed what. */
export interface Changes {
  /** Wakes all who wait for the topics. */
  announce(topics: readonly Topic[]): void;
  announceAll(): void;
  /**
   * Resolves at the next announcement, when the signal aborts, or after `atMostMs`. Who calls again with the same signal
   * is told at once of what was announced since it was woken: nothing falls between two waits.
   */
  wait(topic: Topic, signal: AbortSignal, atMostMs: number): Promise<void>;
  /** How many wait now. */
  waiting(): number;
}

export function createChanges(): Changes {
  const generations = new Map<Topic, number>();
  const seen = new WeakMap<AbortSignal, Map<Topic, number>>();
  const waiters = new Map<Topic, Set<() => void>>();
  const generationOf = (topic: Topic): number => generations.get(topic) ?? 0;

  function announce(topics: readonly Topic[]): void {
    for (const topic of topics) {
      generations.set(topic, generationOf(topic) + 1);
      for (const wake of waiters.get(topic) ?? []) wake();
    }
  }

  return {
    announce,
    announceAll: () => announce(TOPICS),
    waiting: () => [...waiters.values()].reduce((sum, set) => sum + set.size, 0),
    wait(topic, signal, atMostMs) {
      const known = seen.get(signal) ?? new Map<Topic, number>();
      seen.set(signal, known);
      const last = known.get(topic);
      if (signal.aborted || (last !== undefined && last !== generationOf(topic))) {
        known.set(topic, generationOf(topic));
        return Promise.resolve();
      }
      const set = waiters.get(topic) ?? new Set();
      waiters.set(topic, set);
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          set.delete(wake);
          known.set(topic, generationOf(topic));
          resolve();
        };
        const timer = setTimeout(wake, atMostMs);
        timer.unref();
        signal.addEventListener('abort', wake);
        set.add(wake);
      });
    },
  };
}
