// Runs the catalogue of the flagship, one experiment after another, each on a fresh service under real load, shortened so that
// the whole of it fits into half an hour: node sim/chaos/catalogue.mjs [name …]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { EXAMPLE, ROOT, startFlagship } from './flagship.mjs';

const RATE = Number(process.env.RATE ?? 6);
const SECONDS = Number(process.env.SECONDS ?? 45);
const OUT = process.env.OUT ?? join(ROOT, 'sim/results/chaos-catalogue.json');
const wanted = process.argv.slice(2);
const folder = join(EXAMPLE, 'experiments');
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace('.yaml', ''))
  .sort();
const names = wanted.length > 0 ? wanted : all;

/** The file as it is, but short: what needs hours of traffic gets as much as a minute gives. */
function shortened(text) {
  const file = parse(text);
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
    expect: file.expect.map((one) => (one.within === undefined ? one : { ...one, within: '90s' })),
    baseline: { for: '10s', requests: 30 },
    recover: '60s',
    requests: 30,
    // On a machine that others use too, a latency objective burns now and then without any fault: what costs answers still stops it.
    abort: { ...file.abort, burn_rate: 25 },
    allow: { ...file.allow, peak_hours: true, open_incidents: true },
  };
}

const results = [];
for (const name of names) {
  const began = performance.now();
  let flagship;
  try {
    flagship = await startFlagship({
      rate: RATE,
      // So little traffic would take minutes to step up again at the shipped 5 %.
      edit: (text) =>
        text
          .replace(/^chaos: \{/m, 'chaos: { start_burn_rate: 25,')
          .replace(/^step_up: .*$/m, 'step_up: { share: 25%, successes: 10, hold: 2s, max_hold: 10s }'),
    });
    const { api, until } = flagship;
    flagship.startTraffic();
    let since = performance.now() + 8_000;
    await until(
      async () => {
        const service = await api('GET', 'services/moderation').catch(() => undefined);
        if (service?.level !== 'full_service') since = Math.max(since, performance.now());
        return performance.now() - since > 6_000;
      },
      120_000,
      'full service',
    );
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
    results.push({ name, dry: dry.preview, findings: dry.findings, run });
    console.log(
      `${name}: ${run.status}: ${run.reason} (${Math.round((performance.now() - began) / 1_000)} s)`,
    );
  } catch (error) {
    results.push({ name, problem: String(error.message).slice(0, 2_000) });
    console.log(`${name}: ${error.message}`);
  } finally {
    await flagship?.close();
  }
  writeFileSync(OUT, JSON.stringify(results, null, 1));
}
