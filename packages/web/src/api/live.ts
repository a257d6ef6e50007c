import { authorization } from './client.ts';
import { backoffMs, eventParser, follows } from './events.ts';
import { onKey } from './session.ts';

/** How the connection to the process stands. */
export type LiveState = 'connecting' | 'live' | 'lost';

const PATH = '/api/v1/events';
/** Longer than two of the server's heartbeats: a connection that says nothing for so long is dead. */
const SILENCE_MS = 40_000;

const topics = new Set<(topic: string | undefined) => void>();
const states = new Set<(state: LiveState) => void>();
let state: LiveState = 'connecting';
let last: number | undefined;
let started = false;
let current: AbortController | undefined;

function become(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of states) listener(next);
}

function tell(topic: string | undefined): void {
  for (const listener of topics) listener(topic);
}

export function liveState(): LiveState {
  return state;
}

export function onLiveState(listener: (state: LiveState) => void): () => void {
  states.add(listener);
  return () => states.delete(listener);
}

/** Calls for each topic that changed; without a topic: anything may have changed, read all again. */
export function onChange(listener: (topic: string | undefined) => void): () => void {
  topics.add(listener);
  return () => topics.delete(listener);
}

/** Reads one connection to its end. Resolves with the wait that the server asks for. */
async function follow(abort: AbortController): Promise<number | undefined> {
  const response = await fetch(PATH, {
    headers: { ...authorization(), ...(last === undefined ? {} : { 'last-event-id': String(last) }) },
    signal: abort.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`the event stream answered ${response.status}`);
  const parser = eventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let timer = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return parser.retryMs();
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE_MS);
      become('live');
      for (const event of parser.push(value)) {
        const id = Number(event.id);
        const missed = event.event === 'reset' || !follows(last, id);
        last = Number.isSafeInteger(id) ? id : undefined;
        tell(missed ? undefined : event.event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Follows the process for as long as the page lives: comes back after every break, and catches up. */
export function startLive(): void {
  if (started) return;
  started = true;
  onKey(() => current?.abort());
  let wake: () => void = () => {};
  addEventListener('offline', () => current?.abort());
  addEventListener('online', () => wake());
  let attempt = 0;
  const run = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      current = new AbortController();
      let wait: number | undefined;
      try {
        wait = await follow(current);
      } catch {
        // Told by the state; the next round tries again.
      }
      attempt = performance.now() - began > 5_000 ? 0 : attempt + 1;
      become('lost');
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, backoffMs(attempt, wait ?? 500, Math.random()));
      });
    }
  };
  void run();
}
