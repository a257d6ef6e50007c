// What a refused request costs over node:http's own answer, and what the idle gateway weighs.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 3);
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-refused-'));
const script = join(dir, 'post.lua');
writeFileSync(
  script,
  `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = '{"text":"shall we meet at noon"}'\n`,
);
const floorFile = join(dir, 'floor.mjs');
writeFileSync(
  floorFile,
  `import http from 'node:http';
const body = JSON.stringify({ error: { code: 'shed', message: 'full' } });
http.createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    response.writeHead(429, ['content-type', 'application/json', 'content-length', String(body.length), 'retry-after', '1']);
    response.end(body);
  });
}).listen(4822, '127.0.0.1');
`,
);
const children = [];
const start = (...args) => {
  const child = spawn('taskset', ['-c', '1', process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, EVENKEEL_LOG: 'error' },
  });
  children.push(child);
  return child;
};
process.on('exit', () => {
  for (const child of children) child.kill('SIGTERM');
});
const cli = join(here, '..', '..', 'packages', 'evenkeel', 'dist', 'cli.js');
const targets = [
  { name: 'node:http answering 429 (floor)', url: 'http://127.0.0.1:4822/', child: start(floorFile) },
  {
    name: 'evenkeel refusing',
    url: 'http://127.0.0.1:4823/v1/predict/bench',
    child: start(
      cli,
      'serve',
      join(here, 'closed.yaml'),
      '--port',
      '4823',
      '--control-port',
      '0',
      '--data-dir',
      dir,
    ),
  },
];
await new Promise((resolve) => setTimeout(resolve, 3_000));
const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const idle = targets.map((target) => rss(target.child.pid));
const ticks = Number(execFileSync('getconf', ['CLK_TCK']).toString());
const cpu = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
};
function wrk({ url, child }) {
  const before = cpu(child.pid);
  return new Promise((resolve) => {
    let text = '';
    const run = spawn('taskset', ['-c', '0', 'wrk', '-t1', '-c64', `-d${SECONDS}s`, '-s', script, url]);
    run.stdout.on('data', (piece) => {
      text += piece;
    });
    run.on('close', () => {
      const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 1);
      resolve({ us: ((cpu(child.pid) - before) / requests) * 1e6, rps: requests / SECONDS });
    });
  });
}
for (const target of targets) await wrk(target);
const runs = targets.map(() => []);
for (let round = 0; round < ROUNDS; round++)
  for (const [i, target] of targets.entries()) runs[i].push(await wrk(target));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const over = median(runs[1].map((run, i) => run.us - runs[0][i].us));
const text = [
  '# A refused request, and the idle process',
  '',
  `\`npm run build && cd bench && npm ci && npm run refused\` — Node ${process.version}, ${cpus()[0]?.model.trim()}, ${ROUNDS} interleaved rounds of ${SECONDS} s, wrk with 64 connections.`,
  '',
  '| | CPU µs/request | requests/s | idle RSS MB |',
  '|---|---|---|---|',
  ...targets.map(
    (target, i) =>
      `| ${target.name} | ${median(runs[i].map((run) => run.us)).toFixed(0)} | ${median(runs[i].map((run) => run.rps)).toFixed(0)} | ${idle[i].toFixed(0)} |`,
  ),
  '',
  `Over the floor, round by round: ${over.toFixed(0)} µs.`,
  '',
].join('\n');
console.log(text);
writeFileSync(join(here, '..', 'results', 'refused.md'), text);
process.exit(0);
