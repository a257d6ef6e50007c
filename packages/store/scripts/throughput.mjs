// Rows per second that each database takes, and what they cost the calling thread.
// Usage: node packages/store/scripts/throughput.mjs        (after "npm run build")
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../dist/index.js';
import { noPostgres, startPostgres } from '../dist/postgres-server.test.support.js';

const clock = { now: () => performance.now(), wall: () => Date.now() };
let made = 0;
const id = () => `req-${(made++).toString(36).padStart(10, '0')}`;
const prediction = () => ({
  id: id(),
  service: 'moderation',
  at: Date.now(),
  replica: 'r1',
  tenant: 'acme',
  level: 'full_service',
  model: 'primary',
  version: '3',
  label: 'spam',
  score: Math.random(),
  confidence: Math.random(),
  extra: made % 4 === 0 ? { cohort: 'b' } : undefined,
});
const fact = () => ({
  kind: 'signal',
  service: 'moderation',
  id: id(),
  at: Date.now(),
  arrivedAt: Date.now(),
  by: 'sender',
  request: id(),
  body: { good: 1, total: 1 },
});
const entry = { at: 1, by: 'ann', action: 'a.b', subject: 's', service: undefined, detail: { a: 1 } };
const rows = (make, count) => Array.from({ length: count }, make);

async function rate(count, work) {
  const begun = performance.now();
  await work();
  return Math.round((count / (performance.now() - begun)) * 1000).toLocaleString('en');
}

async function measure(name, target) {
  const store = await openStore(target, { clock });
  await store.predictions.append(rows(prediction, 1000), []);
  const batches = rows(() => rows(prediction, 1000), 100);
  let calling = 0;
  const predictions = await rate(100_000, async () => {
    for (const batch of batches) {
      const begun = performance.now();
      const done = store.predictions.append(batch, []);
      calling += performance.now() - begun;
      await done;
    }
  });
  const signals = await rate(20_000, async () => {
    for (let i = 0; i < 20; i++) await store.facts.add(rows(fact, 1000));
  });
  const many = await rate(5_000, () => Promise.all(rows(fact, 5_000).map((one) => store.facts.add([one]))));
  const single = await rate(200, async () => {
    for (const one of rows(fact, 200)) await store.facts.add([one]);
  });
  const audit = await rate(500, () => Promise.all(rows(() => store.audit.append([entry]), 500)));
  console.log(
    `| ${name} | ${predictions} | ${(calling / 100).toFixed(2)} µs | ${signals} | ${many} | ${single} | ${audit} |`,
  );
  await store.close();
}

console.log(
  '| database | predictions in thousands | of it on the calling thread, a row | facts in thousands | facts one by one, all at once | facts one after the other | audit entries, all at once |',
);
console.log('|---|---|---|---|---|---|---|');
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-throughput-'));
try {
  await measure('SQLite', { kind: 'sqlite', file: join(dir, 'store.db') });
} finally {
  rmSync(dir, { recursive: true });
}
if (noPostgres() === undefined) {
  const server = await startPostgres(['fsync=on']);
  try {
    await measure('PostgreSQL', { kind: 'postgres', url: await server.database() });
  } finally {
    await server.end();
  }
}
