// The flagship under fire: what the README promises, done to the running program, with a transcript.
//   node examples/moderation/drill.mjs [--write FILE]
// Exits with 1 when a promise is broken. Takes about four minutes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { write: { type: 'string' } } });
const here = dirname(fileURLToPath(import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'evenkeel-drill-'));
const FEATURES = 4115;
const env = {
  ...process.env,
  EVENKEEL_GATEWAY_PORT: '4110',
  EVENKEEL_CONTROL_PORT: '4111',
  MODERATION_FEATURES_PORT: String(FEATURES),
  EVENKEEL_DATA_DIR: data,
  EVENKEEL_LOG: 'error',
};
const gateway = 'http://127.0.0.1:4110/v1/predict/moderation';
const control = 'http://127.0.0.1:4111/api/v1';
const agent = new Agent({ keepAlive: true, maxSockets: 512 });
const lines = [];
let broken = 0;
const say = (text) => {
  lines.push(text);
  console.log(text);
};
const promise = (holds, text) => {
  if (!holds) broken += 1;
  say(`- ${holds ? 'kept' : '**BROKEN**'}: ${text}`);
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function call(method, url, body, headers = {}) {
  const began = performance.now();
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      { method, agent, headers: { 'content-type': 'application/json', ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (piece) => {
          text += piece;
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode,
            headers: answer.headers,
            ms: performance.now() - began,
            body: text === '' ? undefined : JSON.parse(text),
          }),
        );
        answer.on('error', (error) =>
          resolve({ status: error.code, ms: performance.now() - began, headers: {} }),
        );
      },
    );
    outgoing.on('error', (error) =>
      resolve({ status: error.code ?? error.message, ms: performance.now() - began, headers: {} }),
    );
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const mails = readFileSync(join(here, 'data', 'sample-mails.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const regulars = mails.filter((mail) => mail.part === 'regulars').slice(0, 40);
let sent = 0;
const one = (from, priority = 2) => {
  const mail = from[sent++ % from.length];
  return call('POST', gateway, mail.input, {
    'evenkeel-priority': String(priority),
    'x-user': `user-${sent % 97}`,
  });
};
const count = (replies, of) => {
  const counts = {};
  for (const reply of replies) counts[of(reply)] = (counts[of(reply)] ?? 0) + 1;
  return Object.entries(counts)
    .sort()
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
};
const levelOf = (reply) => reply.headers['evenkeel-level'] ?? String(reply.status);
const quantile = (replies, q) =>
  [...replies].map((reply) => reply.ms).sort((a, b) => a - b)[
    Math.min(replies.length - 1, Math.floor(replies.length * q))
  ] ?? Number.NaN;

/** Requests at a steady rate, open loop. */
async function load(rate, seconds, from, priorityOf = () => 2) {
  const pending = [];
  const began = performance.now();
  for (let i = 0; i < rate * seconds; i++) {
    const due = began + (i * 1000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    const priority = priorityOf(i);
    pending.push(one(from, priority).then((reply) => ({ ...reply, priority })));
  }
  return Promise.all(pending);
}

function start(script, args = []) {
  const child = spawn(process.execPath, [join(here, 'dist', script), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  return {
    child,
    text: () => text,
    ended: new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal))),
  };
}

async function until(holds, ms) {
  const began = performance.now();
  while (performance.now() - began < ms) {
    if (await holds()) return (performance.now() - began) / 1000;
    await sleep(250);
  }
  return undefined;
}
const full = async () => levelOf(await one(regulars)) === 'full_service';
// The key that the first start has left for the owner of this machine.
const asOwner = () => ({ authorization: `Bearer ${readFileSync(join(data, 'local.key'), 'utf8').trim()}` });
const order = (body) =>
  call(
    'POST',
    `${control}/directives`,
    { service: 'moderation', owner: 'drill', lease: '10m', ...body },
    asOwner(),
  );

const began = performance.now();
const main = start('main.js');
await until(() => main.text().includes('Took'), 60_000);
const firstMs = performance.now() - began;
const first = await one(regulars);
const toFull = await until(full, 30_000);
say('# The flagship under fire\n');
say('`npm run build && node examples/moderation/drill.mjs`\n');
say('## Start, prepared before\n');
say(
  `- serving after ${(firstMs / 1000).toFixed(1)} s, first answer at ${levelOf(first)}, ${toFull === undefined ? 'never' : `${toFull.toFixed(1)} s later`} at full_service`,
);

say('\n## The feature server is killed (kill -9)\n');
await load(8, 8, regulars);
await until(async () => (await Promise.all([full(), full(), full()])).every(Boolean), 60_000);
const pid = Number(/features +http:\S+, pid (\d+)/.exec(main.text())?.[1]);
process.kill(pid, 'SIGKILL');
const killedAt = performance.now();
const timeline = [];
let during = [];
while (performance.now() - killedAt < 75_000) {
  const replies = await load(4, 2, regulars);
  during = during.concat(replies);
  const ages = replies
    .map((reply) => Number(reply.headers['evenkeel-feature-age']))
    .filter((age) => Number.isFinite(age));
  timeline.push({
    at: (performance.now() - killedAt) / 1000,
    levels: count(replies, levelOf),
    age: ages.length === 0 ? undefined : Math.max(...ages),
    reason: replies.at(-1).headers['evenkeel-reason'],
  });
}
for (const { at, levels, age, reason } of timeline.filter(
  (_, i) => i % 5 === 0 || i === timeline.length - 1,
)) {
  say(
    `- ${at.toFixed(0)} s: ${levels}${age === undefined ? '' : `, oldest features ${age.toFixed(1)} s`}; ${reason}`,
  );
}
promise(
  during.every((reply) => reply.status === 200),
  `every one of ${during.length} requests was answered`,
);
promise(
  timeline.slice(1, 5).some(({ levels, age }) => levels.includes('cached_features') && age !== undefined),
  'answers went on at cached_features and told the age',
);
promise(
  timeline.at(-1).levels.includes('simpler_model') && !timeline.at(-1).levels.includes('cached'),
  'over the bound of 60 s they came from a lower rung',
);
const features = start('feature-server.js', ['--port', String(FEATURES)]);
const backIn = await until(
  async () =>
    levelOf((await load(10, 0.5, regulars)).at(-1)) === 'full_service' &&
    (await load(10, 1, regulars)).every((reply) => levelOf(reply) === 'full_service'),
  90_000,
);
promise(
  backIn !== undefined,
  `started again, all requests were back at full_service ${backIn?.toFixed(1)} s later by themselves`,
);

say('\n## The embedding thread is killed\n');
writeFileSync(join(here, 'data', 'kill-primary'), '');
const crashed = await load(10, 4, regulars);
say(
  `- in the 4 s after: ${count(crashed, levelOf)}; ${crashed.find((reply) => levelOf(reply) !== 'full_service')?.headers['evenkeel-reason']}`,
);
promise(
  crashed.every((reply) => reply.status === 200),
  `every one of ${crashed.length} requests was answered`,
);
promise(
  crashed.some((reply) => levelOf(reply) === 'simpler_model'),
  'at simpler_model while it was away',
);
const recovered = await until(
  async () => (await load(10, 1, regulars)).every((reply) => levelOf(reply) === 'full_service'),
  90_000,
);
const { body: state } = await call('GET', `${control}/services/moderation`);
const worker = state.components.find((component) => component.name === 'primary');
promise(
  recovered !== undefined && worker.details.restarts >= 1,
  `restarted (${worker.details.restarts}) and stepped up by probes (${state.figures.probes} probes so far) ${recovered?.toFixed(1)} s later`,
);

say('\n## Sixty requests a second: more than the thread bears\n');
const CLASSES = [0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3];
let seed = 12345;
/** A mix without a rhythm, the same in every run. */
const mix = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return CLASSES[Math.floor((seed / 2 ** 32) * 20)];
};
await load(60, 5, mails, mix);
const busy = await load(60, 20, mails, mix);
say('| class | requests | levels | not 200 | p50 ms | p99 ms |\n|---|---|---|---|---|---|');
const share = [];
for (const priority of [0, 1, 2, 3]) {
  const own = busy.filter((reply) => reply.priority === priority);
  share[priority] = own.filter((reply) => levelOf(reply) === 'full_service').length / own.length;
  say(
    `| ${priority} | ${own.length} | ${count(own, levelOf)} | ${own.filter((reply) => reply.status !== 200).length} | ${quantile(own, 0.5).toFixed(0)} | ${quantile(own, 0.99).toFixed(0)} |`,
  );
}
promise(
  busy.every((reply) => reply.status === 200),
  'nobody was refused',
);
promise(
  quantile(busy, 0.99) < 500,
  `p99 ${quantile(busy, 0.99).toFixed(0)} ms stayed inside the deadline of 500 ms`,
);
promise(
  share[0] >= share[1] && share[1] >= share[2] && share[2] > share[3],
  `the lower classes stepped down first: ${share.map((s) => `${(100 * s).toFixed(0)} %`).join(', ')} of classes 0–3 at full service`,
);

say('\n## The same with `simple` forbidden\n');
const { body: ban } = await order({ order: { kind: 'forbid', rung: 'simple' }, reason: 'the drill' });
await load(60, 5, mails, mix);
const narrow = await load(60, 20, mails, mix);
say('| class | requests | answered | 429 | other | p99 of the answered, ms |\n|---|---|---|---|---|---|');
const refused = [];
for (const priority of [0, 1, 2, 3]) {
  const own = narrow.filter((reply) => reply.priority === priority);
  const served = own.filter((reply) => reply.status === 200);
  const shed = own.filter((reply) => reply.status === 429);
  refused[priority] = shed.length / own.length;
  say(
    `| ${priority} | ${own.length} | ${served.length} | ${shed.length} | ${own.length - served.length - shed.length} | ${quantile(served, 0.99).toFixed(0)} |`,
  );
}
const critical = narrow.filter((reply) => reply.priority === 0);
promise(
  critical.every((reply) => reply.status === 200 && reply.ms <= 500),
  'class 0 was unharmed: all answered inside the deadline',
);
promise(
  refused[3] > 0 && refused[3] >= refused[2] && refused[2] >= refused[1],
  `429 by priority: ${refused.map((r) => `${(100 * r).toFixed(0)} %`).join(', ')} of classes 0–3`,
);
const turned = narrow.find((reply) => reply.status === 429);
promise(
  turned?.headers['retry-after'] !== undefined && turned.headers['x-should-retry'] === 'false',
  `a refusal says when to come again (retry-after ${turned?.headers['retry-after']}, retry-after-ms ${turned?.headers['retry-after-ms']}) and not to multiply`,
);
await call('DELETE', `${control}/directives/${ban.id}`, undefined, asOwner());

say('\n## SIGTERM under load\n');
const stopping = load(40, 5, mails, mix);
await sleep(2_500);
main.child.kill('SIGTERM');
const replies = await stopping;
const code = await main.ended;
say(`- ${count(replies, (reply) => reply.status)}; exit code ${code}`);
promise(code === 0, 'it drained and ended with 0');
promise(
  replies.every((reply) => [200, 503, 'ECONNREFUSED'].includes(reply.status)),
  'nothing that was accepted was lost: the rest was refused before it was taken',
);

features.child.kill('SIGTERM');
agent.destroy();
rmSync(data, { recursive: true, force: true });
say(`\n${broken === 0 ? 'All promises kept.' : `${broken} promises broken.`}`);
if (values.write !== undefined) writeFileSync(values.write, `${lines.join('\n')}\n`);
process.exit(broken === 0 ? 0 : 1);
