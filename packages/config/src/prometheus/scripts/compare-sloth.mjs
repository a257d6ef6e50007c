// Compares our Prometheus rules with Sloth's by what they do: both rule files are loaded into one `promtool test rules`
// with the same traffic, and the stretches in which each of them pages or tickets are laid side by side.
//
//   node packages/config/src/prometheus/scripts/compare-sloth.mjs --data DIR [--keep] [--only TEXT]
//
// DIR holds sloth/specs/*.yml and sloth/generated/*.yml of the same names (they are not part of this repository).
// Needs promtool (Debian: prometheus) and a build (`npx tsc -b packages/config`).
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';

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
const { printRules, prometheusRules, readSloth } = await import(built.href);

const HOUR = 60;
const DAY = 24 * HOUR;

// Traffic: stretches of minutes; `burn` in multiples of the budget (an error ratio of 1 at most), `rate` events a minute.
// Pages are looked at by the minute after 7 hours of history, tickets by five minutes after 3 days of it.
const quiet = { minutes: 7 * HOUR, burn: 0.2, rate: 6_000 };
const days = { ...quiet, minutes: 3 * DAY + HOUR };
const outage = { minutes: 30, burn: Infinity, rate: 6_000 };
const SCENARIOS = [
  { name: 'healthy', phases: [quiet, { ...quiet, minutes: 3 * HOUR }] },
  {
    name: 'fast burn, 20x for 2 h, then recovery',
    phases: [quiet, { minutes: 2 * HOUR, burn: 20, rate: 6_000 }, { ...quiet, minutes: 7 * HOUR }],
  },
  {
    name: 'just over the fast factor, 14.5x for 3 h',
    phases: [quiet, { minutes: 3 * HOUR, burn: 14.5, rate: 6_000 }, { ...quiet, minutes: 2 * HOUR }],
  },
  {
    name: 'outage of 10 min, then recovery',
    phases: [quiet, { ...outage, minutes: 10 }, { ...quiet, minutes: 8 * HOUR }],
  },
  {
    name: 'slow burn, 4x for 30 h, then recovery',
    step: 5,
    phases: [days, { minutes: 30 * HOUR, burn: 4, rate: 6_000 }, { ...quiet, minutes: 8 * HOUR }],
  },
  {
    name: 'keeps its promise, 0.95x for 3 d',
    step: 5,
    phases: [
      { minutes: 3 * DAY + HOUR, burn: 0.95, rate: 6_000 },
      { minutes: HOUR, burn: 0.95, rate: 6_000 },
    ],
  },
  {
    name: 'outage, then no traffic for 2 h',
    phases: [quiet, outage, { minutes: 2 * HOUR, burn: 0, rate: 0 }, { ...quiet, minutes: 2 * HOUR }],
  },
  {
    name: 'outage, then series gone for 2 h',
    phases: [quiet, outage, { minutes: 2 * HOUR, gone: true }, { ...quiet, minutes: 2 * HOUR }],
  },
  {
    name: 'low traffic: 10 an hour, one failure',
    single: true,
    phases: [
      { minutes: 7 * HOUR, burn: 0, rate: 1 / 6 },
      { minutes: 3 * HOUR, burn: 0, rate: 1 / 6 },
    ],
  },
  {
    name: 'no error was ever recorded',
    without: 'errors',
    phases: [quiet, { minutes: HOUR, burn: 0, rate: 6_000 }],
  },
];

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
  const total = scenario.phases.reduce((sum, { minutes }) => sum + minutes, 0);
  for (let n = 0; n < total / 6; n++) whole.push(`${n}+0x5`);
  const at = scenario.phases[0].minutes;
  return [
    { series: label('200'), values: whole.join(' ') },
    { series: label('500'), values: `0+0x${at - 1} 1+0x${total - at - 1}` },
  ];
}

/** Satisfaction of clients. `ready`: the mean is the indicator; else the share of clients under `below` is. */
function gauges(scenario, target, kind, below) {
  // promtool refuses queries over 10,000 samples, and the subqueries of a share read every client over 3 days twice.
  const clients = kind === 'ready' ? 1 : 4;
  const bad = kind === 'ready' ? undefined : below - 0.1;
  const names = Array.from(
    { length: clients },
    (_, n) => `unifipoller_client_satisfaction_ratio{client="c${n}"}`,
  );
  return names.map((name, index) => ({
    series: name,
    values: scenario.phases
      .map((phase) => {
        if (phase.gone || phase.rate === 0) return `_x${phase.minutes}`;
        const share = Math.min(1, phase.burn * (1 - target));
        const value = kind === 'ready' ? 1 - share : index < Math.round(share * clients) ? bad : 0.95;
        return `${Number(value.toPrecision(12))}+0x${phase.minutes - 1}`;
      })
      .join(' '),
  }));
}

function inputFor(objective, scenario) {
  const { query } = objective.source;
  const text = query.bad ?? query.ratio;
  const { target } = objective.allowance;
  if (text.includes('http_request_duration_seconds_count')) {
    return { series: counters(scenario, target, /job="([^"]+)"/.exec(text)[1]) };
  }
  // Clients come one at a time: what is said in single requests or missing error series has no meaning for them.
  if (scenario.single || scenario.without) return undefined;
  if (query.kind === 'error_ratio') return { series: gauges(scenario, target, 'ready') };
  return { step: 5, series: gauges(scenario, target, 'share', Number(/< ([\d.]+)/.exec(text)[1])) };
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

const rename = (of, from) =>
  ['service', 'slo', 'severity'].reduce(
    (expr, name, index) => `label_replace(${expr}, "${name}", "$1", "${from[index]}", "(.*)")`,
    of,
  );
const EXPR = `count by (who, service, slo, severity) (${rename('label_replace(ALERTS{alertstate="firing",sloth_id!=""}, "who", "sloth", "", "")', ['sloth_service', 'sloth_slo', 'sloth_severity'])} or ${rename('ALERTS{alertstate="firing",who!=""}', ['evenkeel_service', 'evenkeel_objective', 'evenkeel_severity'])})`;

/** An expression that has a result where the two disagree on the error ratio of a window. */
const ratioDiffers = ({ service, name }, window) =>
  `abs(sum(evenkeel:sli_error:ratio_rate${window}{evenkeel_service="${service}",evenkeel_objective="${name}"}) - sum(slo:sli_error:ratio_rate${window}{sloth_service="${service}",sloth_slo="${name}"})) > 1e-12`;

function parseGroups(file) {
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .flatMap((document) => document.toJS()?.groups ?? [])
    .map(({ name }) => name);
}

/** Minutes in which each alert of each rule file fires, and whether the recorded ratios are the same at the end. */
async function run(directory, files, input, objective, windows, { from, to, step }) {
  const times = [];
  for (let at = from; at <= to; at += step) times.push(at);
  const test = {
    rule_files: files,
    evaluation_interval: `${step}m`,
    // Without it promtool takes the groups of a file in any order, and an alert may see the ratios of a minute ago.
    group_eval_order: files.flatMap((file) => parseGroups(file)),
    tests: [
      {
        interval: '1m',
        input_series: input,
        promql_expr_test: [
          ...times.map((at) => ({ expr: EXPR, eval_time: `${at}m`, exp_samples: [] })),
          ...windows.map((window) => ({
            expr: ratioDiffers(objective, window),
            eval_time: `${to}m`,
            exp_samples: [],
          })),
        ],
      },
    ],
  };
  const path = join(directory, 'test.yml');
  writeFileSync(path, stringify(test, { lineWidth: 0, aliasDuplicateObjects: false }));
  const { text } = await promtool(['test', 'rules', path]);
  if (!/SUCCESS|FAILED:\n +expr/.test(text)) throw new Error(text.slice(0, 2_000));
  const alerts = new Map();
  let ratiosDiffer = 0;
  for (const [, expr, time, got] of text.matchAll(/expr: (.*), time: (\S+),\s+exp: nil\s+got: (.*)/g)) {
    if (expr.includes('1e-12')) {
      ratiosDiffer++;
      continue;
    }
    const minutes = [...time.matchAll(/(\d+)([dhm])/g)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * { d: DAY, h: HOUR, m: 1 }[unit],
      0,
    );
    for (const [, labels] of got.matchAll(/\{([^}]*)\}/g)) {
      const get = (name) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
      const key = `${get('service')}/${get('slo')} ${get('severity')}`;
      const sides = alerts.get(key) ?? { sloth: [], plain: [], guarded: [] };
      sides[get('who')].push(minutes);
      alerts.set(key, sides);
    }
  }
  return { alerts, ratiosDiffer };
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
    const alertings = new Map(read.objectives.map((one) => [one.objective, one.alerting]));
    const make = (who, lowTrafficGuard) =>
      prometheusRules([...alertings.keys()], {
        lowTrafficGuard,
        alerting: (one) => {
          const alerting = alertings.get(one);
          return { ...alerting, labels: { ...alerting.labels, who } };
        },
      });
    const { groups, notes } = make('guarded', true);
    // The same recordings serve both: of the other set only the alerts are taken.
    const plain = make('plain', false).groups;
    const both = groups.map(({ name, rules }, index) => ({
      name,
      rules: [...rules, ...plain[index].rules.filter((rule) => rule.alert !== undefined)],
    }));
    const ours = join(scratch, `ours-${file}`);
    writeFileSync(ours, printRules(both));
    const check = await promtool(['check', 'rules', ours]);
    const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
    console.log(
      `\n## ${file}: ${count} rules, promtool check rules ${check.code === 0 ? 'passes' : check.text}`,
    );
    if (check.code !== 0) unexplained++;
    for (const { objective, note } of notes) console.log(`   note ${objective}: ${note}`);
    // Prometheus reads the first document of a rule file and no other; Sloth writes one per service.
    const generated = parseAllDocuments(readFileSync(join(root, 'generated', basename(file)), 'utf8'));
    const theirs = generated
      .map((document) => document.toJS())
      .filter((content) => content !== null)
      .map((content, index) => {
        const path = join(scratch, `sloth-${index}-${file}`);
        writeFileSync(path, stringify(content, { lineWidth: 0 }));
        return path;
      });
    for (const { objective } of read.objectives) {
      const windows = objective.alerts.length > 0 ? ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] : ['5m'];
      for (const scenario of SCENARIOS) {
        const input = inputFor(objective, scenario);
        if (input === undefined) continue;
        const origin = scenario.phases[0].minutes;
        const step = input.step ?? scenario.step ?? 1;
        const to = scenario.phases.reduce((sum, { minutes }) => sum + minutes, 0) - step;
        const span = { from: origin - 6 * step, to, step };
        const { alerts, ratiosDiffer } = await run(
          scratch,
          [ours, ...theirs],
          input.series,
          objective,
          windows,
          span,
        );
        const where = `${objective.service}/${objective.name} | ${scenario.name}`;
        const ratios =
          ratiosDiffer === 0 ? 'ratios equal' : `${ratiosDiffer} of ${windows.length} ratios differ`;
        if (ratiosDiffer > 0) unexplained++;
        if (alerts.size === 0) {
          compared++;
          console.log(`${where} | nobody alerts | equal, ${ratios}`);
        }
        for (const [alert, sides] of [...alerts].sort()) {
          compared++;
          const equal = JSON.stringify(sides.sloth) === JSON.stringify(sides.plain);
          if (!equal) unexplained++;
          const verdict = equal
            ? `equal, ${ratios}`
            : `DIFFERENT: evenkeel ${spans(sides.plain, origin, step)}, ${ratios}`;
          const same = JSON.stringify(sides.guarded) === JSON.stringify(sides.plain);
          const guard = same ? 'the same' : spans(sides.guarded, origin, step);
          console.log(
            `${where} | ${alert}: ${spans(sides.sloth, origin, step)} | ${verdict} | with the guard: ${guard}`,
          );
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
