// A recommender behind the real pipeline: people ask, a feature server and a model answer in simulated time, clicks and labels come
// later. Faults are done to the parts of this world (see faults.mjs), never to what is measured of it.
import { createTrainer } from './trainer.mjs';

export const ITEMS = 8;
export const CHANNELS = ['web', 'app', 'partner', 'mail'];
const ENTITIES = 400;
const DEADLINE_MS = 500;
const item = (k) => `item-${k}`;

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** What can be turned in the world; faults turn it, and turn it back. */
export function initialConditions() {
  return {
    rate: 1,
    features: { mode: 'up', slow: 1, stalled: false, missing: 0 },
    model: { mode: 'up', slow: 1, heavy: 0, errors: 0, workers: 8, version: '1' },
    input: (value) => value,
    amountShift: 0,
    channelMix: [0.45, 0.35, 0.12, 0.08],
    attack: 0,
    bypass: false,
    explore: 0.12,
    naive: false,
  };
}

export function createWorld({ core, seed, shape, day = false }) {
  const random = core.seededRandom(seed);
  const clock = core.fakeClock(0, Date.UTC(2026, 5, 1));
  const host = { clock, timers: clock, random: core.seededRandom(seed + 77) };
  const conditions = initialConditions();

  // --- the truth, and a model of it -------------------------------------------------------------------------------------
  const weights = core.seededRandom(5);
  const truth = Array.from({ length: ITEMS }, () =>
    Array.from({ length: 8 }, () => 1.6 * (2 * weights() - 1)),
  );
  const versions = new Map();
  versions.set('1', {
    w: truth.map((row) => row.map((v) => v + 0.15 * normal(weights))),
    bias: new Array(ITEMS).fill(0),
  });
  const vector = (input, features) => {
    const amount = typeof input.amount === 'number' && input.amount > 0 ? Math.log(input.amount) - 3 : 0;
    const length = typeof input.length === 'number' && input.length > 0 ? Math.log(input.length) - 4 : 0;
    const x = [Math.max(-4, Math.min(4, amount)), Math.max(-4, Math.min(4, length)), 0, 0, 0, 0, 0, 0];
    const channel = CHANNELS.indexOf(input.channel);
    if (channel >= 0) x[2 + channel] = 0.8;
    if (typeof features?.history === 'number') x[6] = (features.history - 2) / 2;
    if (typeof features?.trust === 'number') x[7] = 2 * (features.trust - 0.5);
    return x;
  };
  const dot = (row, x) => {
    let s = 0;
    for (let j = 0; j < 8; j++) s += row[j] * x[j];
    return s;
  };
  function answer(version, x, explore) {
    const model = versions.get(version);
    const s = model.w.map((row, k) => dot(row, x) + model.bias[k]);
    const top = Math.max(...s);
    const e = s.map((v) => Math.exp(v - top));
    const sum = e.reduce((a, b) => a + b, 0);
    const explored = random() < explore;
    const k = explored ? Math.floor(random() * ITEMS) : s.indexOf(top);
    return { k, explored, confidence: Math.max(...e) / sum };
  }
  function favourite(x) {
    let best = 0;
    let high = Number.NEGATIVE_INFINITY;
    truth.forEach((row, k) => {
      const s = dot(row, x) - 0.7 * Math.log(-Math.log(1 - random() * 0.999999));
      if (s > high) {
        high = s;
        best = k;
      }
    });
    return best;
  }

  // --- the feature server -------------------------------------------------------------------------------------------------
  const store = Array.from({ length: ENTITIES }, () => ({
    history: Math.max(0, 2 + normal(random)),
    trust: Math.min(1, Math.max(0, 0.5 + 0.2 * normal(random))),
  }));
  let materialisedAt = 0;
  const cache = new Map();
  function cached(request, reason) {
    const known = cache.get(request.input.entity);
    if (known === undefined || clock.now() - known.at > 900_000)
      return { set: undefined, fresh: false, reason, durationMs: 0 };
    return {
      set: {
        values: known.values,
        source: 'cache',
        ageMs: clock.now() - known.event,
        missing: known.missing,
      },
      fresh: false,
      reason,
      durationMs: 0,
    };
  }
  const requestFeatures = {
    readCached: (request) => cached(request, 'from the cache'),
    read(request, _signal, budgetMs) {
      const { features } = conditions;
      const began = clock.now();
      const late = (reason) => ({ ...cached(request, reason), durationMs: clock.now() - began });
      // What the health check knows to be down is not asked.
      if (!health.feast.up) return cached(request, 'the feature server is down');
      if (features.mode === 'refused') return cached(request, 'connection refused');
      const took =
        features.mode === 'silent'
          ? Number.POSITIVE_INFINITY
          : features.slow * 6 * Math.exp(0.4 * normal(random));
      return new Promise((resolve) => {
        if (took > budgetMs) {
          clock.after(budgetMs, () => resolve(late('no answer in time')));
          return;
        }
        clock.after(took, () => {
          if (!features.stalled && clock.now() - materialisedAt > 60_000) materialisedAt = clock.now();
          const row = store[request.input.entity] ?? {};
          const missing = [];
          const values = {};
          for (const name of ['history', 'trust']) {
            if (random() < 0.004 + features.missing) missing.push(name);
            else values[name] = row[name];
          }
          const set = { values, source: 'online', ageMs: clock.now() - materialisedAt, missing };
          cache.set(request.input.entity, { at: clock.now(), event: materialisedAt, values, missing });
          resolve({ set, fresh: true, reason: 'ok', durationMs: clock.now() - began });
        });
      });
    },
  };

  // --- the model server: a pool of workers behind a line -------------------------------------------------------------------
  let busy = 0;
  const line = [];
  function work() {
    while (line.length > 0 && busy < conditions.model.workers) {
      const job = line.shift();
      if (job.gone()) continue;
      busy += 1;
      const { model } = conditions;
      let took = model.slow * 45 * Math.exp(0.35 * normal(random));
      if (random() < model.heavy) took += 400 + 600 * random();
      clock.after(took, () => {
        busy -= 1;
        job.done();
        work();
      });
    }
  }
  const primary = (request, context) => {
    const { model } = conditions;
    if (model.mode === 'refused')
      return Promise.reject(new core.EvenkeelError('upstream_error', 'connection refused'));
    if (random() < 0.002 + model.errors)
      return Promise.reject(new core.EvenkeelError('upstream_error', 'the model said 500'));
    return new Promise((resolve) => {
      let gone = false;
      context.cancellation.addEventListener('abort', () => {
        gone = true;
      });
      line.push({
        gone: () => gone,
        done() {
          if (gone) return;
          const { k, explored, confidence } = answer(
            model.version,
            vector(request.input, context.features?.values),
            conditions.explore,
          );
          const harm = request.input.attack === true ? random() < 0.8 : random() < 0.001;
          resolve({
            kind: 'value',
            output: { item: item(k), explored, harm },
            model: 'recommender',
            version: model.version,
            label: item(k),
            confidence,
          });
        },
      });
      work();
    });
  };
  const simple = (request) => {
    const k = CHANNELS.indexOf(request.input.channel);
    return {
      kind: 'value',
      output: { item: item(k < 0 ? 0 : k) },
      model: 'simple',
      version: '1',
      label: item(k < 0 ? 0 : k),
      confidence: 0.4,
    };
  };

  // --- the service ----------------------------------------------------------------------------------------------------------
  let health = { feast: core.initialHealth(0), recommender: core.initialHealth(0) };
  const breaker = core.createBreaker({ recoveryMs: 10_000, growth: 2, maxRecoveryMs: 60_000 }, host);
  const gate = core.createGate({ limit: { kind: 'fixed', limit: 12 }, targetWaitMs: 40 }, host);
  const rung = (change) => ({
    qualityImpact: 'none',
    budgetMs: 400,
    features: 'none',
    dependencies: [],
    maxWaitMs: 120,
    overflow: true,
    breaker: undefined,
    gate: undefined,
    ...change,
  });
  const rungs = [
    rung({
      name: 'primary',
      level: 'full_service',
      features: 'fresh',
      dependencies: ['feast', 'recommender'],
      attemptKey: 'recommender',
      breaker,
      gate,
      handler: primary,
    }),
    rung({
      name: 'primary-cached',
      level: 'cached_features',
      features: 'cached',
      dependencies: ['recommender'],
      attemptKey: 'recommender',
      breaker,
      gate,
      overflow: false,
      handler: primary,
      qualityImpact: 'features up to 15 min old',
    }),
    rung({
      name: 'simple',
      level: 'simpler_model',
      budgetMs: 30,
      attemptKey: 'simple',
      handler: simple,
      overflow: false,
      qualityImpact: 'by channel only',
    }),
    rung({
      name: 'popular',
      level: 'static_fallback',
      budgetMs: 10,
      attemptKey: 'popular',
      handler: () => ({
        kind: 'value',
        output: { item: item(0) },
        model: 'popular',
        version: '1',
        label: item(0),
      }),
      qualityImpact: 'the same for all',
    }),
  ];
  const safety = {
    check: (prediction) =>
      prediction.output.harm === true && !conditions.bypass
        ? { verdict: 'block', reason: 'harmful' }
        : core.ALLOW,
    checkText: () => undefined,
    textOf: () => '',
  };
  const service = core.createService(
    {
      name: 'shop',
      rungs,
      gate: undefined,
      features: requestFeatures,
      featureBudgetMs: 60,
      safety,
      strictness: 'normal',
      deadlineMs: DEADLINE_MS,
      stepUp: core.STEP_UP_DEFAULTS,
      components: (name) => health[name] ?? { up: true, reason: 'ok' },
    },
    host,
  );
  function checkHealth() {
    const { features, model } = conditions;
    const ping = (ok, name) => {
      health = {
        ...health,
        [name]: core.observeHealth(
          health[name],
          ok,
          ok ? 'ok' : 'no answer',
          core.HEALTH_DEFAULTS,
          clock.now(),
        ),
      };
      if (health[name].since === clock.now()) service.entry.stale();
    };
    ping(features.mode === 'up' && features.slow < 150, 'feast');
    ping(model.mode === 'up', 'recommender');
    clock.after(2000, checkHealth);
  }
  checkHealth();

  // --- people ---------------------------------------------------------------------------------------------------------------
  const events = { requests: [], outcomes: [], labels: [], reports: [], flags: [], training: [] };
  let sent = 0;
  /** Requests a second. */
  function rate() {
    const t = clock.now() / 1000;
    const burst = shape.kind === 'bursty' ? (Math.sin(t / 37) + Math.sin(t / 11) > 1.1 ? 1.7 : 0.8) : 1;
    const ramp = shape.kind === 'ramp' ? 0.7 + 0.3 * Math.min(2, t / 3600) : 1;
    const wave = shape.kind === 'wave' ? 1 + 0.35 * Math.sin((2 * Math.PI * t) / 3600) : 1;
    const hour = day ? 1 + 0.75 * Math.sin((2 * Math.PI * (t / 3600 - 9)) / 24) : 1;
    return shape.rps * burst * ramp * wave * hour * conditions.rate;
  }
  /** At night fewer partners ask, and for a little less. */
  function mixNow() {
    if (!day) return { mix: conditions.channelMix, shift: conditions.amountShift };
    const sun = Math.sin((2 * Math.PI * (clock.now() / 3_600_000 - 9)) / 24);
    const [web, app, partner, mail] = conditions.channelMix;
    return {
      mix: [web, app - 0.03 * sun, partner + 0.03 * sun, mail],
      shift: conditions.amountShift + 0.05 * sun,
    };
  }
  function ask() {
    const { mix, shift } = mixNow();
    let r = random();
    let channel = CHANNELS.at(-1);
    for (let c = 0; c < mix.length; c++) {
      r -= mix[c];
      if (r < 0) {
        channel = CHANNELS[c];
        break;
      }
    }
    const clean = {
      entity: Math.floor(random() * ENTITIES),
      amount: Math.exp(3 + 0.6 * normal(random) + 0.6 * shift),
      length: Math.exp(4 + 0.5 * normal(random)),
      channel,
      attack: random() < conditions.attack,
    };
    return { clean, input: conditions.input(clean, random) };
  }
  async function one() {
    sent += 1;
    const { clean, input } = ask();
    events.requests.push(input);
    const user = `user-${Math.floor(random() * 900)}`;
    const result = await service.predict({
      id: `req-${sent}`,
      service: 'shop',
      input,
      caller: { tenant: 't', user, tier: undefined },
      priority: random() < 0.1 ? 0 : random() < 0.3 ? 1 : random() < 0.7 ? 2 : 3,
      deadlineMs: DEADLINE_MS,
      weight: 1,
      stream: false,
      signal: undefined,
      traceId: undefined,
      kind: 'live',
    });
    if (result.outcome !== 'served') {
      if (random() < 0.02) events.reports.push({ harmful: false });
      return;
    }
    const { output, label } = result.prediction;
    const likes = item(favourite(vector(clean, store[clean.entity])));
    const clicked = random() < (label === likes ? 0.42 : 0.06);
    clock.after(5000 + 25_000 * random(), () => {
      events.outcomes.push(clicked);
      round.served[label] = (round.served[label] ?? 0) + 1;
      const tally = output.explored === true ? round.explored : round.own;
      tally[label] = (tally[label] ?? 0) + (clicked ? 1 : 0);
      if (output.explored === true) round.shownByChance[label] = (round.shownByChance[label] ?? 0) + 1;
    });
    // A panel says what they really wanted, whatever was shown.
    if (random() < 0.3) clock.after(60_000 + 120_000 * random(), () => events.labels.push(label === likes));
    if (output.harm === true) {
      if (random() < 0.5) clock.after(20_000 * random(), () => events.flags.push(1));
      if (random() < 0.15) clock.after(120_000 * random(), () => events.reports.push({ harmful: true }));
    } else if (random() < (label === likes ? 0.0002 : 0.0006)) events.reports.push({ harmful: false });
  }
  let stopped = false;
  function arrive() {
    if (stopped) return;
    void one();
    clock.after((-1000 * Math.log(1 - random())) / Math.max(0.001, rate()), arrive);
  }

  // --- retraining, round by round -------------------------------------------------------------------------------------------
  const probe = Array.from({ length: 400 }, () => {
    const { clean } = ask();
    return vector(clean, store[clean.entity]);
  });
  const predictions = (version) => {
    const tally = {};
    for (const x of probe) {
      const { k } = answer(version, x, 0);
      tally[item(k)] = (tally[item(k)] ?? 0) + 1;
    }
    return tally;
  };
  let round = { served: {}, own: {}, explored: {}, shownByChance: {} };
  const rounds = [];
  function retrain() {
    const before = conditions.model.version;
    const model = versions.get(before);
    const total = (tally) => Object.values(tally).reduce((a, b) => a + b, 0);
    const bias = model.bias.map((b, k) => {
      if (conditions.naive) {
        // Clicks of what was shown, taken for what people want.
        const all = total(round.own) + total(round.explored);
        const share = ((round.own[item(k)] ?? 0) + (round.explored[item(k)] ?? 0) + 1) / (all + ITEMS);
        return b + 0.9 * Math.log(share * ITEMS);
      }
      const shown = round.shownByChance[item(k)] ?? 0;
      const ctr = ((round.explored[item(k)] ?? 0) + 1) / (shown + 8);
      return 0.7 * b + 0.05 * Math.log(ctr / 0.125);
    });
    const version = `${Number.parseInt(before, 10) + 1}${before.replace(/^\d+/, '')}`;
    versions.set(version, { w: model.w, bias });
    // Labels that do not depend on what the model chose: what chance showed, and what the panel said.
    const own = total(round.own);
    const independent = total(round.explored) + (conditions.naive ? 0 : 0.6 * own);
    rounds.push({
      served: round.served,
      before: predictions(before),
      after: predictions(version),
      own,
      independent,
    });
    round = { served: {}, own: {}, explored: {}, shownByChance: {} };
    if (conditions.model.mode === 'up') conditions.model.version = version;
    return version;
  }

  const trainer = createTrainer({
    random: core.seededRandom(seed + 991),
    clock,
    tell: (event) => events.training.push(event),
  });

  return {
    clock,
    service,
    gate,
    rungs,
    conditions,
    versions,
    events,
    trainer,
    rounds,
    retrain,
    health: () => health,
    start: arrive,
    stop: () => {
      stopped = true;
    },
    sample: () => {
      const { clean } = ask();
      const x = vector(clean, store[clean.entity]);
      const { k, confidence } = answer('1', x, conditions.explore);
      return { input: clean, features: store[clean.entity], label: item(k), confidence };
    },
  };
}
