// Runs the catalogue of the flagship, one experiment after another, each on a fresh service under real load, shortened so that
// the whole of it fits into half an hour: node sim/chaos/catalogue.mjs [name …]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { EXAMPLE, ROOT, startFlagship } from './flagship.mjs';

const RATE = Number(process.env.RATE ?? 6);
const SECONDS = Number(process.env.SECONDS ?? 45);
/** Times of the files, and of the service, are multiplied by this. */
const TIMES = Number(process.env.TIMES ?? 1);
const OUT = process.env.OUT ?? join(ROOT, 'sim/results/chaos-catalogue.json');
const wanted = process.argv.slice(2);
const folder = join(EXAMPLE, 'experiments');
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace('.yaml', ''))
  .sort();
const names = wanted.length > 0 ? wanted : all;

/** Every time in milliseconds, so many times as long: for a machine that has so much less to give. */
const slower = (text) => text.replace(/\b(\d+)ms\b/g, (_, ms) => `${Number(ms) * TIMES}ms`);

/** The file as it is, but short: what needs hours of traffic gets as much as a minute gives. */
function shortened(text) {
  const file = parse(slower(text));
  const limited = file.radius === undefined || file.radius === 'limited';
  return {
    ...file,
    duration: `${SECONDS}s`,
    ...(limited ? { radius: 'moderate' } : {}),
    method: file.method.map(({ fault, at, for: lasts }) => ({
      fault: fault.corpus === undefined ? fault : { ...fault, corpus: join(folder, fault.corpus) },
      ...(at === undefined ? {} : { at: '5s' }),
      ...(lasts === undefined ? {} : { for: `${SECONDS - 10}s` }),
    })),
    hypothesis: {
      ...file.hypothesis,
      probes: file.hypothesis.probes.map((probe) =>
        probe.figure === 'p99_ms' && probe.less_than
          ? { ...probe, less_than: probe.less_than * TIMES }
          : probe,
      ),
    },
    expect: file.expect.map((one) => (one.within === undefined ? one : { ...one, within: '60s' })),
    baseline: { for: '10s', requests: 20 },
    recover: '60s',
    requests: 20,
    // On a machine that others use too, a latency objective burns now and then without any fault: what costs answers still stops it.
    abort: { ...file.abort, burn_rate: 25 },
    allow: { ...file.allow, peak_hours: true, open_incidents: true },
  };
}

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

/** At full service for six seconds on end. */
async function settled(ms) {
  let since = performance.now();
  await until(
    async () => {
      const service = await api('GET', 'services/moderation').catch(() => undefined);
      if (service?.level !== 'full_service') since = performance.now();
      return performance.now() - since > 6_000;
    },
    ms,
    'full service',
  );
}

async function runOne(name) {
  await settled(90_000);
  const text = stringify(shortened(readFileSync(join(folder, `${name}.yaml`), 'utf8')));
  await api('PUT', `experiments/${name}`, { service: 'moderation', text });
  const dry = await api('GET', `experiments/${name}/dry-run`);
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
} finally {
  await flagship.close();
}
