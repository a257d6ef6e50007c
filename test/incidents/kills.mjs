// kill -9 of the whole program under a storm of commands and troubles, again and again over one store: what was acknowledged must be
// there, once.
//   node test/incidents/kills.mjs [--kills 100] [--seed 1]
// Prints a table, and exits with 1 when something was lost or doubled. Needs a build.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const KILLS = Number(values.kills);
const CLI = fileURLToPath(new URL('../../packages/evenkeel/dist/cli.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-kills-'));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let state = Number(values.seed) >>> 0;
/** Uniform in [0, 1), the same in every run of one seed. */
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const pick = (list) => list[Math.floor(random() * list.length)];

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

/** Notifications as they came: by idempotency key, how often, and with what. */
const received = new Map();
const hook = await listen((request, response, text) => {
  const key = String(request.headers['idempotency-key']);
  const known = received.get(key);
  const differs = known !== undefined && known.text !== text;
  received.set(key, { times: (known?.times ?? 0) + 1, text, differs: differs || known?.differs === true });
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
    health: { every: '200ms', timeout: '500ms', down_after: 2, up_after: 2 },
    models: { m: { version: '1', json: { url: model.url, label: 'label', health: '/' } } },
    ladder: [
      { rung: 'top', level: 'full_service', model: 'm', budget: '500ms' },
      { rung: 'hold', level: 'static_fallback', use: 'hold_for_review', quality: 'later' },
    ],
    incidents: {
      resolve_after: '1s',
      notify: [{ name: 'hook', internal: true, webhook: { url: `${hook.url}/` } }],
    },
  }),
);

function start() {
  const child = spawn(
    process.execPath,
    [CLI, 'serve', file, '--port', '0', '--control-port', '0', '--data-dir', join(dir, 'data')],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, EVENKEEL_LOG: 'error' } },
  );
  let out = '';
  let errors = '';
  child.stderr.on('data', (piece) => {
    errors += piece;
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (piece) => {
      out += piece;
      const control = /control {2}(http:\/\/[^/\s]+)/.exec(out)?.[1];
      const key = /#key=(\S+)/.exec(out)?.[1];
      if (control !== undefined && key !== undefined) resolve({ child, control, key, exited });
    });
    void exited.then((code) => reject(new Error(`evenkeel ended with ${code}\n${out}\n${errors}`)));
  });
}

let running;
/** The answer, or undefined when the program went away meanwhile: then nobody knows whether it was done. */
async function call(method, path, body) {
  try {
    const answer = await fetch(`${running.control}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${running.key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return undefined;
  }
}

/** Incidents that were acknowledged to have been opened; commands by their unique text. */
const opened = new Map();
const commands = new Map();
const unsure = new Set();
let refused = 0;
/** The longest timeline that was seen of each incident. */
const timelines = new Map();
let rewritten = 0;

function seeTimeline({ id, timeline }) {
  const lines = timeline.map((line) => JSON.stringify(line));
  const before = timelines.get(id) ?? [];
  if (before.some((line, i) => i < lines.length && lines[i] !== line)) rewritten += 1;
  if (lines.length > before.length) timelines.set(id, lines);
}

let number = 0;
async function act() {
  const text = `c${++number}`;
  if (opened.size < 4 || random() < 0.08) {
    const answer = await call('POST', '/incidents', {
      service: 'mail',
      type: 'drift_detected',
      severity: pick(['SEV2', 'SEV3']),
      title: text,
    });
    if (answer?.status === 201) opened.set(answer.body.id, text);
    else unsure.add(text);
    return;
  }
  const id = pick([...opened.keys()]);
  const intent = pick([
    { do: 'note', text },
    { do: 'note', text },
    { do: 'set_severity', severity: pick(['SEV1', 'SEV2', 'SEV3', 'SEV4']), reason: text },
    { do: 'acknowledge', note: text },
    { do: 'resolve', resolution: text },
    { do: 'reopen', reason: text },
  ]);
  const answer = await call('POST', `/incidents/${id}/commands`, { intent });
  if (answer?.status === 200) {
    commands.set(text, { id, intent, revision: answer.body.revision });
    seeTimeline(answer.body);
  } else if (answer === undefined) unsure.add(text);
  else refused += 1;
}

const began = performance.now();
const startTimes = [];
for (let kill = 0; kill < KILLS; kill++) {
  const from = performance.now();
  running = await start();
  startTimes.push(performance.now() - from);
  let on = true;
  const workers = Array.from({ length: 6 }, async () => {
    while (on) await act();
  });
  const trouble = (async () => {
    while (on) {
      ill = random() < 0.5;
      await sleep(400);
    }
  })();
  await sleep(200 + random() * 4_800);
  running.child.kill('SIGKILL');
  on = false;
  await running.exited;
  await Promise.all([...workers, trouble]);
}

// Once more, in health: what waits is sent, and everything is looked at.
ill = false;
running = await start();
const end = performance.now() + 90_000;
for (;;) {
  const waiting = await call('GET', '/outbox?state=waiting&limit=1');
  if (waiting?.body.messages.length === 0 || performance.now() > end) break;
  await sleep(500);
}
const incidents = [];
for (let after = ''; ; ) {
  const page = await call('GET', `/incidents?limit=500${after === '' ? '' : `&after=${after}`}`);
  for (const { id } of page.body.incidents) incidents.push((await call('GET', `/incidents/${id}`)).body);
  if (page.body.incidents.length < 500) break;
  after = page.body.incidents.at(-1).id;
}
const audit = [];
for (let before; ; ) {
  const page = await call('GET', `/audit?limit=1000${before === undefined ? '' : `&before=${before}`}`);
  audit.push(...page.body.entries);
  if (page.body.entries.length < 1_000) break;
  before = page.body.entries.at(-1).id;
}
const chain = (await call('GET', '/audit/verify')).body;
const dead = (await call('GET', '/outbox?state=dead&limit=500')).body.messages;
const left = (await call('GET', '/outbox?state=waiting&limit=500')).body.messages;
running.child.kill('SIGTERM');
await running.exited;

const count = (list, holds) => list.filter(holds).length;
const byTitle = Map.groupBy === undefined ? undefined : Map.groupBy(incidents, ({ title }) => title);
const titled = (title) => byTitle?.get(title)?.length ?? count(incidents, (one) => one.title === title);
const lost = { incidents: 0, commands: 0, audit: 0, notifications: 0 };
const doubled = { incidents: 0, commands: 0, audit: 0, notifications: 0 };
const details = audit.map((entry) => JSON.stringify(entry.detail));
const inAudit = (text) => count(details, (detail) => detail.includes(`"${text}"`));
const inTimelines = new Map();
for (const { id, timeline } of incidents) {
  seeTimeline({ id, timeline });
  for (const { text } of timeline) {
    for (const [word] of text.matchAll(/\bc\d+\b/g)) {
      const key = `${id} ${word}`;
      inTimelines.set(key, (inTimelines.get(key) ?? 0) + 1);
    }
  }
}
for (const [, title] of opened) {
  if (titled(title) === 0) lost.incidents += 1;
  if (inAudit(title) === 0) lost.audit += 1;
}
for (const title of [...opened.values(), ...unsure]) {
  if (titled(title) > 1) doubled.incidents += 1;
  if (inAudit(title) > 1) doubled.audit += 1;
}
const events = {
  set_severity: 'updated',
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  reopen: 'reopened',
};
for (const [text, { id, intent, revision }] of commands) {
  const times = inTimelines.get(`${id} ${text}`) ?? 0;
  if (times === 0) lost.commands += 1;
  if (times > 1) doubled.commands += 1;
  const entries = inAudit(text);
  if (entries === 0) lost.audit += 1;
  if (entries > 1) doubled.audit += 1;
  const event = events[intent.do];
  if (event !== undefined && !received.has(`${id}/${revision}/${event}/hook`)) lost.notifications += 1;
}
for (const { differs } of received.values()) if (differs) doubled.notifications += 1;
// Every revision of an incident speaks at most once.
const revisions = new Map();
for (const key of received.keys()) {
  const [id, revision] = key.split('/');
  const one = `${id}/${revision}`;
  revisions.set(one, (revisions.get(one) ?? 0) + 1);
}
for (const times of revisions.values()) if (times > 1) doubled.notifications += 1;
// An automatic incident of one cause is one incident, however often the program died.
const automatic = incidents.filter(({ detectedBy }) => detectedBy.automatic);
const open = automatic.filter(({ status }) => !['resolved', 'post_mortem', 'closed'].includes(status));
const causes = new Map();
for (const { dedupKey } of open) causes.set(dedupKey, (causes.get(dedupKey) ?? 0) + 1);
for (const times of causes.values()) if (times > 1) doubled.incidents += 1;

const repeats = count([...received.values()], ({ times }) => times > 1);
const sorted = startTimes.sort((a, b) => a - b);
console.log(`| | acknowledged | lost | doubled |
|---|---|---|---|
| incidents opened by hand | ${opened.size} | ${lost.incidents} | ${doubled.incidents} |
| commands | ${commands.size} | ${lost.commands} | ${doubled.commands} |
| audit entries | ${opened.size + commands.size} | ${lost.audit} | ${doubled.audit} |
| notifications | ${received.size} | ${lost.notifications} | ${doubled.notifications} |

${KILLS} kills in ${((performance.now() - began) / 1_000).toFixed(0)} s; start ${(sorted[sorted.length >> 1] / 1_000).toFixed(1)} s in the middle. ${unsure.size} calls died with the program, ${refused} were refused as not possible (any more).
${automatic.length} incidents by evenkeel itself, reopened ${automatic.reduce((sum, { recurrences }) => sum + recurrences, 0)} times. ${repeats} notifications came more than once, with the same idempotency key and body; ${left.length} wait, ${dead.length} are dead.
Timelines that were rewritten: ${rewritten}. Chain of the audit: ${chain.entries} entries, ${chain.brokenAt === undefined ? 'whole' : `broken at ${chain.brokenAt}`}.`);
rmSync(dir, { recursive: true, force: true });
hook.close();
model.close();
const wrong =
  Object.values(lost).some((n) => n > 0) ||
  Object.values(doubled).some((n) => n > 0) ||
  rewritten > 0 ||
  left.length > 0 ||
  chain.brokenAt !== undefined;
process.exit(wrong ? 1 : 0);
