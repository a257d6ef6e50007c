// Kills a writing process at random moments, on both databases, and counts what was lost or doubled.
// Usage: node packages/store/scripts/kills.mjs [rounds=100] [seed=1]        (after "npm run build")
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killRound } from '../dist/kills.test.support.js';
import { noPostgres, startPostgres } from '../dist/postgres-server.test.support.js';

const rounds = Number(process.argv[2] ?? 100);
let state = Number(process.argv[3] ?? 1);

/** mulberry32: the moments can be repeated by their seed. */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

async function series(name, target) {
  const sum = { acknowledged: 0, lost: 0, doubled: 0, problems: 0, slowest: 0 };
  for (let round = 0; round < rounds; round++) {
    const result = await killRound(target, round, Math.round(random() * 500));
    sum.acknowledged += result.acknowledged;
    sum.lost += result.lost;
    sum.doubled += result.doubled;
    sum.problems += result.problems.length;
    sum.slowest = Math.max(sum.slowest, result.reopenMs);
    for (const problem of result.problems) console.error(`${name}, round ${round}: ${problem}`);
  }
  console.log(
    `| ${name} | ${rounds} | ${sum.acknowledged} | ${sum.lost} | ${sum.doubled} | ${sum.problems} | ${Math.round(sum.slowest)} ms |`,
  );
  return sum.lost + sum.doubled + sum.problems;
}

console.log(
  '| database | kills | acknowledged | lost | doubled | broken chain or integrity | slowest reopening |',
);
console.log('|---|---|---|---|---|---|---|');
let wrong = 0;
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-kills-'));
try {
  wrong += await series('SQLite', { kind: 'sqlite', file: join(dir, 'store.db') });
} finally {
  rmSync(dir, { recursive: true });
}
if (noPostgres() === undefined) {
  const server = await startPostgres(['fsync=on']);
  try {
    wrong += await series('PostgreSQL', { kind: 'postgres', url: await server.database() });
  } finally {
    await server.end();
  }
}
process.exit(wrong === 0 ? 0 : 1);
