// Published limiters, ported in our own words (from descriptions; failsafe-go from what its source does), with default settings. Each is `(now) => limiter` with
// `limit` and `sample(now, latencyMs, inflight, dropped)`; whoever exceeds the limit is refused at once, as they do by default.

const log10 = (limit) => Math.max(1, Math.floor(Math.log10(Math.max(1, Math.floor(limit)))));

/** Additive increase, multiplicative decrease on loss (Chiu and Jain 1989): +1 when busy, x 0.9 on a time-out. */
function aimd() {
  let limit = 20;
  return {
    get limit() {
      return limit;
    },
    sample(_now, _latency, inflight, dropped) {
      if (dropped) limit = Math.max(1, limit * 0.9);
      else if (inflight * 2 >= limit) limit = Math.min(200, limit + 1);
    },
  };
}

/** Netflix concurrency-limits, Vegas: every sample moves the limit; a probe now and then takes the sample as no-load. */
function vegas(random) {
  let limit = 20;
  let noLoad = 0;
  let count = 0;
  let jitter = 0.5 + random() / 2;
  return {
    get limit() {
      return limit;
    },
    sample(_now, latency, inflight, dropped) {
      count += 1;
      if (jitter * 30 * limit <= count) {
        jitter = 0.5 + random() / 2;
        count = 0;
        noLoad = latency;
        return;
      }
      if (noLoad === 0 || latency < noLoad) {
        noLoad = latency;
        return;
      }
      const step = log10(limit);
      if (dropped) limit -= step;
      else if (inflight * 2 < limit) return;
      else {
        const queue = Math.ceil(limit * (1 - noLoad / latency));
        if (queue <= step) limit += 6 * step;
        else if (queue < 3 * step) limit += step;
        else if (queue > 6 * step) limit -= step;
      }
      limit = Math.min(1000, Math.max(1, limit));
    },
  };
}

/** Netflix concurrency-limits, Gradient2: short against long average, behind a one-second window of means. */
function gradient2() {
  let limit = 20;
  let long = 0;
  let seen = 0;
  let sum = 0;
  let n = 0;
  let peak = 0;
  let nextAt = 0;
  return {
    get limit() {
      return limit;
    },
    sample(now, latency, inflight) {
      sum += latency;
      n += 1;
      peak = Math.max(peak, inflight);
      if (now < nextAt || n < 10) return;
      const short = sum / n;
      const most = peak;
      sum = 0;
      n = 0;
      peak = 0;
      nextAt = now + 1000;
      seen += 1;
      // The first ten are averaged plainly, then an exponential average over 600.
      long = seen <= 10 ? long + (short - long) / seen : long + (2 / 601) * (short - long);
      if (long / short > 2) long *= 0.95;
      if (most < limit / 2) return;
      const gradient = Math.max(0.5, Math.min(1, (1.5 * long) / short));
      limit = 0.8 * limit + 0.2 * (limit * gradient + 4);
      limit = Math.max(20, Math.min(200, limit));
    },
  };
}

/** Envoy's gradient controller: p50 every 100 ms against a minimum measured at concurrency 3 every minute. */
function envoy(random) {
  let limit = 3;
  let kept = 3;
  let measuring = true;
  let minimum = 0;
  let samples = [];
  let epochAt = 0;
  let nextAt = 100;
  let nextMeasure = 60_000;
  let atFloor = 0;
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const measure = (now) => {
    measuring = true;
    kept = limit;
    limit = 3;
    samples = [];
    epochAt = now;
  };
  return {
    get limit() {
      return limit;
    },
    sample(now, latency, _inflight, dropped) {
      if (dropped || now - latency < epochAt) return;
      samples.push(latency);
      if (measuring) {
        if (samples.length < 50) return;
        minimum = median(samples);
        measuring = false;
        limit = kept;
        samples = [];
        epochAt = now;
        nextMeasure = now + 60_000 * (1 + 0.15 * random());
        nextAt = now + 100;
        atFloor = 0;
        return;
      }
      if (now < nextAt) return;
      const gradient = Math.max(0.5, Math.min(2, (minimum * 1.25) / median(samples)));
      const target = gradient * limit;
      limit = Math.max(3, Math.min(1000, target + Math.sqrt(target)));
      samples = [];
      nextAt = now + 100;
      atFloor = limit <= 3 ? atFloor + 1 : 0;
      if (now >= nextMeasure || atFloor >= 5) measure(now);
    },
  };
}

/** Running average that is plain over `warm` values and exponential after. */
function average(window, warm) {
  let value = 0;
  let n = 0;
  return (x) => {
    n += 1;
    value = n <= warm ? value + (x - value) / n : value + (2 / (window + 1)) * (x - value);
    return value;
  };
}

/** Correlation and spread over the last `size` pairs. */
function correlation(size, warm) {
  const pairs = [];
  return (x, y) => {
    pairs.push([x, y]);
    if (pairs.length > size) pairs.shift();
    const n = pairs.length;
    if (n < warm) return { r: 0, cv: 0 };
    let mx = 0;
    let my = 0;
    for (const [a, b] of pairs) {
      mx += a / n;
      my += b / n;
    }
    let xx = 0;
    let yy = 0;
    let xy = 0;
    for (const [a, b] of pairs) {
      xx += (a - mx) ** 2;
      yy += (b - my) ** 2;
      xy += (a - mx) * (b - my);
    }
    const cv = my === 0 ? 0 : Math.sqrt(yy / n) / my;
    return { r: xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy), cv };
  };
}

/** failsafe-go's adaptive limiter: p90 windows, median of five, two averages, and correlations that forbid a rise. */
function failsafe() {
  let limit = 20;
  let samples = [];
  let least = Number.POSITIVE_INFINITY;
  let peak = 0;
  let nextAt = 0;
  const last = [];
  const recent = average(5, 10);
  const baseline = average(10, 10);
  const throughputs = correlation(50, 10);
  const latencies = correlation(50, 10);
  return {
    get limit() {
      return limit;
    },
    sample(now, latency, inflight, dropped, full) {
      if (!dropped) {
        samples.push(latency);
        least = Math.min(least, latency);
        peak = Math.max(peak, inflight);
      }
      if (now < nextAt || samples.length < 50) return;
      samples.sort((a, b) => a - b);
      last.push(samples[Math.floor(0.9 * samples.length)]);
      if (last.length > 5) last.shift();
      const middle = [...last].sort((a, b) => a - b)[Math.floor(last.length / 2)];
      const short = recent(middle);
      const long = baseline(short);
      const queue = Math.ceil(limit * (1 - long / short));
      const throughput = peak / (short / 1000);
      const t = throughputs(peak, throughput);
      const l = latencies(peak, short);
      const step = log10(limit);
      const rising = full && (t.r < 0 || (t.r < 0.3 && l.r > 0.5) || (t.cv < 0.2 && l.r > 0.5));
      let next = limit;
      if (queue > 6 * step || rising) next -= step;
      else if (queue < 3 * step) next += step;
      if (next > 5 * peak) next = limit - step;
      limit = Math.max(1, Math.min(200, next));
      nextAt = now + Math.min(30_000, Math.max(1000, 2 * least));
      samples = [];
      least = Number.POSITIVE_INFINITY;
      peak = 0;
    },
  };
}

/** A published limiter as a control of the simulation. */
const control = (make) => (host) => {
  const limiter = make(host.random);
  let inflight = 0;
  return {
    limit: () => limiter.limit,
    offer() {
      if (inflight >= Math.max(1, Math.floor(limiter.limit))) return undefined;
      inflight += 1;
      return { at: host.clock.now(), inflight };
    },
    done(handle, outcome) {
      const full = inflight >= Math.floor(limiter.limit);
      inflight -= 1;
      const now = host.clock.now();
      if (outcome !== 'ignored')
        limiter.sample(now, now - handle.at, handle.inflight, outcome === 'dropped', full);
    },
  };
};

/** Our gate as a control of the simulation. `waits`: how long a request may wait for room, ms. */
export const gateControl =
  (createGate, options, waits = 400) =>
  (host) => {
    const gate = createGate(options, host);
    let said;
    const verdict = (answer) => {
      if (answer.admitted) return answer;
      said = answer.retryAfterMs;
      return undefined;
    };
    return {
      limit: () => gate.snapshot().limit,
      retryAfterMs: () => said,
      refusals: () => gate.snapshot().refused,
      offer({ priority, tenant, cohort }) {
        const answer = gate.acquire({ priority, tenant, cohort, weight: 1 }, waits);
        return typeof answer.then === 'function' ? answer.then(verdict) : verdict(answer);
      },
      done: (ticket, outcome) => gate.release(ticket, outcome),
    };
  };

/** All that are compared. */
export function contestants(createGate) {
  return {
    evenkeel: gateControl(createGate, {}),
    'evenkeel, no waiting': gateControl(createGate, {}, 0),
    'evenkeel, p95 < 200 ms': gateControl(createGate, { limit: { kind: 'threshold', thresholdMs: 200 } }),
    'fixed at 10': gateControl(createGate, { limit: { kind: 'fixed', limit: 10 }, targetWaitMs: 25 }),
    'no limit': () => ({ limit: () => Number.POSITIVE_INFINITY, offer: () => ({}), done: () => {} }),
    AIMD: control(aimd),
    Vegas: control(vegas),
    Gradient2: control(gradient2),
    'Envoy gradient': control(envoy),
    'failsafe-go': control(failsafe),
  };
}
