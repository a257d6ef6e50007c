// Ten thousand signals a second through the API for a minute (or as fast as the machine goes), and a model that dies meanwhile: one
// incident for one cause, memory flat, the page soon.
//   node test/incidents/storm.mjs [--seconds 60] [--rate 10000]
// Exits with 1 when that is not so. Needs a build.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '10000' } },
});
const SECONDS = Number(values.seconds);
const RATE = Number(values.rate);
const BATCH = 1_000;
const CLI = fileURLToPath(new URL('../../packages/evenkeel/dist/cli.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-storm-'));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function listen(handle) {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => handle(request, response, text));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
const pages = [];
const hook = await listen((_, response, text) => {
  const told = JSON.parse(text);
  if (told.page) pages.push({ at: Date.now(), id: told.id });
  response.end();
});
let ill = false;
const model = await listen((_, response) => {
  response.writeHead(ill ? 500 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ label: 'ham', score: 0.1, confidence: 0.9 }));
});
const file = join(dir, 'mail.yaml');
writeFileSync(
  file,
  JSON.stringify({
    evenkeel: 1,
    service: 'mail',
    owner: 'mail-team',
    type: 'content_moderation',
    deadline: '1s',
    health: { every: '500ms', timeout: '2s', down_after: 2, up_after: 2 },
    models: { m: { version: '1', json: { url: model.url, label: 'label', health: '/' } } },
    ladder: [
      { rung: 'top', level: 'full_service', model: 'm', budget: '500ms' },
      { rung: 'hold', level: 'static_fallback', use: 'hold_for_review', quality: 'later' },
    ],
    objectives: {
      clicks: { category: 'quality', indicator: { pushed: 'click' }, target: '90%', window: '7d' },
    },
    incidents: { notify: [{ name: 'hook', internal: true, webhook: { url: `${hook.url}/` } }] },
  }),
);
const child = spawn(
  process.execPath,
  [CLI, 'serve', file, '--port', '0', '--control-port', '0', '--data-dir', join(dir, 'data')],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, EVENKEEL_LOG: 'error' } },
);
process.on('exit', () => child.kill('SIGKILL'));
const { control, key } = await new Promise((resolve, reject) => {
  let out = '';
  child.stdout.on('data', (piece) => {
    out += piece;
    const found = /control {2}(http:\/\/[^/\s]+)/.exec(out)?.[1];
    const owner = /#key=(\S+)/.exec(out)?.[1];
    if (found !== undefined && owner !== undefined) resolve({ control: found, key: owner });
  });
  child.once('exit', (code) => reject(new Error(`evenkeel ended with ${code}`)));
});
const headers = { authorization: `Bearer ${key}` };
const get = async (path) => (await fetch(`${control}/api/v1${path}`, { headers })).json();
const rss = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

await sleep(5_000);
let n = 0;
let accepted = 0;
let refused = 0;
const slow = [];
async function push() {
  const lines = [];
  for (let i = 0; i < BATCH; i++) {
    n += 1;
    lines.push(
      JSON.stringify({ id: `s${n}`, service: 'mail', name: 'click', verdict: n % 50 === 0 ? 'bad' : 'good' }),
    );
  }
  const from = performance.now();
  const answer = await fetch(`${control}/api/v1/signals`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  const receipt = await answer.json();
  slow.push(performance.now() - from);
  if (answer.status === 200) accepted += receipt.accepted;
  else refused += 1;
}
const memory = [];
const began = performance.now();
const elapsed = () => (performance.now() - began) / 1_000;
let illAt;
let due = began;
const workers = Array.from({ length: 4 }, async () => {
  while (elapsed() < SECONDS) {
    const mine = due;
    due = Math.max(due + (BATCH * 1_000) / RATE, performance.now() - 1_000);
    if (mine > performance.now()) await sleep(mine - performance.now());
    await push();
  }
});
const watching = (async () => {
  while (elapsed() < SECONDS) {
    memory.push({ at: elapsed(), mb: rss() });
    if (illAt === undefined && elapsed() > SECONDS / 3) {
      ill = true;
      illAt = Date.now();
    }
    await sleep(1_000);
  }
})();
await Promise.all([...workers, watching]);
const took = elapsed();
await sleep(3_000);
const { incidents } = await get('/incidents?limit=100');
const objective = await get('/objectives/mail/clicks');
const counted = objective.status?.raw?.counts ?? objective.raw?.counts;
const at = (share) => memory[Math.floor((memory.length - 1) * share)]?.mb ?? 0;
const sorted = slow.sort((a, b) => a - b);
const paged = pages[0] === undefined ? undefined : (pages[0].at - illAt) / 1_000;
console.log(`load of the machine ${loadavg()[0].toFixed(1)}
${accepted} signals in ${took.toFixed(0)} s: ${(accepted / took).toFixed(0)} a second of ${RATE} asked for, ${refused} batches refused; a batch of ${BATCH} took ${sorted[sorted.length >> 1]?.toFixed(0)} ms in the middle, ${sorted.at(-1)?.toFixed(0)} ms at most
resident memory ${at(0).toFixed(0)} MB at the start, ${at(0.5).toFixed(0)} at half, ${at(1).toFixed(0)} at the end
incidents: ${incidents.map(({ type, severity, title }) => `${type} ${severity} (${title})`).join('; ') || 'none'}
paged ${paged === undefined ? 'never' : `${paged.toFixed(1)} s`} after the model died, ${pages.length} times
counted by the objective: ${JSON.stringify(counted)}`);
const gone = new Promise((resolve) => child.once('exit', resolve));
child.kill('SIGTERM');
await gone;
rmSync(dir, { recursive: true, force: true });
hook.close();
model.close();
process.exit(incidents.length === 1 && paged !== undefined && paged < 10 ? 0 : 1);
