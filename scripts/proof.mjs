// `npm run proof`: the full counts behind the figures in the documents. Takes about fifteen minutes on two cores.
import { join } from 'node:path';
import { build, install, root, run, stopwatch } from './steps.mjs';

const data = process.env.EVENKEEL_PROOF_DATA;
const withData = data === undefined ? [] : ['--data', data];
const watch = stopwatch();
await watch.lap('install', install);
await watch.lap('build', build);
const node = (name, file, ...args) =>
  watch.lap(name, () => run(process.execPath, [join(root, file), ...args]));
await node(
  'flagship drill',
  'examples/moderation/drill.mjs',
  '--write',
  join(root, 'examples/moderation/drill.md'),
);
await node('built-in rungs over HTTP', 'examples/catalogue/over-http.mjs', ...withData);
await node('overload simulation', 'sim/overload/run.mjs');
await watch.lap('bench', async () => {
  await run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: join(root, 'bench') });
  await run('npm', ['run', '--silent', 'micro'], { cwd: join(root, 'bench') });
  await run('npm', ['run', '--silent', 'gateway'], { cwd: join(root, 'bench') });
});
console.log(watch.words());
