// Installs what the tests need, builds, and runs every test. Arguments go on to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, root, run, stopwatch } from './steps.mjs';

/** Debian packages that tests drive for real, and a command that shows each is there. */
const needed = [
  ['redis-server', 'redis-server'],
  ['prometheus', 'promtool'],
  ['prometheus-alertmanager', 'prometheus-alertmanager'],
  ['postgresql', '/usr/lib/postgresql/*/bin/postgres'],
  ['chromium', 'chromium'],
];

function missing() {
  return needed
    .filter(
      ([, command]) => spawnSync('sh', ['-c', `command -v $(echo ${command} | cut -d' ' -f1)`]).status !== 0,
    )
    .map(([name]) => name);
}

const watch = stopwatch();
await watch.lap('install', install);
// Clients in wide use, unmodified, in a folder of their own: nobody who runs evenkeel installs them.
const clients = join(root, 'test', 'clients');
if (!existsSync(join(clients, 'node_modules'))) {
  await watch.lap('clients', () =>
    run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: clients }),
  );
}
let lacking = missing();
if (
  lacking.length > 0 &&
  process.getuid?.() === 0 &&
  spawnSync('sh', ['-c', 'command -v apt-get']).status === 0
) {
  await watch.lap('debian packages', async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    try {
      await run('apt-get', ['update', '-q'], { quiet: true, env });
      await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...lacking], {
        quiet: true,
        env,
      });
    } catch (error) {
      console.error(error.message);
    }
  });
  lacking = missing();
}
if (lacking.length > 0) {
  console.error(
    `Missing: ${lacking.join(', ')}. The tests that need them are skipped, or fail when CI=true.`,
  );
}
await watch.lap('build', build);
const report = join(root, 'node_modules', '.evenkeel-tests.json');
rmSync(report, { force: true });
let failed = false;
await watch.lap('tests', async () => {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    await run(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)]);
  } catch {
    failed = true;
  }
});
console.log(`${failed ? 'FAILED' : 'ok'}: ${watch.words()}`);
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
}
process.exit(failed ? 1 : 0);
