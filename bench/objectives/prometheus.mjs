// The same objectives held by Prometheus 2.42 with the rules that evenkeel exports, and by evenkeel: CPU for one new minute of all.
//   node --expose-gc objectives/prometheus.mjs          (OBJECTIVES=300 DAYS=3 SECONDS=90 EVERY=30)
// Prometheus is given DAYS of samples, a minute apart, by backfilling; its thirty-day rule sums what it has recorded since it began,
// which is in its favour. CPU and not time is compared: other things may run on the machine.
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { printRules, prometheusRules } from '../../packages/config/dist/prometheus/index.js';
import { createSeries } from '../../packages/core/dist/objectives/series.js';
import { seriesSums } from '../../packages/core/dist/objectives/series-sums.js';
import { objectiveStatus } from '../../packages/core/dist/objectives/status.js';
import { blockOf, countsOf, MINUTE, occurrences, prepared, stateOf } from './rig.mjs';

const COUNT = Number(process.env.OBJECTIVES ?? 300);
const DAYS = Number(process.env.DAYS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 90);
const EVERY = Number(process.env.EVERY ?? 30);
const here = dirname(fileURLToPath(import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
const now = Math.floor(Date.now() / MINUTE) * MINUTE;
const ready = Array.from({ length: COUNT }, (_, n) => prepared(n));

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function backfill() {
  const file = join(directory, 'samples.om');
  const out = createWriteStream(file);
  const name = 'evenkeel_objective_events';
  out.write(`# TYPE ${name} counter\n`);
  const last = now / MINUTE;
  for (let n = 0; n < COUNT; n++) {
    const { service, name: objective } = ready[n].objective;
    let lines = '';
    for (const verdict of ['good', 'bad']) {
      let sum = 0;
      for (let m = last - DAYS * 1_440; m <= last; m++) {
        const { good, total } = countsOf(n, m);
        sum += verdict === 'good' ? good : total - good;
        lines += `${name}_total{service="${service}",objective="${objective}",verdict="${verdict}"} ${sum} ${m * 60}\n`;
      }
    }
    if (!out.write(lines)) await new Promise((resolve) => out.once('drain', resolve));
  }
  await new Promise((resolve) => out.end('# EOF\n', resolve));
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, join(directory, 'data')], {
    stdio: 'ignore',
  });
  rmSync(file);
}

async function query(port, expression) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = await answer.json();
  return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

/** CPU seconds of a process, user and system. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function prometheus() {
  const { groups } = prometheusRules(ready.map(({ objective }) => objective));
  writeFileSync(join(directory, 'rules.yml'), printRules(groups));
  writeFileSync(
    join(directory, 'prometheus.yml'),
    `global: { evaluation_interval: ${EVERY}s, scrape_interval: 1h }\nrule_files: [rules.yml]\n`,
  );
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=60d',
    ],
    { stdio: 'ignore' },
  );
  try {
    for (let i = 0; ; i++) {
      const up = await fetch(`http://127.0.0.1:${port}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) break;
      if (i > 120) throw new Error('Prometheus does not start');
      await sleep(500);
    }
    await sleep(EVERY * 1_000);
    // Groups begin spread over the interval: over the measurement each is evaluated SECONDS / EVERY times.
    const cpu = cpuOf(child.pid);
    const began = performance.now();
    await sleep(SECONDS * 1_000);
    const seconds = (performance.now() - began) / 1_000;
    const used = cpuOf(child.pid) - cpu;
    const ratios = await query(port, 'count(evenkeel:sli_error:ratio_rate3d)');
    const missed = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
    const sum = (metric) =>
      [...missed.matchAll(new RegExp(`^${metric}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
        (all, [, value]) => all + Number(value),
        0,
      );
    return {
      cpuMsPerRound: (1_000 * used * EVERY) / seconds,
      rules: groups.reduce((all, { rules }) => all + rules.length, 0),
      groupsWithFigures: ratios[0]?.value ?? 0,
      evaluationsMissed: sum('prometheus_rule_group_iterations_missed_total'),
      residentMB: Math.round(Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]) / 256),
    };
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

function evenkeel() {
  const until = Math.floor(now / MINUTE) + 1;
  const all = ready.map((one, n) => {
    const series = createSeries({
      windows: one.windows,
      budgeting: occurrences,
      since: now,
      state: stateOf(n, one.windows, now),
    });
    for (const hour of series.needs(now + MINUTE)) series.load(hour, blockOf(n, hour, until));
    series.load(
      Math.floor(now / 3_600_000) * 3_600_000,
      blockOf(n, Math.floor(now / 3_600_000) * 3_600_000, until),
    );
    return { one, series, sums: seriesSums(one, series) };
  });
  const rounds = 200;
  let at = now;
  let firing = 0;
  const cpu = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    at += MINUTE;
    for (let n = 0; n < all.length; n++) {
      const { one, series, sums } = all[n];
      const { good, total } = countsOf(n, at / MINUTE);
      series.add(at, good, total);
      for (let missing = series.advance(at); missing.length > 0; missing = series.advance(at))
        for (const hour of missing) series.load(hour, blockOf(n, hour, at / MINUTE));
      const status = objectiveStatus(one, sums, {
        segment: '',
        now: at,
        since: series.since,
        lastEvent: series.lastEvent(),
      });
      if (status.alerts.some((alert) => alert.firing)) firing += 1;
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMsPerRound: (user + system) / 1_000 / rounds, rounds, firing };
}

try {
  console.error(`backfilling ${COUNT} objectives × ${DAYS} days`);
  await backfill();
  console.error('Prometheus evaluates');
  const theirs = await prometheus();
  const ours = evenkeel();
  const round = (value) => Math.round(value * 100) / 100;
  const result = {
    objectives: COUNT,
    daysOfSamples: DAYS,
    prometheus: { ...theirs, cpuMsPerRound: round(theirs.cpuMsPerRound) },
    evenkeel: { ...ours, cpuMsPerRound: round(ours.cpuMsPerRound) },
    ratio: round(theirs.cpuMsPerRound / ours.cpuMsPerRound),
  };
  console.log(JSON.stringify(result, null, 2));
  const target = join(here, '..', 'results', 'objectives.json');
  if (process.env.WRITE !== '0') {
    const before = existsSync(target) ? JSON.parse(readFileSync(target, 'utf8')) : {};
    writeFileSync(target, `${JSON.stringify({ ...before, prometheus: result }, null, 2)}\n`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
