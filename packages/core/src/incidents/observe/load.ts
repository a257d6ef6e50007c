import type { GateSnapshot } from '../../admission/gate-types.ts';
import { queuePath, requestsPath, servicePath } from '../links.ts';
import { LEAST_DEVIATIONS, rateShift } from '../rate-shift.ts';
import type { Observation } from '../signal.ts';
import type { SignalSnapshot } from '../snapshot.ts';
import { percent, spell } from '../stamp.ts';
import { LEAST_USUAL_MS, longer } from './features.ts';

/** Pressure at which a gate begins to turn the lowest class away. */
const SATURATED = 0.7;
/** Milliseconds that latency must have grown by: less is noise of the machine. */
const LEAST_GROWTH_MS = 10;
/** Excess of failed attempts that matters, and how surprising it must be; less while the breaker is not closed. */
const FAILING_SHARE = 0.02;
const TRIPPED_SHARE = 0.002;
const TRIPPED_DEVIATIONS = 3;
/** Arrivals over what is usual. A day has its own ups and downs: only a multiple of them is a surge. */
const SURGE = 2;

function saturated(name: string, gate: GateSnapshot | undefined, link: string): Observation | undefined {
  if (gate === undefined || gate.closed || gate.tightened < 1 || gate.pressure < SATURATED) return undefined;
  return {
    kind: 'gate_saturated',
    name,
    strength: Math.min(1, 0.5 + 0.5 * (gate.pressure - SATURATED)),
    evidence: {
      text: `the gate of ${name} is at ${percent(gate.pressure)} of its target wait, ${gate.queued} waiting behind ${gate.inflight}`,
      figures: { pressure: gate.pressure, queued: gate.queued, limit: gate.effectiveLimit },
      link,
    },
  };
}

/** Latency, errors by kind, pressure, shedding, surges, and items that wait too long for a person. */
export function observeLoad(snapshot: SignalSnapshot, now: number): Observation[] {
  const found: Observation[] = [];
  const { service } = snapshot;
  const { recent, usual } = snapshot.traffic;
  const live = servicePath(service.name);
  const link = requestsPath(service.name, now - recent.spanMs, now);

  for (const gated of [
    { name: service.name, gate: service.gate },
    ...service.rungs.map((rung) => ({ name: rung.name, gate: rung.gate })),
  ]) {
    const full = saturated(gated.name, gated.gate, live);
    if (full !== undefined) found.push(full);
  }

  for (const [rung, now_] of Object.entries(recent.rungs)) {
    const before = usual.rungs[rung];
    const attempts = now_.answered + now_.failed + now_.timedOut;
    const attemptsBefore = (before?.answered ?? 0) + (before?.failed ?? 0) + (before?.timedOut ?? 0);
    // Few attempts open a breaker, and then there are none: what opened it counts although it is a small share.
    const tripped = service.rungs.some(
      ({ name, breaker }) => name === rung && breaker !== undefined && breaker.state !== 'closed',
    );
    const least = tripped ? TRIPPED_SHARE : FAILING_SHARE;
    const deviations = tripped ? TRIPPED_DEVIATIONS : LEAST_DEVIATIONS;
    const failing = rateShift(
      { bad: now_.failed, total: attempts },
      { bad: before?.failed ?? 0, total: attemptsBefore },
      least,
      deviations,
    );
    if (failing !== undefined) {
      found.push({
        kind: 'errors_upstream',
        name: rung,
        strength: failing.strength,
        evidence: {
          text: `${percent(failing.recent)} of attempts at ${rung} fail, usually ${percent(failing.usual)}`,
          figures: { recent: failing.recent, usual: failing.usual, attempts },
          link,
        },
      });
    }
    const timing = rateShift(
      { bad: now_.timedOut, total: attempts },
      { bad: before?.timedOut ?? 0, total: attemptsBefore },
      least,
      deviations,
    );
    if (timing !== undefined) {
      found.push({
        kind: 'errors_timeout',
        name: rung,
        strength: timing.strength,
        evidence: {
          text: `${percent(timing.recent)} of attempts at ${rung} run out of time, usually ${percent(timing.usual)}`,
          figures: { recent: timing.recent, usual: timing.usual, attempts },
          link,
        },
      });
    }
    const slower =
      before === undefined || usual.spanMs < LEAST_USUAL_MS
        ? undefined
        : longer(now_.bins, before.bins, LEAST_GROWTH_MS);
    if (slower !== undefined) {
      found.push({
        kind: 'latency_shift',
        name: rung,
        strength: slower.strength,
        evidence: {
          text: `${percent(slower.recent)} of answers of ${rung} take over ${spell(slower.overMs)}, usually ${percent(slower.usual)}`,
          figures: { recent: slower.recent, usual: slower.usual, over_ms: slower.overMs },
          link,
        },
      });
    }
  }

  const malformed = rateShift(
    { bad: recent.byError.upstream_malformed ?? 0, total: recent.total },
    { bad: usual.byError.upstream_malformed ?? 0, total: usual.total },
    0.01,
  );
  if (malformed !== undefined) {
    found.push({
      kind: 'errors_malformed',
      name: service.name,
      strength: malformed.strength,
      evidence: {
        text: `${percent(malformed.recent)} of requests end with something that is not an answer`,
        figures: { recent: malformed.recent, usual: malformed.usual },
        link,
      },
    });
  }

  const shed = rateShift(
    { bad: recent.byError.shed ?? 0, total: recent.total },
    { bad: usual.byError.shed ?? 0, total: usual.total },
    0.01,
  );
  const tightened = service.directives.some(({ order }) => order.kind === 'tighten');
  if (shed !== undefined && !tightened) {
    found.push({
      kind: 'shedding',
      name: service.name,
      strength: shed.strength,
      evidence: {
        text: `${percent(shed.recent)} of requests are turned away, usually ${percent(shed.usual)}`,
        figures: { recent: shed.recent, usual: shed.usual },
        link,
      },
    });
  }

  if (recent.spanMs > 0 && usual.spanMs > 600_000 && recent.total >= 50) {
    const ratio = recent.total / recent.spanMs / Math.max(1e-9, usual.total / usual.spanMs);
    if (ratio >= SURGE) {
      found.push({
        kind: 'load_surge',
        name: service.name,
        strength: Math.min(1, 0.4 + 0.3 * (ratio - SURGE)),
        evidence: {
          text: `${ratio.toFixed(1)} times as many requests as usual`,
          figures: { ratio, recent: recent.total },
          link,
        },
      });
    }
  }

  const { queue } = snapshot;
  if (queue !== undefined && queue.oldestMs > queue.targetMs) {
    found.push({
      kind: 'queue_age',
      name: service.name,
      strength: Math.min(1, 0.3 + (0.2 * queue.oldestMs) / queue.targetMs),
      evidence: {
        text: `the oldest held item has waited ${spell(queue.oldestMs)}, ${spell(queue.targetMs)} is the aim`,
        figures: { oldest_ms: queue.oldestMs, target_ms: queue.targetMs },
        link: queuePath(service.name),
      },
    });
  }
  return found;
}
