// What the policies cost round an async call that does nothing, as ratios to awaiting it bare, in one run.
// The cases run in a new random order each round; reported are the median and the minimum over the rounds.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';
import { createBreaker, guard, retryBudget } from '../../packages/core/dist/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const CALLS = Number(process.env.CALLS ?? 40_000);
const ROUNDS = Number(process.env.ROUNDS ?? 25);

const clock = { now: () => performance.now(), wall: () => Date.now() };
const timers = {
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};
const host = { clock, timers, random: Math.random };
const fn = async () => 1;

const consecutive = createBreaker({ policy: { kind: 'consecutive', failures: 5 } }, host);
const timed = () =>
  createBreaker(
    {
      policy: { kind: 'time', windowMs: 30_000, rate: 0.5, minimum: 20 },
      slow: { overMs: 1_000, rate: 0.5 },
    },
    host,
  );
const budget = retryBudget({}, clock);
const breakerGuard = guard(
  { breaker: createBreaker({ policy: { kind: 'consecutive', failures: 5 } }, host) },
  host,
);
const timedGuard = guard({ breaker: timed() }, host);
const all = { breaker: createBreaker({}, host), retry: { max: 2, budget }, deadlineMs: 1_000 };
const allGuard = guard(all, host);
const signalGuard = guard({ ...all, ownSignal: true }, host);

const cockatielConsecutive = circuitBreaker(handleAll, {
  halfOpenAfter: 30_000,
  breaker: new ConsecutiveBreaker(5),
});
const cockatielSampling = circuitBreaker(handleAll, {
  halfOpenAfter: 30_000,
  breaker: new SamplingBreaker({ threshold: 0.5, duration: 30_000 }),
});
const cockatielAll = wrap(
  retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
  circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
  timeout(1_000, TimeoutStrategy.Cooperative),
);
const opossumPlain = new CircuitBreaker(fn, { timeout: false });
const opossumTimeout = new CircuitBreaker(fn, { timeout: 10_000 });

const frame = async () => await fn();

const cases = {
  'bare await': () => fn(),
  'an async frame alone': frame,
  'sync permit': null,
  'breaker as a wrapper': () => breakerGuard(fn),
  'breaker with time window and latency': () => timedGuard(fn),
  'retry + breaker + deadline, no fresh signal': () => allGuard(fn),
  'retry + breaker + deadline, own AbortSignal': () => signalGuard(fn),
  'an AbortController alone': () => {
    const controller = new AbortController();
    return fn(controller.signal);
  },
  'cockatiel consecutive': () => cockatielConsecutive.execute(fn),
  'cockatiel sampling': () => cockatielSampling.execute(fn),
  'cockatiel retry + breaker + timeout': () => cockatielAll.execute(fn),
  'opossum, no timeout': () => opossumPlain.fire(),
  'opossum, timeout': () => opossumTimeout.fire(),
};
/** A sync permit has no function of its own: it stands in the caller's. */
async function permits(run, calls) {
  for (let i = 0; i < calls; i++) {
    const permit = consecutive.tryAcquire();
    await run();
    consecutive.success(permit);
  }
}
async function loop(run, calls) {
  for (let i = 0; i < calls; i++) await run();
}
/** Dear cases run fewer calls, so that each takes about as long. */
const share = (name) => (/AbortSignal|timeout|AbortController|opossum/.test(name) ? 0.1 : 1);

async function time(name) {
  const calls = Math.round(CALLS * share(name));
  globalThis.gc?.();
  const began = process.hrtime.bigint();
  if (name === 'sync permit') await permits(cases['bare await'], calls);
  else await loop(cases[name], calls);
  return Number(process.hrtime.bigint() - began) / calls;
}

function shuffled(list) {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const names = Object.keys(cases);
const samples = Object.fromEntries(names.map((name) => [name, []]));
for (let round = -3; round < ROUNDS; round++) {
  const order = shuffled(names);
  for (const name of order) {
    const ns = await time(name);
    if (round >= 0) samples[name].push(ns);
  }
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const bare = { median: median(samples['bare await']), min: Math.min(...samples['bare await']) };
const aims = {
  'sync permit': 1.2,
  'breaker as a wrapper': 2.6,
  'breaker with time window and latency': 5,
  'retry + breaker + deadline, no fresh signal': 10,
  'retry + breaker + deadline, own AbortSignal': 85,
};
const rows = names.map((name) => {
  const m = median(samples[name]);
  const min = Math.min(...samples[name]);
  return { name, ns: Math.round(m), ratio: m / bare.median, minRatio: min / bare.min, aim: aims[name] };
});
const text = [
  '# What the policies cost round a call',
  '',
  `\`cd bench && npm ci && npm run micro\` — Node ${process.version}, ${cpus()[0]?.model.trim()}, ${ROUNDS} rounds in random order, ${CALLS} calls each (dear cases a tenth).`,
  'Ratios to awaiting the bare function in the same run.',
  '',
  '| case | ns, median | × bare, medians | × bare, minima | aim |',
  '|---|---|---|---|---|',
  ...rows.map(
    (row) =>
      `| ${row.name} | ${row.ns} | ${row.ratio.toFixed(2)} | ${row.minRatio.toFixed(2)} | ${row.aim === undefined ? '' : `≤ ${row.aim}`} |`,
  ),
  '',
].join('\n');
console.log(text);
mkdirSync(join(here, '..', 'results'), { recursive: true });
writeFileSync(join(here, '..', 'results', 'micro.md'), text);
writeFileSync(
  join(here, '..', 'results', 'micro.json'),
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, calls: CALLS, rows }, null, 2)}\n`,
);
opossumPlain.shutdown();
opossumTimeout.shutdown();
