// `npm run proof`: the full counts behind the figures in the documents. Takes about two hours on two quiet cores;
// `npm run proof -- NAME …` runs only those whose name contains one of the words. EVENKEEL_PROOF_DATA names a folder with data
// sets that are not in the repository, for the figures that need them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, root, run, stopwatch } from './steps.mjs';

const data = process.env.EVENKEEL_PROOF_DATA;
const withData = data === undefined ? [] : ['--data', data];
const bench = join(root, 'bench');

/** Name, script, arguments. */
const proofs = [
  ['flagship drill', 'examples/moderation/drill.mjs', '--write', join(root, 'examples/moderation/drill.md')],
  ['incident drill', 'examples/moderation/incident-drill.mjs', '--write'],
  ['built-in rungs over HTTP', 'examples/catalogue/over-http.mjs', ...withData],
  ['overload simulation', 'sim/overload/run.mjs'],
  ['drift simulation', 'sim/drift/run.mjs', ...withData],
  ['quality simulation', 'sim/quality/run.mjs'],
  ['incident simulation', 'sim/incidents/run.mjs'],
  ['chaos statistics', 'sim/chaos/run.mjs'],
  ['kills of the store', 'packages/store/scripts/kills.mjs'],
  ['throughput of the store', 'packages/store/scripts/throughput.mjs'],
  ['kills of training', 'packages/training/scripts/kills.mjs'],
  ['kills of the product', 'test/product/kills.mjs'],
  ['kills under an event storm', 'test/incidents/kills.mjs'],
  ['kills of the chaos runner', 'test/chaos/kills.mjs'],
  ['objectives bench', 'bench/objectives/run.mjs'],
  ['telemetry bench', 'bench/telemetry.mjs'],
];

const wanted = process.argv.slice(2);
const chosen = (name) => wanted.length === 0 || wanted.some((word) => name.includes(word));
const watch = stopwatch();
await watch.lap('install', install);
await watch.lap('build', build);
for (const [name, file, ...args] of proofs) {
  if (!chosen(name)) continue;
  const script = join(root, file);
  if (!existsSync(script)) throw new Error(`${file} is missing`);
  await watch.lap(name, () => run(process.execPath, ['--expose-gc', script, ...args]));
}
if (chosen('bench against peers')) {
  await watch.lap('bench against peers', async () => {
    await run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: bench });
    for (const name of ['micro', 'gateway', 'refused'])
      await run('npm', ['run', '--silent', name], { cwd: bench });
  });
}
console.log(watch.words());
