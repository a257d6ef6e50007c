// Faults of all eight types, done to the real pipeline under the fake clock, and quiet days without any; writes
// sim/results/incidents.{json,md}.
//   npx tsc -b packages/core && node sim/incidents/run.mjs && npx biome format --write sim/results
// Options: --single 208  --pairs 96  --days 30  --first 30000  --threads 2  --out sim/results
// Weights and thresholds were set while looking at seeds 0 to 200 and some of 10000 to 25000; the report is on seeds from --first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { core } from './core.mjs';
import { caseOf, runCase, runQuiet } from './scenario.mjs';

const here = fileURLToPath(import.meta.url);

if (isMainThread) await main();
else {
  for (const job of workerData) {
    const result =
      job.kind === 'quiet'
        ? await runQuiet(core, job.seed, job.days)
        : await runCase(core, caseOf(core, job.seed, job.kind === 'pair'));
    parentPort.postMessage({ kind: job.kind, result });
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      single: { type: 'string', default: '208' },
      pairs: { type: 'string', default: '96' },
      days: { type: 'string', default: '30' },
      first: { type: 'string', default: '30000' },
      threads: { type: 'string', default: '2' },
      out: { type: 'string', default: resolve(dirname(here), '../results') },
    },
  });
  const first = Number(values.first);
  const jobs = [];
  // Thirty days in six runs of five: each has its own seed and noise.
  const chunk = Math.min(5, Number(values.days));
  for (let d = 0; d < Number(values.days); d += chunk)
    jobs.push({ kind: 'quiet', seed: first + d, days: chunk });
  for (let i = 0; i < Number(values.single); i++) jobs.push({ kind: 'single', seed: first + i });
  for (let i = 0; i < Number(values.pairs); i++) jobs.push({ kind: 'pair', seed: first + 5000 + i });

  const threads = Number(values.threads);
  const results = { single: [], pair: [], quiet: [] };
  let seen = 0;
  await Promise.all(
    Array.from({ length: threads }, (_, t) => {
      const worker = new Worker(here, { workerData: jobs.filter((_job, i) => i % threads === t) });
      worker.on('message', ({ kind, result }) => {
        results[kind].push(result);
        // A run takes minutes: what there is so far is on disk.
        if (++seen % 25 === 0) report(results, values);
        if (kind !== 'quiet' && (!result.first || result.pages > result.types.length))
          process.stdout.write(
            `${kind} ${result.seed} ${result.faults.join(' + ')}: ${result.ranked.map((r) => `${r.type} ${r.score.toFixed(2)}`).join(', ') || 'nothing opened'}; ${result.pages} pages\n`,
          );
      });
      return new Promise((done, failed) => {
        worker.on('error', failed);
        worker.on('exit', done);
      });
    }),
  );
  process.stdout.write(report(results, values));
}

function report({ single, pair, quiet }, values) {
  for (const list of [single, pair, quiet]) list.sort((a, b) => a.seed - b.seed);
  const cases = [...single, ...pair];
  const share = (list, test) => (list.length === 0 ? 1 : list.filter(test).length / list.length);
  const quantile = (list, q) => {
    const sorted = list.filter((v) => v !== undefined).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  };
  const pc = (v) => `${(100 * v).toFixed(1)} %`;
  const types = [...new Set(single.map((c) => c.types[0]))].sort();
  const byType = types.map((type) => {
    const list = single.filter((c) => c.types[0] === type);
    return {
      type,
      cases: list.length,
      first: share(list, (c) => c.first),
      firstTwo: share(list, (c) => c.second),
      missed: list.filter((c) => c.detectedMs === undefined).length,
      pages: list.reduce((sum, c) => sum + c.pages, 0) / Math.max(1, list.length),
      mostPages: Math.max(0, ...list.map((c) => c.pages)),
      incidents: list.reduce((sum, c) => sum + c.opened, 0) / Math.max(1, list.length),
      medianS:
        (quantile(
          list.map((c) => c.detectedMs),
          0.5,
        ) ?? Number.NaN) / 1000,
      p90S:
        (quantile(
          list.map((c) => c.detectedMs),
          0.9,
        ) ?? Number.NaN) / 1000,
    };
  });
  const days = quiet.reduce((sum, q) => sum + q.days, 0);
  const summary = {
    command: `node sim/incidents/run.mjs --single ${values.single} --pairs ${values.pairs} --days ${values.days} --first ${values.first}`,
    cases: cases.length,
    first: share(cases, (c) => c.first),
    firstTwo: share(cases, (c) => c.second),
    missed: cases.filter((c) => c.detectedMs === undefined).length,
    single: {
      cases: single.length,
      first: share(single, (c) => c.first),
      firstTwo: share(single, (c) => c.second),
      mostPages: Math.max(0, ...single.map((c) => c.pages)),
      overOnePage: single.filter((c) => c.pages > 1).length,
    },
    pairs: {
      cases: pair.length,
      first: share(pair, (c) => c.first),
      firstTwo: share(pair, (c) => c.second),
      mostPages: Math.max(0, ...pair.map((c) => c.pages)),
      overOnePage: pair.filter((c) => c.pages > 1).length,
    },
    beforeAnyFault: cases.reduce((sum, c) => sum + c.before.filter(({ what }) => what === 'open').length, 0),
    byType,
    quiet: {
      days,
      requests: quiet.reduce((sum, q) => sum + q.requests, 0),
      pages: quiet.reduce((sum, q) => sum + q.pages, 0),
      incidentsWithoutPage: quiet.reduce((sum, q) => sum + q.opened.length, 0),
      opened: quiet.flatMap((q) => q.opened.map(({ type, severity, why }) => ({ type, severity, why }))),
    },
    wrong: cases
      .filter((c) => !c.first)
      .map(({ seed, faults, ranked, detectedMs }) => ({ seed, faults, ranked, detectedMs })),
  };
  mkdirSync(values.out, { recursive: true });
  writeFileSync(resolve(values.out, 'incidents.json'), `${JSON.stringify(summary, null, 2)}\n`);
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const text = `# Incidents: faults found, and quiet days left alone

Made by \`${summary.command}\`. A case does something to the feature server, the model, the requests, the trainer or the retraining of a
simulated recommender behind the real pipeline of \`@evenkeel/core\`, under the fake clock; it sets no signal. Weights and
thresholds were set while looking at seeds 0 to 200 and some of 10000 to 25000; these are others.

| | cases | right type first | right type in the first two | not found | more than one page |
|---|---|---|---|---|---|
${row(['one fault', summary.single.cases, pc(summary.single.first), pc(summary.single.firstTwo), single.filter((c) => c.detectedMs === undefined).length, summary.single.overOnePage])}
${row(['two faults, either counts', summary.pairs.cases, pc(summary.pairs.first), pc(summary.pairs.firstTwo), pair.filter((c) => c.detectedMs === undefined).length, summary.pairs.overOnePage])}
${row(['all', summary.cases, pc(summary.first), pc(summary.firstTwo), summary.missed, summary.single.overOnePage + summary.pairs.overOnePage])}

Quiet: ${days} days of ${summary.quiet.requests} requests with seasons of the day, deploys, short stutters, retried training runs and complaints:
**${summary.quiet.pages} pages**; ${summary.quiet.incidentsWithoutPage} incidents that page nobody. Before the fault, in all cases together: ${summary.beforeAnyFault} incidents.

| type (one fault) | cases | first | first two | not found | pages a case, most | incidents a case | median to detect, s | p90, s |
|---|---|---|---|---|---|---|---|---|
${byType.map((t) => row([t.type, t.cases, pc(t.first), pc(t.firstTwo), t.missed, `${t.pages.toFixed(2)}, ${t.mostPages}`, t.incidents.toFixed(2), t.medianS.toFixed(0), t.p90S.toFixed(0)])).join('\n')}

Not right at first:

${summary.wrong.map((w) => `- seed ${w.seed}: ${w.faults.join(' + ')} → ${w.ranked.map((r) => `${r.type} ${r.score.toFixed(2)}`).join(', ') || 'nothing opened'}`).join('\n') || '- none'}
`;
  writeFileSync(resolve(values.out, 'incidents.md'), text);
  return text;
}
