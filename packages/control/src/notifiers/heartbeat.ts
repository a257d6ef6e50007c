import type { ServiceConfig } from '@evenkeel/config';
import type { Clock } from '@evenkeel/core';
import type { Delivery } from './notification.ts';
import { deliver } from './post.ts';

const TIMEOUT_MS = 10_000;

/**
 * Calls the addresses of the files as long as this control plane gets its rounds done: whoever stops hearing it raises the alarm,
 * for evenkeel cannot say that it has fallen silent.
 */
export function heartbeat(parts: {
  readonly configs: () => Iterable<ServiceConfig>;
  readonly clock: Clock;
  /** Told when a beat does not arrive, and when one does again. */
  readonly tell: (what: string, reason: string) => void;
}): { readonly beat: () => void } {
  const { clock, tell } = parts;
  const last = new Map<string, number>();
  const failing = new Set<string>();

  function heard(service: string, result: Delivery): void {
    if (result.kind === 'sent') {
      if (failing.delete(service)) tell(`${service}: the heartbeat is heard again`, result.detail);
      return;
    }
    if (failing.has(service)) return;
    failing.add(service);
    tell(`${service}: the heartbeat is not heard`, result.reason);
  }

  return {
    beat() {
      for (const { name, incidents } of parts.configs()) {
        const { heartbeat: wanted } = incidents;
        if (
          wanted === undefined ||
          clock.now() - (last.get(name) ?? Number.NEGATIVE_INFINITY) < wanted.everyMs
        )
          continue;
        last.set(name, clock.now());
        const url = typeof wanted.url === 'string' ? wanted.url : wanted.url.reveal();
        const body = JSON.stringify({ service: name, at: Math.round(clock.wall()) });
        void deliver({
          url,
          body,
          headers: {},
          signal: AbortSignal.timeout(TIMEOUT_MS),
          internal: wanted.internal,
        }).then((result) => heard(name, result));
      }
    },
  };
}
