// What is left of a fault when its controller is killed, and how fast a burning budget ends an experiment: real processes over
// PostgreSQL, seen from the client. node test/chaos/kills.mjs [--kills 50] [--aborts 20] [--lease 15s] [--json]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// Not part of what is published, so it has no name to import it by.
const { startPostgres } = await import(new URL('../../packages/store/dist/testing.js', import.meta.url));

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    aborts: { type: 'string', default: '20' },
    lease: { type: 'string', default: '15s' },
    json: { type: 'boolean', default: false },
  },
});
const KILLS = Number(options.kills);
const ABORTS = Number(options.aborts);
const LEASE_MS = 1_000 * Number.parseFloat(options.lease);
const CLI = fileURLToPath(new URL('../../packages/evenkeel/dist/cli.js', import.meta.url));
/** What the fault writes into answers: with it a request was hit, whatever else the machine does meanwhile. */
const MARK = 'spoilt on purpose';
const PER_SECOND = 25;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => performance.now();
async function until(holds, ms, what) {
  const end = now() + ms;
  for (;;) {
    const found = await Promise.resolve(holds()).catch(() => undefined);
    if (found) return found;
    if (now() > end) throw new Error(`${what} did not come about within ${ms / 1_000} s`);
    await sleep(100);
  }
}

function listen(handler) {
  const server = createServer(handler);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ server, port: server.address().port })),
  );
}

async function freePort() {
  const { server, port } = await listen(() => {});
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const serviceFile = (service, url) => ({
  evenkeel: 1,
  service,
  type: 'content_moderation',
  owner: 'tests',
  deadline: '5s',
  models: {
    m: { version: '1', json: { url, send: 'input' }, breaker: { policy: 'consecutive', failures: 10000 } },
  },
  ladder: [{ rung: 'm', level: 'full_service', model: 'm', depends_on: [], budget: '4s' }],
  objectives: { availability: { category: 'availability', target: '99%', window: '7d' } },
  chaos: { peak_hours: { from: 3, to: 3 }, start_burn_rate: service === 'killed' ? 1_000 : 1 },
});

const experiment = (name, service, fault, part) => ({
  evenkeel: 1,
  experiment: name,
  service,
  title: name,
  radius: 'full',
  duration: '10m',
  hypothesis: { title: 'it answers', probes: [{ name: 'answers', figure: 'error_rate', less_than: 0.05 }] },
  method: [{ fault }],
  expect: [{ check: 'error_rate', max: '100%' }],
  baseline: { for: '1s', requests: 5 },
  requests: 5,
  lease: options.lease,
  allow: { peak_hours: true, open_incidents: true },
  ...part,
});

class Process {
  constructor(role, files, dir, databaseUrl, ports) {
    Object.assign(this, { role, files, dir, databaseUrl, ports, key: '', log: '' });
  }
  async start() {
    const args = [
      CLI,
      'serve',
      ...this.files,
      '--role',
      this.role,
      '--port',
      this.ports[0],
      '--control-port',
      this.ports[1],
    ];
    this.child = spawn(process.execPath, [...args.map(String), '--data-dir', join(this.dir, this.role)], {
      env: { ...process.env, EVENKEEL_LOG: 'info', DATABASE_URL: this.databaseUrl },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    this.child.stdout.on('data', (piece) => (out += piece));
    this.child.stderr.on('data', (piece) => (this.log = (this.log + piece).slice(-100_000)));
    await until(
      () => /control {2}http/.test(out) || this.child.exitCode !== null,
      60_000,
      `${this.role} to start`,
    );
    if (this.child.exitCode !== null) throw new Error(`${this.role} ended\n${this.log}`);
    this.key = /#key=(\S+)/.exec(out)?.[1] ?? this.key;
  }
  async kill(signal) {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await gone;
  }
  async api(method, path, body) {
    const response = await fetch(`http://127.0.0.1:${this.ports[1]}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}

/** Open-loop traffic to one service; keeps when each request was sent, how long it took and whether it was answered. */
function traffic(port, service) {
  const sent = [];
  const agent = new Agent({ keepAlive: true });
  let n = 0;
  const timer = setInterval(() => {
    const at = now();
    n += 1;
    const one = { at, ms: undefined, ok: undefined, hit: false };
    sent.push(one);
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: `/v1/predict/${service}`,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'x-user': `u-${n % 200}` },
      },
      (response) => {
        let text = '';
        response.on('data', (piece) => {
          text += piece;
        });
        response.on('end', () =>
          Object.assign(one, { ms: now() - at, ok: response.statusCode === 200, hit: text.includes(MARK) }),
        );
      },
    );
    call.on('error', () => Object.assign(one, { ms: now() - at, ok: false }));
    call.end('{"text":"hello"}');
  }, 1_000 / PER_SECOND);
  return {
    sent,
    stop() {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

async function killOnce(control, port, i) {
  const load = traffic(port, 'killed');
  try {
    await sleep(2_500);
    const { id } = await control.api('POST', 'experiments/spoilt/runs', {});
    const hit = (one) => one.hit;
    await until(() => load.sent.slice(-40).filter(hit).length > 5, 40_000, `fault ${i} in force`);
    await sleep(Math.random() * 6_000);
    const at = now();
    await control.kill('SIGKILL');
    // Longer than the lease: what comes late must show.
    await sleep(LEASE_MS + 4_000);
    const last = load.sent.filter(hit).at(-1)?.at ?? at;
    await control.start();
    const run = await until(
      async () => {
        const found = await control.api('GET', `experiment-runs/${id}`);
        return found.phase === 'done' && found;
      },
      60_000,
      `the end of run ${i}`,
    );
    const again = load.sent.filter((one) => hit(one) && one.at > at + LEASE_MS).length;
    return { goneMs: Math.max(0, Math.round(last - at)), late: again, status: run.status };
  } finally {
    load.stop();
  }
}

async function abortOnce(control, port, i) {
  const service = `burnt-${i}`;
  const load = traffic(port, service);
  try {
    await sleep(12_000);
    await control.api('PUT', `experiments/${service}-fails`, {
      service,
      text: JSON.stringify(
        experiment(
          `${service}-fails`,
          service,
          { type: 'model_failure', model: 'm', failure: { how: 'error', status: 500 } },
          { abort: { error_rate: '100%', budget_spent: '100%' } },
        ),
      ),
    });
    const { id } = await control.api('POST', `experiments/${service}-fails/runs`, {});
    const run = await until(
      async () => {
        const found = await control.api('GET', `experiment-runs/${id}`);
        return found.phase !== 'checking' && found.phase !== 'baseline' && found.phase !== 'method' && found;
      },
      90_000,
      `the abort of run ${i}`,
    );
    await sleep(3_000);
    // By the client’s own count: the moment when the burn of all that it has sent (under five minutes) was over the bound.
    let bad = 0;
    let crossed;
    for (const [n, one] of load.sent.entries()) {
      if (one.ok === false) bad += 1;
      if (crossed === undefined && bad >= 5 && bad / (n + 1) > 14.4 * 0.01) crossed = one.at + (one.ms ?? 0);
    }
    const lastBad = load.sent.filter((one) => one.ok === false).at(-1);
    return {
      goneMs:
        lastBad === undefined || crossed === undefined
          ? undefined
          : Math.round(lastBad.at + lastBad.ms - crossed),
      lost: bad,
      sent: load.sent.length,
      status: run.stopped?.status ?? run.status ?? run.phase,
      reason: run.journal.find(({ what }) => what === 'budget_burning')?.reason ?? run.reason,
    };
  } finally {
    load.stop();
  }
}

const dir = mkdtempSync(join(tmpdir(), 'evenkeel-kills-'));
const postgres = await startPostgres();
const upstream = await listen((call, answer) => {
  call.resume();
  call.on('end', () =>
    answer.setHeader('content-type', 'application/json').end('{"label":"ham","score":0.9}'),
  );
});
const result = { lease_ms: LEASE_MS, kills: [], aborts: [] };
let gateway;
let control;
try {
  const databaseUrl = await postgres.database();
  const url = `http://127.0.0.1:${upstream.port}/`;
  const names = ['killed', ...Array.from({ length: ABORTS }, (_, i) => `burnt-${i}`)];
  const files = names.map((name) => {
    const file = join(dir, `${name}.yaml`);
    writeFileSync(file, JSON.stringify(serviceFile(name, url)));
    return file;
  });
  control = new Process('control', files, dir, databaseUrl, [await freePort(), await freePort()]);
  gateway = new Process('gateway', files, dir, databaseUrl, [await freePort(), await freePort()]);
  await control.start();
  await gateway.start();
  const say = (text) => options.json || console.log(text);
  await until(async () => (await control.api('GET', 'replicas')).replicas.length > 0, 60_000, 'the replica');
  if (KILLS > 0)
    await control.api('PUT', 'experiments/spoilt', {
      service: 'killed',
      text: JSON.stringify(
        experiment(
          'spoilt',
          'killed',
          {
            type: 'data_quality',
            at: 'output',
            model: 'm',
            values: { how: 'new_category', fields: ['label'], value: MARK },
          },
          { abort: { burn_rate: 1_000, error_rate: '100%', budget_spent: '100%' } },
        ),
      ),
    });
  for (let i = 0; i < ABORTS; i++) {
    const one = await abortOnce(control, gateway.ports[0], i);
    result.aborts.push(one);
    say(
      `abort ${i + 1}: ${one.goneMs} ms after the crossing, ${one.lost} of ${one.sent} lost; ${one.reason}`,
    );
  }
  for (let i = 0; i < KILLS; i++) {
    const one = await killOnce(control, gateway.ports[0], i);
    result.kills.push(one);
    say(`kill ${i + 1}: the fault was gone after ${one.goneMs} ms, ${one.late} late; run ${one.status}`);
  }
} catch (error) {
  result.problem = `${error.message}\n${control?.log.slice(-3_000)}`;
  process.exitCode = 1;
} finally {
  for (const one of [control, gateway])
    if (one?.child?.exitCode === null) await one.kill('SIGKILL').catch(() => {});
  upstream.server.close();
  upstream.server.closeAllConnections();
  await postgres.end();
  rmSync(dir, { recursive: true, force: true });
}
const gone = (list) => list.map(({ goneMs }) => goneMs).sort((a, b) => a - b);
const within = (list, most) => list.filter(({ goneMs }) => goneMs !== undefined && goneMs <= most).length;
if (options.json) console.log(JSON.stringify(result));
else
  console.log(
    `kills: ${within(result.kills, LEASE_MS)} of ${result.kills.length} within ${LEASE_MS} ms (most ${gone(result.kills).at(-1)}); ` +
      `aborts: ${within(result.aborts, 5_000)} of ${result.aborts.length} within 5000 ms (most ${gone(result.aborts).at(-1)})` +
      (result.problem === undefined ? '' : `\n${result.problem}`),
  );
