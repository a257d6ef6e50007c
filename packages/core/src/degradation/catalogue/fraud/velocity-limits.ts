import type { CatalogueHandler, CatalogueHost } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA, REQUEST } from '../read.ts';
import { keyAt, type Path, parsePath } from './fields.ts';

interface Limit {
  readonly name: string;
  readonly path: Path;
  readonly windowMs: number;
  readonly max: number;
  /** Key → the times of its last `max` events, a ring. Insertion order is order of use: the first key is the oldest. */
  readonly seen: Map<string, Ring>;
}

interface Ring {
  readonly times: Float64Array;
  next: number;
  count: number;
}

function inWindow(ring: Ring, now: number, windowMs: number): number {
  let held = 0;
  for (let i = 0; i < ring.count; i++) if (now - (ring.times[i] ?? 0) < windowMs) held += 1;
  return held;
}

/** Counts one event; gives the events in the window with it, at most `max` + 1: more than that is only "too many". */
function count(limit: Limit, key: string, now: number, maxKeys: number): number {
  let ring = limit.seen.get(key);
  if (ring === undefined) {
    if (limit.seen.size >= maxKeys) {
      const oldest = limit.seen.keys().next();
      if (oldest.done !== true) limit.seen.delete(oldest.value);
    }
    ring = { times: new Float64Array(limit.max), next: 0, count: 0 };
  } else {
    limit.seen.delete(key);
  }
  limit.seen.set(key, ring);
  const before = inWindow(ring, now, limit.windowMs);
  ring.times[ring.next] = now;
  ring.next = (ring.next + 1) % limit.max;
  ring.count = Math.min(limit.max, ring.count + 1);
  return before + 1;
}

/**
 * `velocity_limits`: a card or account that does more in a while than people do. Exact sliding windows on the host's
 * monotonic clock. An event over the limit counts too, so a burst stays flagged while it goes on.
 * Data: `limits` (list of `{key, window_ms, max, name}`: more than `max` events of the same `key`, a path into the
 * input, within `window_ms` is too many; `max` at most 1 000), `max_keys` (kept for each limit, default 100 000; the
 * key unused for longest is forgotten first), `label` (default `fraud`), `otherwise` (default `legitimate`).
 * Memory: at most limits × max_keys × max × 8 bytes and the keys. Each replica counts for itself.
 * A request that lacks a limit's key is not counted there; one that lacks all of them is a bad request.
 * `score` is the highest share of a limit that is used up, above 1 when over.
 */
export function velocityLimits(data: unknown, host: CatalogueHost): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['limits', 'max_keys', 'label', 'otherwise']);
  const maxKeys = DATA.number(fields.max_keys, 'with.max_keys', {
    min: 1,
    max: 10_000_000,
    integer: true,
    fallback: 100_000,
  });
  const label = DATA.text(fields.label, 'with.label', { min: 1, fallback: 'fraud' });
  const otherwise = DATA.text(fields.otherwise, 'with.otherwise', { min: 1, fallback: 'legitimate' });
  const limits: readonly Limit[] = DATA.list(fields.limits, 'with.limits', { min: 1, max: 20 }).map(
    (entry, i) => {
      const where = `with.limits[${i}]`;
      const limit = DATA.fields(entry, where, ['key', 'window_ms', 'max', 'name']);
      const key = DATA.text(limit.key, `${where}.key`, { min: 1, max: 200 });
      const windowMs = DATA.number(limit.window_ms, `${where}.window_ms`, {
        min: 1,
        max: 86_400_000 * 31,
      });
      const max = DATA.number(limit.max, `${where}.max`, { min: 1, max: 1000, integer: true });
      const name = DATA.text(limit.name, `${where}.name`, {
        min: 1,
        fallback: `${key}: ${max} in ${windowMs} ms`,
      });
      return { name, path: parsePath(key), windowMs, max, seen: new Map() };
    },
  );
  const keys = limits.map((limit) => `input.${limit.path.join('.')}`).join(' or ');
  const version = fingerprint(data);

  return (request) => {
    const input = REQUEST.fields(request.input, 'input');
    const now = host.clock.now();
    const exceeded: string[] = [];
    let score = 0;
    let counted = 0;
    for (const limit of limits) {
      const key = keyAt(input, limit.path);
      if (key === undefined) continue;
      counted += 1;
      const events = count(limit, key, now, maxKeys);
      score = Math.max(score, events / limit.max);
      if (events > limit.max) exceeded.push(limit.name);
    }
    if (counted === 0) REQUEST.fail(keys, 'an id (text or a number)', undefined);
    const said = exceeded.length > 0 ? label : otherwise;
    return {
      kind: 'value',
      output: { label: said, score, exceeded },
      model: 'builtin:velocity_limits',
      version,
      label: said,
      score,
    };
  };
}
