// `npm start`: installs, builds, prepares the flagship and serves it, saying how long each took.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, root, stopwatch } from './steps.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`evenkeel needs Node 20.19 or newer; this is ${process.version}`);
  process.exit(1);
}

const watch = stopwatch();
if (!existsSync(join(root, 'node_modules'))) {
  console.log(
    'Installing packages: about 130 MB, of which 109 MB are the mail that the flagship moderates …',
  );
}
await watch.lap('install', install);
console.log('Building …');
await watch.lap('build', build);
const { runFlagship } = await import(new URL('../examples/moderation/dist/main.js', import.meta.url).href);
await runFlagship({ laps: watch.laps });
