// CPU per request and throughput of the gateway against a bare proxy, nginx and Portkey where they are there: wrk on one
// core with the upstream, what is measured on the other; interleaved rounds, medians.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 4);
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
if (!has('wrk') || !has('taskset')) {
  console.error('this bench needs wrk and taskset (Debian: apt-get install wrk util-linux)');
  process.exit(1);
}
const children = [];
const start = (core, command, args, env = {}) => {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, EVENKEEL_LOG: 'error', ...env },
  });
  children.push(child);
  return child;
};
process.on('exit', () => {
  for (const child of children) child.kill('SIGTERM');
});
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
const script = join(dir, 'post.lua');
writeFileSync(
  script,
  `wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["x-user"] = "ann"
wrk.body = '${JSON.stringify({ sender: 'ann@example.com', subject: 'lunch', text: 'shall we meet at noon '.repeat(8).trim() })}'
`,
);
const cli = join(root, 'packages', 'evenkeel', 'dist', 'cli.js');
start(0, process.execPath, [join(here, 'upstream.mjs'), '4811']);
const targets = [
  {
    name: 'undici + JSON proxy (floor)',
    port: 4812,
    path: '/predict',
    child: start(1, process.execPath, [join(here, 'floor.mjs'), '4812', '4811']),
  },
  {
    name: 'evenkeel, everything on',
    port: 4813,
    path: '/v1/predict/bench',
    child: start(1, process.execPath, [
      cli,
      'serve',
      join(here, 'evenkeel.yaml'),
      '--port',
      '4813',
      '--control-port',
      '0',
      '--data-dir',
      dir,
    ]),
  },
];
if (has('nginx')) {
  const conf = join(dir, 'nginx.conf');
  writeFileSync(
    conf,
    `worker_processes 1; daemon off; pid ${dir}/nginx.pid; error_log /dev/null;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
upstream up { server 127.0.0.1:4811; keepalive 64; }
server { listen 127.0.0.1:4814; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`,
  );
  targets.push({
    name: 'nginx',
    port: 4814,
    path: '/predict',
    child: start(1, 'nginx', ['-c', conf]),
    tree: true,
  });
}
const portkey = join(here, '..', 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
if (existsSync(portkey)) {
  targets.push({
    name: 'Portkey 1.15.2',
    port: 4815,
    path: '/v1/chat/completions',
    child: start(1, process.execPath, [portkey, '--port=4815', '--headless'], { PORT: '4815' }),
    headers: [
      '-H',
      'x-portkey-provider: openai',
      '-H',
      'authorization: Bearer x',
      '-H',
      'x-portkey-custom-host: http://127.0.0.1:4811',
    ],
  });
}
await new Promise((resolve) => setTimeout(resolve, 4_000));

const ticks = Number(execFileSync('getconf', ['CLK_TCK']).toString());
/** CPU seconds of a process, and of its children where it has workers. */
function cpuOf(pid, tree) {
  const pids = tree
    ? [
        pid,
        ...execFileSync('sh', ['-c', `pgrep -P ${pid} || true`])
          .toString()
          .split('\n')
          .filter(Boolean),
      ]
    : [pid];
  return pids.reduce((sum, id) => {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / ticks;
  }, 0);
}
const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function wrk(target, connections) {
  const before = cpuOf(target.child.pid, target.tree);
  const args = [
    '-c',
    '0',
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${SECONDS}s`,
    '--latency',
    '-s',
    script,
    ...(target.headers ?? []),
    `http://127.0.0.1:${target.port}${target.path}`,
  ];
  const output = await new Promise((resolve, reject) => {
    let text = '';
    const child = spawn('taskset', args);
    child.stdout.on('data', (piece) => {
      text += piece;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  const ms = (label) => {
    const match = new RegExp(`${label}\\s+([\\d.]+)(us|ms|s)`).exec(output);
    return match === null ? Number.NaN : Number(match[1]) * { us: 0.001, ms: 1, s: 1000 }[match[2]];
  };
  return {
    rps: requests / SECONDS,
    cpu: ((cpuOf(target.child.pid, target.tree) - before) / Math.max(1, requests)) * 1e6,
    p50: ms('50%'),
    p99: ms('99%'),
    bad,
  };
}

for (const target of targets) await wrk(target, 32);
const samples = new Map(targets.map((target) => [target.name, { many: [], one: [] }]));
for (let round = 0; round < ROUNDS; round++) {
  for (const target of targets) {
    samples.get(target.name).many.push(await wrk(target, 32));
    samples.get(target.name).one.push(await wrk(target, 1));
  }
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const floor = samples.get(targets[0].name);
const floorCpu = median(floor.many.map((run) => run.cpu));
const rows = targets.map((target) => {
  const { many, one } = samples.get(target.name);
  // Ratios round by round: both runs of a round saw the same machine.
  const ratio = median(many.map((run, i) => run.cpu / floor.many[i].cpu));
  const rpsRatio = median(many.map((run, i) => run.rps / floor.many[i].rps));
  return {
    name: target.name,
    cpu: median(many.map((run) => run.cpu)),
    ratio,
    rps: median(many.map((run) => run.rps)),
    rpsRatio,
    p50One: median(one.map((run) => run.p50)),
    addedP50: median(one.map((run, i) => run.p50 - floor.one[i].p50)),
    p99: median(many.map((run) => run.p99)),
    rss: rss(target.child.pid),
    bad: many.concat(one).reduce((sum, run) => sum + run.bad, 0),
  };
});
const text = [
  '# The gateway against a bare proxy',
  '',
  `\`npm run build && cd bench && npm ci && npm run gateway\` — Node ${process.version}, ${cpus()[0]?.model.trim()}, ${ROUNDS} interleaved rounds of ${SECONDS} s, wrk with 32 connections and with one; upstream and wrk on one core, what is measured on the other.`,
  '',
  '| | CPU µs/request | × floor | requests/s | × floor | p50 at one client, ms | added ms | p99 at 32, ms | RSS MB | not 2xx |',
  '|---|---|---|---|---|---|---|---|---|---|',
  ...rows.map(
    (row) =>
      `| ${row.name} | ${row.cpu.toFixed(0)} | ${row.ratio.toFixed(2)} | ${row.rps.toFixed(0)} | ${row.rpsRatio.toFixed(2)} | ${row.p50One.toFixed(3)} | ${row.addedP50.toFixed(3)} | ${row.p99.toFixed(1)} | ${row.rss.toFixed(0)} | ${row.bad} |`,
  ),
  '',
].join('\n');
console.log(text);
writeFileSync(join(here, '..', 'results', 'gateway.md'), text);
writeFileSync(
  join(here, '..', 'results', 'gateway.json'),
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, seconds: SECONDS, floorCpu, rows }, null, 2)}\n`,
);
process.exit(0);
