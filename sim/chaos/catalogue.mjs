// Runs the catalogue of the flagship, one experiment after another, each on a fresh service under real load, shortened so that
// the whole of it fits into half an hour: node sim/chaos/catalogue.mjs [name …]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { EXAMPLE, ROOT, startFlagship } from './flagship.mjs';
import { SECONDS, shortened, slower, TIMES } from './short.mjs';
import { cataloguePage } from './table.mjs';

const RATE = Number(process.env.RATE ?? 6);
const OUT = process.env.OUT ?? join(ROOT, 'sim/results/chaos-catalogue.json');
/** A rung that is forbidden first: a planted regression. */
const FORBID = process.env.FORBID;
const wanted = process.argv.slice(2);
const folder = join(EXAMPLE, 'experiments');
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace('.yaml', ''))
  .sort();
const names = wanted.length > 0 ? wanted : all;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const flagship = await startFlagship({
  rate: RATE,
  edit: (text) =>
    slower(text)
      .replace(/^chaos: \{/m, 'chaos: { start_burn_rate: 25,')
      // So little traffic would take minutes to step up again at the shipped 5 %.
      .replace(/^step_up: .*$/m, 'step_up: { share: 25%, successes: 5, hold: 2s, max_hold: 10s }'),
});
const { api, until } = flagship;

/** At full service for three seconds on end. */
async function settled(ms) {
  let since = performance.now();
  await until(
    async () => {
      const service = await api('GET', 'services/moderation').catch(() => undefined);
      if (service?.level !== 'full_service') since = performance.now();
      return performance.now() - since > 3_000;
    },
    ms,
    'full service',
  );
}

/** What was ordered in an incident of the run before would still be in force: a person would take it back, too. */
async function tidied() {
  for (const { id } of (await api('GET', 'directives')).directives) await api('DELETE', `directives/${id}`);
}

async function runOne(name) {
  await tidied();
  await settled(90_000);
  const text = stringify(shortened(readFileSync(join(folder, `${name}.yaml`), 'utf8')));
  await api('PUT', `experiments/${name}`, { service: 'moderation', text });
  const dry = await api('GET', `experiments/${name}/dry-run`);
  if (FORBID !== undefined)
    await api('POST', 'directives', {
      service: 'moderation',
      order: { kind: 'forbid', rung: FORBID },
      reason: 'a planted regression',
      lease: '10m',
    });
  const { id } = await api('POST', `experiments/${name}/runs`, {});
  const run = await until(
    async () => {
      const found = await api('GET', `experiment-runs/${id}`).catch(() => undefined);
      return found?.phase === 'done' && found;
    },
    300_000,
    'the end of the run',
  );
  return { name, dry: dry.preview, findings: dry.findings, run };
}

const results = [];
try {
  flagship.startTraffic();
  await sleep(10_000);
  for (const name of names) {
    const began = performance.now();
    const result = await runOne(name).catch((error) => ({
      name,
      problem: String(error.message).slice(0, 500),
    }));
    results.push(result);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(
      `${name}: ${result.run?.status ?? 'no run'}: ${result.run?.reason ?? result.problem} (${seconds} s)`,
    );
    writeFileSync(OUT, JSON.stringify(results, null, 1));
  }
  writeFileSync(
    OUT.replace(/\.json$/, '.md'),
    cataloguePage(results, [
      `Made by \`node sim/chaos/catalogue.mjs\`: the shipped files, made short (${SECONDS} s of method, times in milliseconds ${TIMES} times as long in`,
      `the service and in the experiments, half of the users in the radius unless all of them are), ${RATE} requests a second of real mail from 400 users.`,
    ]),
  );
} finally {
  await flagship.close();
}
