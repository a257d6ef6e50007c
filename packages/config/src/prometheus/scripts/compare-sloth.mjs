// Compares our Prometheus rules with Sloth's by what they do: both rule files are loaded into one `promtool test rules`
// with the same traffic, and the stretches in which each of them pages or tickets are laid side by side.
//
//   node packages/config/src/prometheus/scripts/compare-sloth.mjs --data DIR [--keep] [--only TEXT]
//
// DIR holds sloth/specs/*.yml and sloth/generated/*.yml of the same names (they are not part of this repository), and
// may hold sloth/windows/*.yaml. Needs promtool (Debian: prometheus) and a build (`npx tsc -b packages/config`).
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

const { values } = parseArgs({
  options: { data: { type: 'string' }, keep: { type: 'boolean' }, only: { type: 'string' } },
});
const built = new URL('../../../dist/prometheus/index.js', import.meta.url);
if (values.data === undefined || !existsSync(join(values.data, 'sloth', 'specs'))) {
  console.error('SKIPPED: no data; give a directory with sloth/specs and sloth/generated as --data DIR');
  process.exit(values.data === undefined ? 0 : 1);
}
if (!existsSync(built)) {
  console.error('not built: run "npx tsc -b packages/config" first');
  process.exit(1);
}
const { printRules, prometheusRules, readSloth, readSlothWindows } = await import(built.href);

const HOUR = 60;
const DAY = 24 * HOUR;
/** History before anything happens, so that the 3-day windows are full. */
const BEFORE = 3 * DAY + HOUR;

// Traffic: stretches of minutes; `burn` in multiples of the budget (an error ratio of 1 at most), `rate` events a minute.
const quiet = { minutes: BEFORE, burn: 0.2, rate: 6_000 };
const SCENARIOS = [
  { name: 'healthy', phases: [quiet, { ...quiet, minutes: 6 * HOUR }] },
  {
    name: 'fast burn, 20x for 2 h, and recovery',
    phases: [quiet, { minutes: 2 * HOUR, burn: 20, rate: 6_000 }, { ...quiet, minutes: 8 * HOUR }],
  },
  {
    name: 'just over the fast factor, 14.5x for 3 h',
    phases: [quiet, { minutes: 3 * HOUR, burn: 14.5, rate: 6_000 }, { ...quiet, minutes: 2 * HOUR }],
  },
  {
    name: 'slow burn, 4x for 30 h',
    phases: [quiet, { minutes: 30 * HOUR, burn: 4, rate: 6_000 }, { ...quiet, minutes: 4 * HOUR }],
  },
  {
    name: 'outage of 10 min, and recovery',
    phases: [quiet, { minutes: 10, burn: Infinity, rate: 6_000 }, { ...quiet, minutes: 8 * HOUR }],
  },
  {
    name: 'keeps its promise, 0.95x for 4 d',
    phases: [{ minutes: 4 * DAY, burn: 0.95, rate: 6_000 }],
  },
  {
    name: 'no traffic for 2 h after an outage',
    phases: [
      quiet,
      { minutes: 30, burn: Infinity, rate: 6_000 },
      { minutes: 2 * HOUR, burn: 0, rate: 0 },
      { ...quiet, minutes: 2 * HOUR },
    ],
  },
  {
    name: 'series gone for 2 h after an outage',
    phases: [
      quiet,
      { minutes: 30, burn: Infinity, rate: 6_000 },
      { minutes: 2 * HOUR, gone: true },
      { ...quiet, minutes: 2 * HOUR },
    ],
  },
  { name: 'low traffic: 10 an hour, one failure', single: true, phases: [{ minutes: BEFORE, burn: 0, rate: 1 / 6 }] },
  {
    name: 'no error was ever recorded',
    without: 'errors',
    phases: [{ minutes: 6 * HOUR, burn: 0, rate: 6_000 }],
  },
];

/** A promtool series: stretches of a start, an increment and a number of samples. */
function series(name, stretches) {
  return { series: name, values: stretches.map(({ from, by, count }) => `${from}${by < 0 ? by : `+${by}`}x${count - 1}`).join(' ') };
}

/** Counters of good and bad requests. */
function counters(scenario, target, job) {
  const line = (pick) => {
    let value = 0;
    const parts = [];
    for (const phase of scenario.phases) {
      if (phase.gone) {
        parts.push(`_x${phase.minutes}`);
        continue;
      }
      const by = Number((phase.rate * pick(Math.min(1, phase.burn * (1 - target)))).toPrecision(12));
      value += by;
      parts.push(`${value}+${by}x${phase.minutes - 1}`);
      value += by * (phase.minutes - 1);
    }
    return parts.join(' ');
  };
  const label = (code) => `http_request_duration_seconds_count{job="${job}",code="${code}"}`;
  const good = { series: label('200'), values: line((share) => 1 - share) };
  if (scenario.without === 'errors') return [good];
  if (!scenario.single) return [good, { series: label('500'), values: line((share) => share) }];
  // Whole events: one success each six minutes, one failure in place of one of them.
  const whole = [];
  for (let n = 0; n < BEFORE / 6; n++) whole.push(`${n}+0x5`);
  const at = BEFORE - 2 * HOUR;
  return [
    { series: label('200'), values: whole.join(' ') },
    { series: label('500'), values: `0+0x${at - 1} 1+0x${BEFORE - at - 1}` },
  ];
}

/** Satisfaction of clients. `ready`: the mean is the indicator; else the share of clients under `below` is. */
function gauges(scenario, target, kind, below) {
  const clients = kind === 'ready' ? 4 : 20;
  const bad = kind === 'ready' ? undefined : below - 0.1;
  const names = Array.from({ length: clients }, (_, n) => `unifipoller_client_satisfaction_ratio{client="c${n}"}`);
  return names.map((name, index) => ({
    series: name,
    values: scenario.phases
      .map((phase) => {
        if (phase.gone || phase.rate === 0) return `_x${phase.minutes}`;
        const share = Math.min(1, phase.burn * (1 - target));
        const value = kind === 'ready' ? 1 - share : index < Math.round(share * clients) ? bad : 0.95;
        return series('', [{ from: Number(value.toPrecision(12)), by: 0, count: phase.minutes }]).values;
      })
      .join(' '),
  }));
}

function inputFor(objective, scenario) {
  const { query } = objective.source;
  const text = query.bad ?? query.ratio;
  const { target } = objective.allowance;
  if (text.includes('http_request_duration_seconds_count')) {
    return counters(scenario, target, /job="([^"]+)"/.exec(text)[1]);
  }
  // Clients come one at a time: what is said in single requests or missing error series has no meaning for them.
  if (scenario.single || scenario.without) return undefined;
  if (query.kind === 'error_ratio') return gauges(scenario, target, 'ready');
  return gauges(scenario, target, 'share', Number(/< ([\d.]+)/.exec(text)[1]));
}

function promtool(args) {
  return new Promise((resolve) => {
    execFile('promtool', args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') {
        console.error('promtool is not installed (Debian: apt-get install prometheus)');
        process.exit(1);
      }
      resolve({ code: error === null ? 0 : 1, text: `${stdout}\n${stderr}` });
    });
  });
}

const EXPR = 'count by (who, service, slo, severity) (label_replace(label_replace(label_replace(label_replace(ALERTS{alertstate="firing",sloth_id!=""}, "who", "sloth", "", ""), "service", "$1", "sloth_service", "(.*)"), "slo", "$1", "sloth_slo", "(.*)"), "severity", "$1", "sloth_severity", "(.*)") or label_replace(label_replace(label_replace(label_replace(ALERTS{alertstate="firing",evenkeel_objective!=""}, "who", "evenkeel", "", ""), "service", "$1", "evenkeel_service", "(.*)"), "slo", "$1", "evenkeel_objective", "(.*)"), "severity", "$1", "evenkeel_severity", "(.*)"))';

/** Stretches, in minutes, in which each alert of each rule file fires. */
async function firing(directory, files, input, from, to, step) {
  const times = [];
  for (let at = from; at <= to; at += step) times.push(at);
  const test = {
    rule_files: files,
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: input,
        promql_expr_test: times.map((at) => ({ expr: EXPR, eval_time: `${at}m`, exp_samples: [] })),
      },
    ],
  };
  const path = join(directory, 'test.yml');
  writeFileSync(path, stringify(test, { lineWidth: 0, aliasDuplicateObjects: false }));
  const { text } = await promtool(['test', 'rules', path]);
  if (/error|could not|unmarshal|parse/i.test(text.replace(/sli_error|error_budget|got: .*/g, '').replace(/expr: .*/g, '')))
    throw new Error(text.slice(0, 2_000));
  const at = new Map();
  for (const [, time, got] of text.matchAll(/time: (\S+),\s+exp: nil\s+got: (.*)/g)) {
    const minutes = [...time.matchAll(/(\d+)([dhm])/g)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * { d: DAY, h: HOUR, m: 1 }[unit],
      0,
    );
    for (const [, labels] of got.matchAll(/\{([^}]*)\}/g)) {
      const get = (name) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
      const key = `${get('service')}/${get('slo')} ${get('severity')}`;
      const who = get('who');
      const sides = at.get(key) ?? { sloth: [], evenkeel: [] };
      sides[who].push(minutes);
      at.set(key, sides);
    }
  }
  return at;
}

/** `0:05–1:10`, hours and minutes after the trouble began. */
function spans(times, origin, step) {
  const out = [];
  for (const time of times) {
    const last = out.at(-1);
    if (last !== undefined && time - last[1] <= step) last[1] = time;
    else out.push([time, time]);
  }
  const show = (minutes) => {
    const n = minutes - origin;
    return `${n < 0 ? '-' : ''}${Math.floor(Math.abs(n) / 60)}:${String(Math.abs(n) % 60).padStart(2, '0')}`;
  };
  return out.length === 0 ? 'never' : out.map(([a, b]) => `${show(a)}–${show(b)}`).join(', ');
}

/** Why the two differ, where they are meant to. */
function purpose(scenario, objective, sides, windows) {
  if (scenario.single && sides.sloth.length > 0 && sides.evenkeel.length === 0) return 'on purpose: low-traffic guard';
  if (scenario.name.startsWith('keeps') && sides.evenkeel.length === 0 && windows !== '30d') return 'on purpose: no factor under 1';
  return undefined;
}

const root = join(values.data, 'sloth');
const scratch = mkdtempSync(join(tmpdir(), 'compare-sloth-'));
let unexplained = 0;
let compared = 0;
try {
  for (const file of readdirSync(join(root, 'specs')).sort()) {
    if (values.only !== undefined && !file.includes(values.only)) continue;
    const text = readFileSync(join(root, 'specs', file), 'utf8');
    const read = readSloth(text, file);
    if (!read.ok) throw new Error(`${file}: ${JSON.stringify(read.problems)}`);
    const byName = new Map(read.objectives.map((one) => [one.objective, one.alerting]));
    const { groups, notes } = prometheusRules([...byName.keys()], { alerting: (one) => byName.get(one) });
    const ours = join(scratch, `ours-${file}`);
    writeFileSync(ours, printRules(groups));
    const check = await promtool(['check', 'rules', ours]);
    const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
    console.log(`\n## ${file}: ${count} rules, promtool check rules: ${check.code === 0 ? 'passes' : check.text}`);
    if (check.code !== 0) unexplained++;
    for (const { objective, note } of notes) console.log(`   note ${objective}: ${note}`);
    const theirs = join(scratch, `sloth-${file}`);
    writeFileSync(theirs, readFileSync(join(root, 'generated', basename(file)), 'utf8'));
    for (const { objective } of read.objectives) {
      for (const scenario of SCENARIOS) {
        const input = inputFor(objective, scenario);
        if (input === undefined) continue;
        const total = scenario.phases.reduce((sum, phase) => sum + phase.minutes, 0);
        const origin = scenario.single ? BEFORE - 2 * HOUR : (scenario.phases[0]?.minutes ?? 0) % total;
        const step = 1;
        const from = Math.max(0, Math.min(origin, total - 12 * HOUR) - 30);
        const result = await firing(scratch, [ours, theirs], input, from, total - 1, step);
        const where = `${objective.service}/${objective.name}`;
        if (result.size === 0) {
          compared++;
          console.log(`${where} | ${scenario.name} | neither fires | equal`);
        }
        for (const [alert, sides] of [...result].sort()) {
          compared++;
          const equal = JSON.stringify(sides.sloth) === JSON.stringify(sides.evenkeel);
          const verdict = equal ? 'equal' : (purpose(scenario, objective, sides, '30d') ?? 'DIFFERENT');
          if (verdict === 'DIFFERENT') unexplained++;
          const shown = equal
            ? spans(sides.sloth, origin, step)
            : `sloth ${spans(sides.sloth, origin, step)}; evenkeel ${spans(sides.evenkeel, origin, step)}`;
          console.log(`${where} | ${scenario.name} | ${alert}: ${shown} | ${verdict}`);
        }
      }
    }
  }
  console.log(`\n${compared} comparisons, ${unexplained} unexplained differences`);
} finally {
  if (values.keep) console.log(`kept ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = unexplained === 0 ? 0 : 1;
