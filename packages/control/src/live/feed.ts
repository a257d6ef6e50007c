import { listeners } from '@evenkeel/core';

/** What changed: the page reads it again. `key` narrows it down (a service, an incident). */
export interface LiveEvent {
  readonly sequence: number;
  readonly topic:
    | 'services'
    | 'objectives'
    | 'incidents'
    | 'experiments'
    | 'runs'
    | 'monitors'
    | 'queues'
    | 'audit';
  readonly key: string;
}

/** The last changes, for whoever looks and for whoever comes back after a break. */
export interface LiveFeed {
  publish(topic: LiveEvent['topic'], key?: string): void;
  /** Events after a sequence; undefined when some of them are not kept any more: read everything again. */
  after(sequence: number): readonly LiveEvent[] | undefined;
  latest(): number;
  on(listener: (event: LiveEvent) => void): () => void;
}

const KEPT = 1_000;

export function liveFeed(): LiveFeed {
  const kept: LiveEvent[] = [];
  const told = listeners<LiveEvent>();
  let sequence = 0;
  return {
    publish(topic, key = '') {
      sequence += 1;
      const event = { sequence, topic, key };
      kept.push(event);
      if (kept.length > KEPT) kept.shift();
      told.emit(event);
    },
    after(from) {
      if (from > sequence) return undefined;
      if (from === sequence) return [];
      const first = kept[0]?.sequence ?? sequence + 1;
      return from + 1 < first ? undefined : kept.filter((event) => event.sequence > from);
    },
    latest: () => sequence,
    on: told.on,
  };
}
