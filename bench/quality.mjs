// Ten values of one prediction: ten monitors of ours against ten histograms of prom-client, in processor time, in the same run.
//   npx tsc -b packages/core && node --expose-gc bench/quality.mjs
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Histogram, Registry } from 'prom-client';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const load = (path) => import(pathToFileURL(resolve(root, 'packages/core/dist', path)).href);
const { seededRandom } = await load('kernel/random.js');
const { numericReference } = await load('quality/bins.js');
const { defineMonitor } = await load('quality/monitors/definition.js');
const { createMonitor } = await load('quality/monitors/recorder.js');

const FEATURES = 10;
const random = seededRandom(1);
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const rows = Array.from({ length: 4096 }, () => Array.from({ length: FEATURES }, gaussian));

const monitors = Array.from({ length: FEATURES }, (_, f) => {
  const monitor = createMonitor(defineMonitor({ name: `f${f}`, role: 'input', kind: 'numeric' }), {
    value: (row) => row[f],
  });
  monitor.useBaseline('', numericReference(Array.from({ length: 10_000 }, gaussian)));
  return monitor;
});
const register = new Registry();
const histograms = Array.from(
  { length: FEATURES },
  (_, f) =>
    new Histogram({
      name: `f${f}`,
      help: 'a feature',
      registers: [register],
      buckets: Array.from({ length: 12 }, (_, b) => -3 + b / 2),
    }),
);

const contestants = {
  evenkeel: (row) => {
    for (let f = 0; f < FEATURES; f += 1) monitors[f].observe(row);
  },
  'prom-client': (row) => {
    for (let f = 0; f < FEATURES; f += 1) histograms[f].observe(row[f]);
  },
};
const round = (observe) => {
  const started = process.cpuUsage().user;
  for (const row of rows) observe(row);
  return (process.cpuUsage().user - started) / rows.length;
};
const rounds = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
// In turn, so that whatever else the machine does hits both.
for (let i = 0; i < 61; i += 1) {
  for (const [name, observe] of Object.entries(contestants)) {
    const spent = round(observe);
    if (i >= 20) rounds[name].push(spent);
  }
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const ours = median(rounds.evenkeel);
const theirs = median(rounds['prom-client']);
process.stdout.write(
  `ten values of one prediction: evenkeel ${ours.toFixed(2)} µs (${monitors[0].definition.kind}, 52 bins and more), prom-client ${theirs.toFixed(2)} µs (12 buckets): ${(theirs / ours).toFixed(1)} ×\n`,
);
