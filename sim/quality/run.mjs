// Measures estimates without labels and the monitors, and writes sim/results/quality.{json,md}.
//   npx tsc -b packages/core && node --expose-gc sim/quality/run.mjs --data DIR
// Options: --data DIR (quality/nannyml inside; without it that table is left out, loudly)   --scale 1   --out sim/results   --core packages/core/dist
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { housing } from './housing.mjs';
import { falseClaims, labelsToFind } from './label-losses.mjs';
import { recording } from './recording.mjs';
import { weeks } from './weeks.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    scale: { type: 'string', default: '1' },
    out: { type: 'string', default: resolve(root, 'sim/results') },
    core: { type: 'string', default: resolve(root, 'packages/core/dist') },
  },
});
const scale = Number(values.scale);
const count = (n) => Math.max(2, Math.round(n * scale));
const load = (path) => import(pathToFileURL(resolve(values.core, path)).href);
const core = Object.assign(
  {},
  ...(await Promise.all(
    [
      'kernel/random.js',
      'quality/bins.js',
      'quality/reference-record.js',
      'quality/estimate/calibration.js',
      'quality/estimate/expected-performance.js',
      'quality/estimate/label-test.js',
      'quality/estimate/performance-estimator.js',
      'quality/monitors/board.js',
      'quality/monitors/definition.js',
      'quality/monitors/recorder.js',
    ].map(load),
  )),
);

// Constants were chosen while looking at seeds below 100,000.
const SEED = 3_000_000;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

const losses = [0.03, 0.05, 0.1, 0.2].map((loss, i) =>
  labelsToFind(core, loss, { runs: count(1000), seed: SEED + i * 10_000 }),
);
const claims = [undefined, 200, 1000].map((after, i) =>
  falseClaims(core, after, { runs: count(400), labels: 5000, seed: SEED + 100_000 + i * 10_000 }),
);
const season = weeks(core, { runs: count(24), seed: SEED + 200_000 });
const cost = recording(core);
const chunks = values.data === undefined ? undefined : housing(core, resolve(values.data, 'quality/nannyml'));
if (chunks === undefined) process.stderr.write('no --data: the California housing table is left out\n');

const lossRows = losses.map(
  (l) => `| ${Math.round(100 * l.loss)} points | ${l.median} | ${l.p90} | ${l.early} of ${l.runs} |`,
);
const claimRows = claims.map(
  (c) =>
    `| ${c.calibrateAfter === undefined ? 'exact' : `calibrated from ${c.calibrateAfter} labels, then refined`} | ${c.per10k.toFixed(2)} | ${c.alarms} in ${c.labels} |`,
);
const chunkRows = (chunks?.figures ?? []).map(
  (c) =>
    `| ${c.chunk} | ${percent(c.accuracy)} | ${percent(c.frozen)} (${percent(c.frozenInterval.low)} to ${percent(c.frozenInterval.high)}) | ${c.estimate === undefined ? c.stateBefore : percent(c.estimate)} | ${c.voidAt === undefined ? 'stays' : `void after ${c.voidAt} answers of the chunk, ${c.better ? 'better' : 'worse'}`} |`,
);

const text = `# Quality without labels

Made by \`npx tsc -b packages/core && node --expose-gc sim/quality/run.mjs --data DIR\`. Seeds from ${SEED.toLocaleString('en')} on; constants were chosen on seeds below 100,000.

## A loss that confidence cannot see

Labels from the loss until the estimate is declared void; confidence 0.55 to 1, mean 0.86, calibrated with 2,000 labels; one false alarm in 10,000 labels asked for. The aim for ten points is a median of at most 170.

| loss of accuracy | median | nine in ten within | alarmed in the 1,000 labels before |
|---|---|---|---|
${lossRows.join('\n')}

False alarms per 10,000 labels while nothing changes (aim: at most 1):

| confidence | per 10,000 | alarms |
|---|---|---|
${claimRows.join('\n')}

## California housing (NannyML's copy)

Accuracy of six chunks of answers. "Frozen": calibrated once, from the reference. "Kept": calibrated by labels that come 200 answers late; "void" is what the label test says.

${chunks === undefined ? 'Left out: no data.' : `| chunk | accuracy | frozen, 95 % interval | kept, as the chunk begins | what the labels of the chunk then do |\n|---|---|---|---|---|\n${chunkRows.join('\n')}\n\nAlarms in the reference itself: ${chunks.voidsInReference}.`}

## Ordinary weeks

A seasonal baseline (each hour of the week with itself) over ${season.runs} runs of eight weeks whose days and weekends differ by up to three standard deviations, 120 events an hour:
${season.alarms} alarms in ${season.events.toLocaleString('en')} events (${season.per100k.toFixed(3)} per 100,000). A shift of ${season.shift} standard deviations in the ninth week is found in hour ${season.medianHours} (median; slowest ${season.slowestHours}).

## Recording

Ten monitors observe one prediction in ${cost.microseconds.toFixed(2)} µs of processor time (median of 41 rounds of 4,096 predictions; ${cost.bytesPerEvent.toFixed(3)} bytes of heap per value).
`;
mkdirSync(values.out, { recursive: true });
writeFileSync(
  resolve(values.out, 'quality.json'),
  `${JSON.stringify({ losses, claims, chunks, season, cost }, null, 1)}\n`,
);
writeFileSync(resolve(values.out, 'quality.md'), text);
process.stdout.write(text);
