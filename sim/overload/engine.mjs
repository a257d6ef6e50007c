// A discrete-event simulation of one service behind one admission control. Time is simulated, arrivals are Poisson and
// open-loop (nobody waits for an answer before sending the next request), and every run is a function of its seed.

/** A binary heap of events in order of time, then of creation. */
function eventQueue() {
  const heap = [];
  let order = 0;
  const before = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order);
  return {
    push(at, fn) {
      const event = { at, order: order++, fn };
      let i = heap.push(event) - 1;
      while (i > 0) {
        const p = (i - 1) >> 1;
        if (!before(event, heap[p])) break;
        heap[i] = heap[p];
        i = p;
      }
      heap[i] = event;
      return event;
    },
    pop() {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length === 0) return top;
      let i = 0;
      for (;;) {
        let c = 2 * i + 1;
        if (c >= heap.length) break;
        if (c + 1 < heap.length && before(heap[c + 1], heap[c])) c += 1;
        if (!before(heap[c], last)) break;
        heap[i] = heap[c];
        i = c;
      }
      heap[i] = last;
      return top;
    },
    get size() {
      return heap.length;
    },
  };
}

const quantile = (sorted, q) =>
  sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

/**
 * Runs one scenario.
 * @param scenario see scenarios.mjs
 * @param makeControl `(host) => control`: `offer(request)` answers undefined (refused), a handle, or a promise of either;
 *   `done(handle, outcome)`; `limit()`; `retryAfterMs` for the last refusal, where it says one
 * @param seededRandom the generator of @evenkeel/core
 */
export async function simulate(scenario, makeControl, seed, seededRandom) {
  const events = eventQueue();
  let now = 0;
  const random = seededRandom(seed);
  const controlRandom = seededRandom(seed + 7919);
  const exponential = (mean) => -mean * Math.log(1 - random());
  const host = {
    clock: { now: () => now, wall: () => now },
    timers: {
      after(ms, fn) {
        const event = events.push(now + Math.max(0, ms), fn);
        return () => {
          event.fn = undefined;
        };
      },
    },
    random: controlRandom,
  };
  const control = makeControl(host);
  const endMs = scenario.seconds * 1000;

  // The service: a pool of workers behind a first-come-first-served line of its own.
  let busy = 0;
  const line = [];
  let head = 0;
  function work() {
    while (busy < scenario.workers(now) && head < line.length) {
      const request = line[head++];
      if (head > 1024) {
        line.splice(0, head);
        head = 0;
      }
      // A caller that hung up is dropped from the line; one that hangs up later is served to the end for nothing.
      if (request.gone) continue;
      busy += 1;
      events.push(now + scenario.service(now, random, exponential), () => {
        busy -= 1;
        if (!request.gone) {
          request.gone = true;
          request.timer.fn = undefined;
          control.done(request.handle, 'success');
          finished(request);
        }
        work();
      });
    }
  }

  const seconds = Array.from({ length: scenario.seconds + 2 }, () => ({ offered: 0, good: 0 }));
  const records = [];
  const limits = [];

  function finished(request) {
    const second = seconds[Math.floor(request.firstAt / 1000)];
    second.good += 1;
    request.latency = now - request.at;
    request.good = true;
  }

  function admitted(request, handle) {
    request.handle = handle;
    if (now >= request.deadline) {
      control.done(handle, 'ignored');
      return;
    }
    request.timer = events.push(request.deadline, () => {
      request.gone = true;
      control.done(handle, 'dropped');
    });
    line.push(request);
    work();
  }

  function refused(request) {
    if (scenario.retries === undefined || request.tries >= scenario.retries) return;
    const said = control.retryAfterMs?.();
    const backoff = said ?? 100 * 2 ** request.tries;
    events.push(now + backoff * (0.5 + random()), () => send({ ...request, tries: request.tries + 1 }));
  }

  function send(request) {
    request.at = now;
    request.deadline = now + scenario.deadlineMs;
    const answer = control.offer(request);
    const settle = (handle) => (handle === undefined ? refused(request) : admitted(request, handle));
    if (answer !== undefined && typeof answer.then === 'function') answer.then(settle);
    else settle(answer);
    if (request.record === undefined) return;
    request.record.last = request;
  }

  for (const flow of scenario.flows) {
    const next = () => {
      if (now >= endMs) return;
      const record = { firstAt: now, priority: flow.priority, tenant: flow.tenant, last: undefined };
      records.push(record);
      seconds[Math.floor(now / 1000)].offered += 1;
      send({
        record,
        firstAt: now,
        tries: 0,
        priority: flow.priority,
        tenant: flow.tenant,
        cohort: random(),
        gone: false,
        good: false,
        latency: 0,
        at: 0,
        deadline: 0,
        timer: undefined,
        handle: undefined,
      });
      events.push(now + exponential(1000 / flow.rate), next);
    };
    events.push(exponential(1000 / flow.rate), next);
  }
  for (let s = 1; s <= scenario.seconds; s++) {
    events.push(s * 1000, () => {
      limits[s] = control.limit();
      // Workers may have come back.
      work();
    });
  }

  while (events.size > 0) {
    const event = events.pop();
    if (event.fn === undefined) continue;
    now = event.at;
    if (now > endMs + scenario.deadlineMs) break;
    event.fn();
    // A gate answers those who wait by promise: let them run before time moves on.
    await undefined;
    await undefined;
  }

  return {
    phases: scenario.phases.map((phase) => summarise(phase, records, seconds, limits)),
    refusals: control.refusals?.(),
  };
}

/** What one phase of a run looked like. */
function summarise(phase, records, seconds, limits) {
  const { from, to, capacity } = phase;
  const inside = records.filter((r) => r.firstAt >= from * 1000 && r.firstAt < to * 1000);
  const good = inside.filter((r) => r.last?.good);
  const latencies = good.map((r) => r.last.latency).sort((a, b) => a - b);
  // What came, not what should have come on average: at low rates chance is the larger part.
  const reachable = Math.min(inside.length / (to - from), capacity);
  const shareOf = (part) => {
    const all = inside.filter(part);
    return all.length === 0 ? undefined : all.filter((r) => r.last?.good).length / all.length;
  };
  const range = limits.slice(from + 1, to + 1).filter((l) => l !== undefined);
  const result = {
    name: phase.name,
    goodputRps: good.length / (to - from),
    goodput: good.length / (to - from) / reachable,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    limitLow: Math.min(...range),
    limitHigh: Math.max(...range),
    priority0: shareOf((r) => r.priority === 0),
    tenants: Object.fromEntries(
      [...new Set(inside.map((r) => r.tenant))].map((t) => [t, shareOf((r) => r.tenant === t)]),
    ),
    classes: [0, 1, 2, 3].map((p) => shareOf((r) => r.priority === p)),
  };
  if (phase.recoverFrom !== undefined) {
    // Recovered: from here on ten seconds together reach 85 % of what any control could have.
    result.recoverySeconds = Number.POSITIVE_INFINITY;
    for (let s = phase.recoverFrom; s + 10 <= to; s++) {
      let sum = 0;
      for (let i = s; i < s + 10; i++) sum += seconds[i].good;
      if (sum / 10 >= 0.85 * reachable * (phase.attainable ?? 1)) {
        result.recoverySeconds = s - phase.recoverFrom;
        break;
      }
    }
  }
  return result;
}
