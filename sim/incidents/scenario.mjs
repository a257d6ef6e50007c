// One case: a warm-up, then one or two faults, until an incident has been open for a while; and quiet days without any fault.
import { BY_TYPE, FAULTS } from './faults.mjs';
import { createPlane } from './plane.mjs';
import { createWorld } from './world.mjs';

const MINUTE = 60_000;
export const TICK_MS = 10_000;
const WARM_UP_MS = 25 * MINUTE;
const ROUND_MS = 8 * MINUTE;
const AFTER_OPENING_MS = 10 * MINUTE;
const SHAPES = ['steady', 'bursty', 'ramp', 'wave'];
const TYPES = Object.keys(BY_TYPE);

/** The case of a seed: types in turn, everything else by chance. */
export function caseOf(core, seed, pair) {
  const random = core.seededRandom(seed * 7919 + 13);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const faults = [];
  const types = [TYPES[seed % TYPES.length]];
  if (pair) types.push(pick(TYPES.filter((type) => type !== types[0])));
  for (const type of types) faults.push({ name: pick(BY_TYPE[type]), intensity: random() });
  return {
    seed,
    faults,
    shape: { kind: pick(SHAPES), rps: 2 + 3 * random() },
    gapMs: pair ? Math.floor(random() * 4) * MINUTE : 0,
  };
}

function schedule(clock, ms, fn) {
  const again = () => {
    if (fn() !== false) clock.after(ms, again);
  };
  clock.after(ms, again);
}

/** Runs a case to its end and says what came of it. */
export async function runCase(core, { seed, faults, shape, gapMs }, { minutes = 60 } = {}) {
  const world = createWorld({ core, seed, shape });
  const reference = Array.from({ length: 6000 }, world.sample);
  const plane = createPlane({ core, world, tickMs: TICK_MS, reference });
  const { clock } = world;
  const random = core.seededRandom(seed + 31);
  schedule(clock, TICK_MS, () => plane.tick());
  schedule(clock, ROUND_MS, () => void world.retrain());
  schedule(clock, 12 * MINUTE, () => {
    if (!world.trainer.running()) world.trainer.start();
  });
  schedule(clock, TICK_MS, () => world.trainer.work(5));
  world.start();
  await clock.advanceAsync(WARM_UP_MS);
  plane.assumePast();
  const early = plane.log.length;

  const began = clock.now();
  for (const [i, fault] of faults.entries()) {
    const start = () => {
      for (const event of FAULTS[fault.name].start(world, fault.intensity, random, shape))
        plane.change(event);
    };
    if (i === 0) start();
    else clock.after(gapMs, start);
  }
  let openedAt;
  for (let minute = 0; minute < minutes; minute++) {
    await clock.advanceAsync(MINUTE);
    openedAt ??= plane.log.find((entry, i) => i >= early && entry.what === 'open')?.at;
    if (openedAt !== undefined && clock.now() - openedAt >= AFTER_OPENING_MS) break;
  }
  world.stop();
  const log = plane.log.slice(early);
  const first = log.find(({ what }) => what === 'open');
  const types = faults.map(({ name }) => FAULTS[name].type);
  return {
    seed,
    faults: faults.map(({ name, intensity }) => `${name} ${intensity.toFixed(2)}`),
    shape: shape.kind,
    types,
    before: plane.log.slice(0, early),
    detectedMs: first === undefined ? undefined : first.at - began,
    ranked: first?.ranked ?? [],
    first: first !== undefined && types.includes(first.ranked[0]?.type),
    second: first?.ranked.slice(0, 2).some(({ type }) => types.includes(type)) ?? false,
    pages: log.filter(({ what }) => what === 'page').length,
    opened: log.filter(({ what }) => what === 'open').length,
    log,
    signals: plane.signals()?.active.map(({ key, strength }) => `${key} ${strength.toFixed(2)}`),
  };
}

/** Days without a fault: seasons of the day, deploys with their short stutter, a retried training run, people who complain. */
export async function runQuiet(core, seed, days) {
  const tickMs = 20_000;
  const world = createWorld({ core, seed, shape: { kind: 'steady', rps: 0.6 }, day: true });
  const random = core.seededRandom(seed + 5);
  // A week of what is usual, its hours included.
  const { clock, conditions } = world;
  const reference = [];
  const past = createWorld({ core, seed: seed + 1000, shape: { kind: 'steady', rps: 0.6 }, day: true });
  for (let hour = 0; hour < 7 * 24; hour++) {
    for (let i = 0; i < 60; i++) reference.push(past.sample());
    past.clock.advance(3_600_000);
  }
  past.stop();
  const plane = createPlane({ core, world, tickMs, reference });
  schedule(clock, tickMs, () => plane.tick());
  schedule(clock, 4 * 3_600_000, () => void world.retrain());
  schedule(clock, 24 * 3_600_000, () => world.trainer.start());
  schedule(clock, tickMs, () => world.trainer.work(2));
  schedule(clock, 11 * 3_600_000, () => {
    plane.change({
      kind: 'deploy',
      what: 'recommender service',
      summary: 'weekly release',
      by: 'release bot',
    });
    // A restart: ten seconds of refused connections.
    conditions.model.errors = 0.5;
    clock.after(10_000, () => {
      conditions.model.errors = 0;
    });
  });
  schedule(clock, 17 * 3_600_000, () => {
    conditions.model.slow = 3;
    clock.after(15_000 + 15_000 * random(), () => {
      conditions.model.slow = 1;
    });
  });
  schedule(clock, 29 * 3_600_000, () => {
    plane.change({ kind: 'config', what: 'page', summary: 'a text', by: 'ann' });
    conditions.features.slow = 5;
    clock.after(20_000, () => {
      conditions.features.slow = 1;
    });
  });
  schedule(clock, 31 * 3_600_000, () =>
    plane.compare({ name: 'colour of the button', effect: 0.001, low: -0.004, high: 0.006 }),
  );
  world.start();
  await clock.advanceAsync(6 * 3_600_000);
  plane.assumePast();
  await clock.advanceAsync(days * 24 * 3_600_000 - 6 * 3_600_000);
  world.stop();
  return {
    seed,
    days,
    requests: world.service.figures.requests,
    pages: plane.pages(),
    paged: plane.log
      .filter(({ what }) => what === 'page')
      .map(({ at, type, severity, why }) => ({ day: at / 86_400_000, type, severity, why })),
    opened: plane.log
      .filter(({ what }) => what === 'open')
      .map(({ at, type, severity, why, evidence }) => ({
        day: at / 86_400_000,
        type,
        severity,
        why,
        evidence,
      })),
  };
}
