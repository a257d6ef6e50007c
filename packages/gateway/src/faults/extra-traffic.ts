import {
  armOf,
  type BlastRadius,
  type CancelTimer,
  type Clock,
  type FaultSpec,
  idMaker,
  type Priority,
  type Random,
  type RequestRecord,
  type ServingService,
  type Timers,
} from '@evenkeel/core';
import type { CorpusRow } from './corpus.ts';

type Overload = Extract<FaultSpec, { type: 'capacity_overload' }>;

/** Real requests beside the real ones, of kind `chaos`. */
export interface ExtraTraffic {
  /** Hears every finished request of the service. */
  heard(record: RequestRecord): void;
  /** Whether a request in flight is one of its own. */
  owns(requestId: string): boolean;
  counts(): { readonly sent: number; readonly dropped: number; readonly inFlight: number };
  stop(): void;
}

interface Sender {
  readonly priority: Priority;
  readonly tenant: string;
  readonly user: string;
}

/** In flight at once, at most: an overload that cannot end would outlive its fault. */
const MAX_IN_FLIGHT = 2_000;
/** Extra requests follow the arrival that they are made from within this many milliseconds: bursts stay bursts. */
const SPREAD_MS = 250;
/** Arrivals seen before the measured share of the radius is believed rather than the stated one. */
const LEARNT_AFTER = 50;

/**
 * Makes traffic for an overload. Its answers go nowhere, and whoever queues on behalf of requests asks {@link ExtraTraffic.owns}
 * first: nothing that a person or another system would see comes of it.
 * @param struck told of each request sent
 */
export function extraTraffic(
  spec: Overload,
  radius: BlastRadius,
  corpus: readonly CorpusRow[],
  service: Pick<ServingService, 'name' | 'predict' | 'onRecord' | 'onSeen'> & { readonly deadlineMs: number },
  host: { readonly clock: Clock; readonly timers: Timers; readonly random: Random },
  struck: (count: number) => void,
): ExtraTraffic {
  const { clock, timers, random } = host;
  const { pattern, retries } = spec;
  const newId = idMaker('chaos', clock, random);
  const waiting = new Set<CancelTimer>();
  /** Own requests in flight, and how often each has been tried. */
  const own = new Map<string, number>();
  let stopped = false;
  let sent = 0;
  let dropped = 0;
  let seen = 0;
  let inRadius = 0;
  let next = Math.floor(random() * corpus.length);
  let last: Sender = { priority: 3, tenant: 'chaos', user: 'chaos' };
  let tokens = spec.ceilingPerSecond;
  let tokensAt = clock.now();
  let mirroredAt = Number.NEGATIVE_INFINITY;

  function admitted(): boolean {
    const now = clock.now();
    tokens = Math.min(spec.ceilingPerSecond, tokens + ((now - tokensAt) / 1_000) * spec.ceilingPerSecond);
    tokensAt = now;
    if (tokens < 1 || own.size >= MAX_IN_FLIGHT) {
      dropped += 1;
      return false;
    }
    tokens -= 1;
    return true;
  }

  function send(sender: Sender, attempt: number, chosen?: CorpusRow): void {
    if (stopped || !admitted()) return;
    const row = chosen ?? corpus[next];
    if (chosen === undefined) next = (next + 1) % corpus.length;
    if (row === undefined) return;
    const id = newId();
    own.set(id, attempt);
    sent += 1;
    struck(1);
    void service
      .predict({
        id,
        service: service.name,
        input: row.input,
        caller: { tenant: row.tenant ?? sender.tenant, user: row.user ?? sender.user, tier: undefined },
        priority: row.priority ?? sender.priority,
        deadlineMs: service.deadlineMs,
        weight: 1,
        stream: false,
        signal: undefined,
        traceId: undefined,
        kind: 'chaos',
      })
      .finally(() => own.delete(id));
  }

  function later(ms: number, fn: () => void): void {
    const cancel = timers.after(ms, () => {
      waiting.delete(cancel);
      if (!stopped) fn();
    });
    waiting.add(cancel);
  }

  /** Where little arrives by itself: evenly random gaps (a Poisson process), left out while arrivals make enough. */
  function floor(perSecond: number): void {
    later((-Math.log(1 - random()) * 1_000) / perSecond, () => {
      if (clock.now() - mirroredAt > 1_000 / perSecond) send(last, 0);
      floor(perSecond);
    });
  }

  /** One timer at a time, whatever the length of the recording. */
  function play(speed: number): void {
    const rows = corpus.map((row) => ({ row, atMs: row.atMs ?? 0 })).sort((one, two) => one.atMs - two.atMs);
    const length = Math.max(1, rows.at(-1)?.atMs ?? 1);
    let startedAt = clock.now();
    const step = (i: number): void => {
      const due = rows[i];
      if (due === undefined) {
        // A gap as wide as the mean one, so that the end does not fall upon the beginning.
        startedAt += (length + length / rows.length) / speed;
        step(0);
        return;
      }
      later(startedAt + due.atMs / speed - clock.now(), () => {
        send(last, 0, due.row);
        step(i + 1);
      });
    };
    step(0);
  }

  if (pattern.kind === 'recording') play(pattern.speed);
  else if (pattern.floorPerSecond > 0) floor(pattern.floorPerSecond);

  return {
    heard(record) {
      if (stopped || record.kind === 'shadow') return;
      const attempt = own.get(record.id) ?? 0;
      const hit = armOf(radius, record) === 'experiment';
      const sender: Sender = { priority: record.priority, tenant: record.tenant, user: record.user };
      if (record.kind === 'live') {
        seen += 1;
        if (hit) {
          inRadius += 1;
          last = sender;
        }
      }
      if (!hit) return;
      if (record.kind === 'live' && pattern.kind === 'multiple' && pattern.multiple > 1) {
        const share = seen < LEARNT_AFTER ? radius.share : inRadius / seen;
        const wanted = (pattern.multiple - 1) / Math.max(share, 0.001);
        const copies = Math.floor(wanted) + (random() < wanted % 1 ? 1 : 0);
        mirroredAt = clock.now();
        for (let i = 0; i < copies; i++) later(random() * SPREAD_MS, () => send(sender, 0));
      }
      const angry = record.status === 429 || record.status >= 500;
      if (
        retries !== undefined &&
        attempt < retries.attempts &&
        (angry || record.durationMs > retries.slowerThanMs)
      )
        later(0, () => send(sender, attempt + 1));
    },
    owns: (id) => own.has(id),
    counts: () => ({ sent, dropped, inFlight: own.size }),
    stop() {
      stopped = true;
      for (const cancel of waiting) cancel();
      waiting.clear();
    },
  };
}
