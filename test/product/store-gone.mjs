// Takes the store away for ten minutes under load, each store in each way, and prints what came of it.
// EVENKEEL_STORE_GONE_SECONDS chooses another time.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/product/store-gone.test.ts'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { EVENKEEL_STORE_GONE_SECONDS: '600', ...process.env },
});
process.exit(status ?? 1);
