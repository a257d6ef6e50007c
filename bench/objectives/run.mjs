// The status of ten thousand objectives over thirty days of minutes: from what was kept, and after one new minute each.
//   node --expose-gc objectives/run.mjs          (OBJECTIVES=10000 ROUNDS=40)
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSeries } from '../../packages/core/dist/objectives/series.js';
import { seriesSums } from '../../packages/core/dist/objectives/series-sums.js';
import { objectiveStatus } from '../../packages/core/dist/objectives/status.js';
import { blockOf, countsOf, DAYS, MINUTE, NOW, occurrences, prepared, stateOf, sumOf } from './rig.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const COUNT = Number(process.env.OBJECTIVES ?? 10_000);
// Within the hour: when it ends, the next hours of the edges have to be loaded, which is measured apart.
const ROUNDS = Math.min(25, Number(process.env.ROUNDS ?? 20));
if (globalThis.gc === undefined) throw new Error('run with --expose-gc');

const used = () => {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

console.error(`making ${COUNT} states of ${DAYS} days`);
const kept = Array.from({ length: COUNT }, (_, n) => {
  const ready = prepared(n);
  return { ready, state: stateOf(n, ready.windows, NOW) };
});
const keptBytes = kept.reduce((sum, { state }) => sum + state.byteLength, 0);

function statuses(all, now) {
  const out = new Array(all.length);
  for (let n = 0; n < all.length; n++) {
    const { ready, series, sums } = all[n];
    out[n] = objectiveStatus(ready, sums, {
      segment: '',
      now,
      since: series.since,
      lastEvent: series.lastEvent(),
    });
  }
  return out;
}

// Cold: bytes → series → status, by a process that has run nothing of it yet.
const before = used();
const coldCpu = process.cpuUsage();
const coldStart = performance.now();
const all = kept.map(({ ready, state }) => {
  const series = createSeries({ windows: ready.windows, budgeting: occurrences, since: NOW, state });
  return { ready, series, sums: seriesSums(ready, series) };
});
for (const { series } of all) assert.equal(series.advance(NOW).length, 0);
assert.equal(statuses(all, NOW).length, COUNT);
const coldMs = performance.now() - coldStart;
const coldUsed = process.cpuUsage(coldCpu);

// The hours at the windows' edges, once an hour: read by whoever keeps them; here only handed over.
const wanted = all.map(({ series }) => series.needs(NOW + MINUTE));
const hours = wanted.map((list, n) =>
  list.map((hour) => [hour, blockOf(n, hour, Math.floor(NOW / MINUTE) + 1)]),
);
const loadStart = performance.now();
for (const [n, list] of hours.entries()) for (const [hour, bytes] of list) all[n].series.load(hour, bytes);
const loadMs = performance.now() - loadStart;
const loaded = wanted.reduce((sum, list) => sum + list.length, 0);
wanted.length = 0;
hours.length = 0;

// The current hour is not asked for by any window's far edge, but new minutes are added to it.
for (const [n, { series }] of all.entries()) {
  const hour = Math.floor(NOW / 3_600_000) * 3_600_000;
  series.load(hour, blockOf(n, hour, Math.floor(NOW / MINUTE) + 1));
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const rounds = [];
const cpuRounds = [];
const parts = { add: [], advance: [], status: [] };
let now = NOW;

for (let round = 0; round < ROUNDS; round++) {
  now += MINUTE;
  const minute = Math.floor(now / MINUTE);
  const fresh = all.map((_, n) => countsOf(n, minute));
  globalThis.gc();
  const cpu = cpuMs();
  const a = performance.now();
  for (let n = 0; n < all.length; n++) all[n].series.add(now, fresh[n].good, fresh[n].total);
  const b = performance.now();
  for (let n = 0; n < all.length; n++)
    if (all[n].series.advance(now).length > 0) throw new Error('an hour is missing');
  const c = performance.now();
  assert.equal(statuses(all, now).length, COUNT);
  const d = performance.now();
  rounds.push(d - a);
  cpuRounds.push(cpuMs() - cpu);
  parts.add.push(b - a);
  parts.advance.push(c - b);
  parts.status.push(d - c);
}
const memory = used() - before;
const counted = all.reduce((sum, { series }) => sum + series.bytes(), 0);

// Every window of a sample against all its minutes added up.
const end = Math.floor(now / MINUTE) + 1;
for (let n = 0; n < COUNT; n += Math.max(1, Math.floor(COUNT / 25)))
  for (const window of all[n].ready.windows)
    assert.deepEqual(all[n].series.counts(window), sumOf(n, window.lengthMs / MINUTE, end));

const round1 = (value) => Math.round(value * 10) / 10;
const MB = 1_048_576;
const result = {
  node: process.version,
  cpu: cpus()[0]?.model ?? '',
  objectives: COUNT,
  days: DAYS,
  windows: new Set(kept[0].ready.windows.map(({ lengthMs }) => lengthMs)).size,
  coldMs: round1(coldMs),
  coldCpuMs: round1((coldUsed.user + coldUsed.system) / 1_000),
  keptStateBytesPerObjective: Math.round(keptBytes / COUNT),
  edgeHoursLoaded: loaded,
  edgeHoursLoadMs: round1(loadMs),
  incrementalMs: {
    median: round1(median(rounds)),
    least: round1(Math.min(...rounds)),
    worst: round1(Math.max(...rounds)),
  },
  // Of the process with its collector's threads: what is left when other things run on the machine.
  incrementalCpuMs: { median: round1(median(cpuRounds)), least: round1(Math.min(...cpuRounds)) },
  partsMs: Object.fromEntries(Object.entries(parts).map(([name, values]) => [name, round1(median(values))])),
  memoryMB: round1(memory / MB),
  memoryBytesPerObjective: Math.round(memory / COUNT),
  countsMB: round1(counted / MB),

  rounds: ROUNDS,
};
console.log(JSON.stringify(result, null, 2));
const target = join(here, '..', 'results');
mkdirSync(target, { recursive: true });
if (process.env.WRITE !== '0')
  writeFileSync(join(target, 'objectives.json'), `${JSON.stringify(result, null, 2)}\n`);
