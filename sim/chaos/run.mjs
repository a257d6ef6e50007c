// Measures the comparison of experiment and control arms, and what the places of faults cost while nothing is broken;
// writes sim/results/chaos.md.
//   npx tsc -b packages/gateway && node sim/chaos/run.mjs
// Options: --runs 200   --seed 500000   --out sim/results   --root . (where packages/*/dist are)
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, everDiffers } from './arms.mjs';

const here = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '500000' },
    out: { type: 'string', default: resolve(here, 'sim/results') },
    root: { type: 'string', default: here },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const load = (path) => import(pathToFileURL(resolve(values.root, 'packages', path)).href);
const core = Object.assign(
  {},
  ...(await Promise.all(
    ['core/dist/chaos/arm-figures.js', 'core/dist/chaos/cohorts.js', 'core/dist/kernel/random.js'].map(load),
  )),
);
const seeds = Array.from({ length: runs }, (_, i) => seed + i);
const percent = (x) => `${(100 * x).toFixed(1)} %`;
const lines = [
  '# Experiments: the comparison of the arms, and what the places of faults cost',
  '',
  `Made by \`npx tsc -b packages/gateway && node sim/chaos/run.mjs\`. ${runs} runs each, seeds from ${seed.toLocaleString('en')} on; the tests use others.`,
  'Experiment arm: 300 users; control: 900 others; three requests in the control for each in the experiment; a few users send most of it, and `uneven` says how far',
  'their own shares of errors lie apart. A look after each 100 requests of the experiment arm, at most 100 looks. alpha 0.05 over all looks together.',
  '',
  '## No difference: how often something is said all the same',
  '',
  '| errors in both | uneven | zero ever excluded in 100 looks | aim, at most | verdict "over" by 2 % |',
  '|---|---|---|---|---|',
];
let missed = 0;
for (const [share, uneven] of [
  [0.005, 0],
  [0.02, 0],
  [0.02, 0.9],
  [0.1, 0.9],
  [0.3, 0.9],
]) {
  const false_ = seeds.filter((s) => everDiffers(core, s, { share, uneven })).length / runs;
  const over =
    seeds.filter(
      (s) => compare(core, s, { experiment: share, control: share, margin: 0.02, uneven }).verdict === 'over',
    ).length / runs;
  if (false_ > 0.05 || over > 0.05) missed += 1;
  lines.push(`| ${percent(share)} | ${uneven} | ${percent(false_)} | 5.0 % | ${percent(over)} |`);
}
lines.push(
  '',
  '## Verdicts, margin 2 %',
  '',
  '| errors in experiment | in control | uneven | over | within | undecided | requests in the experiment arm, median |',
  '|---|---|---|---|---|---|---|',
);
for (const [experiment, control, uneven] of [
  [0.01, 0.01, 0.5],
  [0.02, 0.01, 0.5],
  [0.031, 0.01, 0.5],
  [0.05, 0.01, 0.5],
  [0.08, 0.01, 0.5],
  [0.2, 0.01, 0.5],
  [0.2, 0.1, 0.9],
]) {
  const all = seeds.map((s) => compare(core, s, { experiment, control, margin: 0.02, uneven }));
  const of = (verdict) => all.filter((one) => one.verdict === verdict).length / runs;
  const sorted = all.map((one) => one.requests).sort((x, y) => x - y);
  lines.push(
    `| ${percent(experiment)} | ${percent(control)} | ${uneven} | ${percent(of('over'))} | ${percent(of('within'))} | ${percent(of('undecided'))} | ${sorted[Math.floor(runs / 2)]} |`,
  );
}

const { interposedModel } = await load('gateway/dist/faults/interposed-model.js');
const answer = { kind: 'value', model: 'm', version: '1', output: {} };
const model = {
  name: 'm',
  version: '1',
  call: () => answer,
  healthy: async () => true,
  close: async () => {},
};
const host = { timers: { after: () => () => {} }, random: Math.random };
const interposed = interposedModel(model, host);
const bounded = interposedModel(model, host);
const radius = { share: 0.05, cohort: 'bench', tenants: ['nobody'], priorities: [] };
const spec = {
  type: 'model_failure',
  model: 'm',
  rate: 1,
  failure: { how: 'error', status: 500 },
  unhealthy: false,
};
bounded.interpose([{ id: 'd', fault: { spec, radius }, struck: () => {} }]);
const call = {
  request: { caller: { tenant: 'acme', user: 'u-1' }, priority: 2 },
  features: undefined,
  signal: undefined,
  budgetMs: 100,
};
const CALLS = 5_000_000;
function nanoseconds(target) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const began = performance.now();
    let seen = 0;
    for (let i = 0; i < CALLS; i++) if (target.call(call) === answer) seen += 1;
    if (seen !== CALLS) throw new Error('an answer was lost');
    best = Math.min(best, ((performance.now() - began) * 1e6) / CALLS);
  }
  return best;
}
const bare = nanoseconds(model);
const idle = nanoseconds(interposed);
const near = nanoseconds(bounded);
lines.push(
  '',
  '## What the place of a fault costs a call to a model',
  '',
  'Least of seven rounds of 5,000,000 calls of a function that does nothing; a whole request takes tens of microseconds.',
  '',
  '| | ns a call |',
  '|---|---|',
  `| the model itself | ${bare.toFixed(1)} |`,
  `| no fault in force | ${idle.toFixed(1)} |`,
  `| a fault in force for others | ${near.toFixed(1)} |`,
  '',
);
writeFileSync(resolve(values.out, 'chaos.md'), lines.join('\n'));
console.log(lines.join('\n'));
if (missed > 0) {
  console.error(`${missed} rows over their aim`);
  process.exitCode = 1;
}
