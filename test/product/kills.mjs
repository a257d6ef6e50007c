// Kills the product 100 times at random moments under load, on both stores, and prints what came of it.
// EVENKEEL_KILLS and EVENKEEL_SEED choose another number and another sequence.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-kills-'));
const results = join(dir, 'results.json');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', 'test/product/kills.test.ts', '--reporter=dot'],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { EVENKEEL_KILLS: '100', ...process.env, EVENKEEL_KILLS_RESULTS: results },
  },
);
try {
  console.table(JSON.parse(readFileSync(results, 'utf8')));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit(status ?? 1);
