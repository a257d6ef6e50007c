// Five troubles done to the running program, and what evenkeel makes of each: the incident, the page, the help, the end.
//   node examples/moderation/incident-drill.mjs [--only features,model,overload,drift,safety] [--rate 8] [--write FILE]
// Exits with 1 when a promise is broken. Each takes two to seven minutes; with --write, sections that were not run stay in FILE.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    write: { type: 'string' },
    /** Mails a second in quiet times; fewer on a machine that has other work. */
    rate: { type: 'string', default: '8' },
  },
});
const RATE = Number(values.rate);
const here = dirname(fileURLToPath(import.meta.url));
const CLI = join(here, '..', '..', 'packages', 'evenkeel', 'dist', 'cli.js');
const agent = new Agent({ keepAlive: true, maxSockets: 512 });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const mails = readFileSync(join(here, 'data', 'sample-mails.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const from = (...folders) => mails.filter(({ id }) => folders.some((folder) => id.startsWith(folder)));
const regulars = mails.filter(({ part }) => part === 'regulars').slice(0, 60);
/** Four hams and one spam, as a mailbox has them. */
const usual = regulars
  .filter(({ label }) => label === 'ham')
  .flatMap((mail, i) => {
    const spam = from('spam-2')[Math.floor(i / 4)];
    return i % 4 === 3 && spam !== undefined ? [mail, spam] : [mail];
  });

function call(method, url, body, headers = {}) {
  return new Promise((resolve) => {
    const failed = (error) => resolve({ status: error.code ?? error.message, headers: {}, body: undefined });
    const outgoing = request(
      url,
      { method, agent, headers: { 'content-type': 'application/json', ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (piece) => {
          text += piece;
        });
        answer.on('end', () => {
          let json;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: answer.statusCode, headers: answer.headers, body: json });
        });
        answer.on('error', failed);
      },
    );
    outgoing.on('error', failed);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Takes events as PagerDuty's Events API v2 does, and writes them down. */
async function recorder() {
  const events = [];
  const strangers = [];
  const server = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (piece) => {
      text += piece;
    });
    incoming.on('end', () => {
      // Whoever else knocks at this port is not PagerDuty's client.
      if (incoming.method !== 'POST' || text === '') {
        strangers.push(`${incoming.method} ${incoming.url}`);
        response.writeHead(400).end();
        return;
      }
      const event = JSON.parse(text);
      events.push({ at: Date.now(), ...event });
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: event.dedup_key }),
      );
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    events,
    strangers,
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => server.close(),
  };
}

const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function started(args, env, ready) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (piece) => {
      text += piece;
      const found = ready(text);
      if (found !== undefined) resolve({ child, ...found });
    });
    child.on('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}\n${text}`)));
  });
}

const features = (port) =>
  started([join(here, 'dist', 'feature-server.js'), '--port', String(port)], {}, (text) => {
    const found = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    return found === undefined ? undefined : { port: Number(found) };
  });

/** The shipped file with this drill's ports, receiver and shorter waits; its paths are made whole, since it moves. */
function fileFor(stage, change) {
  const file = parse(readFileSync(join(here, 'evenkeel.yaml'), 'utf8'));
  file.features.feast.url = `http://127.0.0.1:${stage.features.port}`;
  for (const model of Object.values(file.models)) model.module = join(here, model.module);
  for (const rung of file.ladder)
    if (rung.with?.file !== undefined) rung.with.file = join(here, rung.with.file);
  for (const [name, path] of Object.entries(file.chaos ?? {}))
    if (typeof path === 'string' && path.startsWith('./')) file.chaos[name] = join(here, path);
  file.incidents = {
    ...file.incidents,
    automatic: [...file.incidents.automatic, 'assess_impact', 'verify_drift', 'tighten_safety'],
    resolve_after: '30s',
    verification: '90s',
    notify: [
      {
        name: 'pager',
        internal: true,
        pagerduty: { routing_key: { env: 'PAGERDUTY_KEY' }, url: stage.pager.url },
      },
    ],
  };
  change(file);
  writeFileSync(stage.file, JSON.stringify(file, null, 2));
}

/** One program with its feature server, its traffic and a look at its incidents twice a second. */
async function stageOf(change) {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-incident-drill-'));
  const stage = {
    dir,
    file: join(dir, 'evenkeel.yaml'),
    pager: await recorder(),
    features: await features(0),
  };
  fileFor(stage, change);
  const serving = await started(
    [CLI, 'serve', stage.file, '--port', '0', '--control-port', '0', '--data-dir', join(dir, 'data')],
    { EVENKEEL_LOG: 'error', PAGERDUTY_KEY: 'drill' },
    (text) => {
      const gateway = /gateway {2}(http:\S+)/.exec(text)?.[1];
      const control = /control {2}(http:\/\/[^/\s]+)/.exec(text)?.[1];
      const key = /#key=(\S+)/.exec(text)?.[1];
      return gateway && control && key ? { gateway, control, key } : undefined;
    },
  );
  const auth = { authorization: `Bearer ${serving.key}` };
  const api = (method, path, body) => call(method, `${serving.control}/api/v1${path}`, body, auth);
  const seen = new Map();
  const traffic = { rate: 0, from: regulars, sent: 0, label: false, refused: 0, levels: {} };
  const labels = [];
  let ended = false;
  let n = 0;

  async function send() {
    const mail = traffic.from[n++ % traffic.from.length];
    traffic.sent += 1;
    const reply = await call(
      'POST',
      `${serving.gateway}/v1/predict/moderation`,
      { ...mail.input, size: mail.input.text.length },
      { 'evenkeel-priority': String(n % 20 === 0 ? 0 : 1 + (n % 3)), 'x-user': `user-${n % 97}` },
    );
    const level = reply.headers['evenkeel-level'] ?? String(reply.status);
    traffic.levels[level] = (traffic.levels[level] ?? 0) + 1;
    if (reply.status !== 200) traffic.refused += 1;
    const id = reply.headers['evenkeel-request-id'];
    if (traffic.label && id !== undefined)
      labels.push({ id: `label-${id}`, service: 'moderation', request: id, label: mail.label });
  }
  async function drive() {
    let due = performance.now();
    while (!ended) {
      // What is answered while models still load would burn budgets that this is not about.
      if (traffic.rate === 0) {
        await sleep(100);
        due = performance.now();
        continue;
      }
      due = Math.max(due + 1_000 / traffic.rate, performance.now() - 1_000);
      if (due > performance.now()) await sleep(due - performance.now());
      void send();
    }
  }
  /** People answer a while after the mail: labels come in batches, some seconds late. */
  async function tellLabels() {
    while (!ended) {
      await sleep(2_000);
      const items = labels.splice(0);
      if (items.length > 0) await api('POST', '/feedback', { items });
    }
  }
  async function look() {
    while (!ended) {
      const { body } = await api('GET', '/incidents?limit=20');
      for (const { id } of body?.incidents ?? []) {
        const one = await api('GET', `/incidents/${id}`);
        if (one.status === 200) seen.set(id, one.body);
      }
      await sleep(500);
    }
  }
  const loops = [drive(), tellLabels(), look()];
  return Object.assign(stage, {
    api,
    traffic,
    incidents: () => [...seen.values()].sort((a, b) => a.detectedAt - b.detectedAt),
    async until(holds, ms) {
      const end = performance.now() + ms;
      while (performance.now() < end) {
        if (await holds()) return true;
        await sleep(250);
      }
      return false;
    },
    /** Traffic until the models are loaded; that time is taken out of the budgets, as people do with planned work. */
    async begin() {
      const from = Date.now() - 60_000;
      traffic.rate = RATE;
      const full = await stage.until(async () => {
        const { body } = await api('GET', '/services/moderation');
        return body?.level === 'full_service';
      }, 180_000);
      if (!full) throw new Error('the service did not come to full service');
      const start = { id: 'start', service: 'moderation', from, to: Date.now(), reason: 'models load' };
      await api('POST', '/exclusions', start);
    },
    async close() {
      ended = true;
      await Promise.all(loops);
      serving.child.removeAllListeners('exit');
      stage.features.child.removeAllListeners('exit');
      const gone = new Promise((resolve) => serving.child.once('exit', resolve));
      serving.child.kill('SIGTERM');
      stage.features.child.kill('SIGTERM');
      await gone;
      if (stage.pager.strangers.length > 0)
        console.error('strangers at the receiver:', stage.pager.strangers);
      stage.pager.close();
      rmSync(dir, { recursive: true, force: true });
    },
  });
}

const DRILLS = {
  features: {
    title: 'The feature server is killed (kill -9)',
    type: 'feature_pipeline',
    resolvesWithin: 240_000,
    change: () => {},
    async prepare(stage) {
      await stage.begin();
      await sleep(30_000);
      return `${RATE} mails a second of senders with a history, for 30 s`;
    },
    async harm(stage) {
      stage.features.child.removeAllListeners('exit');
      stage.features.child.kill('SIGKILL');
      return 'kill -9 of the feature server';
    },
    hold: 30_000,
    async mend(stage) {
      stage.features = await features(stage.features.port);
      return 'the feature server is started again';
    },
  },
  model: {
    title: 'A bad version of the model',
    type: 'model_degradation',
    needs: 'roll_back_model',
    resolvesWithin: 300_000,
    change: () => {},
    async prepare(stage) {
      stage.traffic.label = true;
      stage.traffic.from = usual;
      await stage.begin();
      await sleep(20_000);
      return `${RATE} mails a second with the labels of people 2 s later, for 20 s`;
    },
    async harm(stage) {
      const bad = join(stage.dir, 'bad.js');
      writeFileSync(
        bad,
        `import { createModel as good } from ${JSON.stringify(join(here, 'dist', 'simple.js'))};
export async function createModel() {
  const model = await good(undefined);
  return (input, context) => {
    const { label, score, confidence } = model(input, context);
    return { label: label === 'spam' ? 'ham' : 'spam', score: 1 - score, confidence };
  };
}
`,
      );
      fileFor(stage, (file) => {
        file.models['primary-before'] = { ...file.models.primary };
        file.models.primary = {
          version: '1.1.0',
          module: bad,
          previous: 'primary-before',
          breaker: file.models.primary.breaker,
        };
      });
      await stage.api('POST', '/changes', {
        id: 'release-1.1.0',
        service: 'moderation',
        kind: 'model',
        what: 'primary',
        version: '1.1.0',
      });
      return 'version 1.1.0 comes into the file, with its labels the wrong way round; announced as a change of kind model';
    },
    hold: 0,
    async mend() {
      return 'nobody does anything: the roll-back is evenkeel’s';
    },
  },
  overload: {
    title: 'Seventy mails a second: more than the thread bears',
    type: 'serving_latency',
    resolvesWithin: 300_000,
    change: () => {},
    async prepare(stage) {
      stage.traffic.from = mails;
      await stage.begin();
      await sleep(40_000);
      return `${RATE} mails a second for 40 s`;
    },
    async harm(stage) {
      stage.traffic.rate = 70;
      return '70 mails a second';
    },
    hold: 60_000,
    async mend(stage) {
      stage.traffic.rate = RATE;
      return `${RATE} mails a second again`;
    },
  },
  drift: {
    title: 'Mail of another kind: newsletters instead of letters',
    type: 'drift_detected',
    page: false,
    resolvesWithin: 420_000,
    change(file) {
      file.monitors = {
        learn: { values: 400, for: '1m' },
        watch: { size: { of: 'input:size' } },
        estimate: { positive: 'spam' },
      };
    },
    async prepare(stage) {
      stage.traffic.from = usual;
      await stage.begin();
      await sleep(90_000);
      return `${RATE} mails a second, four hams to a spam, for 90 s; baselines of 400 values`;
    },
    async harm(stage) {
      stage.traffic.from = from('hard-ham-1');
      return 'only mail of the folder hard-ham-1';
    },
    hold: 20_000,
    async mend(stage) {
      stage.traffic.from = usual;
      return 'the usual mail again';
    },
  },
  safety: {
    title: 'A burst that the output check stops',
    type: 'safety_violation',
    resolvesWithin: 420_000,
    change(file) {
      file.safety.rules = [
        { name: 'a person confirms spam', field: 'label', words: ['spam'], verdict: 'hold', level: 'normal' },
      ];
    },
    async prepare(stage) {
      stage.traffic.from = from('easy-ham-1');
      await stage.begin();
      await sleep(210_000);
      return `${RATE} hams a second for 3.5 min, so that it is known how much the check usually holds back`;
    },
    async harm(stage) {
      stage.traffic.from = from('spam-2');
      return 'only spam, each of which the check holds for a person';
    },
    hold: 20_000,
    async mend(stage) {
      stage.traffic.from = from('easy-ham-1');
      return 'ham again';
    },
  },
};

let broken = 0;

async function run(drill) {
  const lines = [];
  const say = (text) => {
    lines.push(text);
    console.log(text);
  };
  const promise = (holds, text) => {
    if (!holds) broken += 1;
    say(`- ${holds ? 'kept' : '**BROKEN**'}: ${text}`);
  };
  say(`## ${drill.title}\n`);
  const stage = await stageOf(drill.change);
  try {
    const before = await drill.prepare(stage);
    const load = loadavg()[0].toFixed(1);
    const early = stage.incidents().length;
    stage.traffic.levels = {};
    const harmedAt = Date.now();
    const after = (at) => `${((at - harmedAt) / 1_000).toFixed(1)} s`;
    const harm = await drill.harm(stage);
    const since = () => stage.incidents().filter(({ detectedAt }) => detectedAt >= harmedAt);
    const find = () => since().find(({ type }) => type === drill.type) ?? since()[0];
    const opened = await stage.until(() => find()?.type === drill.type, 180_000);
    const wantsPage = drill.page !== false;
    const pages = () => stage.pager.events.filter(({ event_action }) => event_action === 'trigger');
    if (wantsPage) await stage.until(() => pages().length > 0, 60_000);
    await sleep(drill.hold);
    if (drill.needs !== undefined) {
      await stage.until(
        () => find()?.mitigations.some(({ action, state }) => action === drill.needs && state !== 'applied'),
        240_000,
      );
    }
    const during = { ...stage.traffic.levels };
    const mendedAt = Date.now();
    const mend = await drill.mend(stage);
    const resolved = opened && (await stage.until(() => find()?.status === 'resolved', drill.resolvesWithin));
    await sleep(3_000);
    const incident = find();
    say(`Before: ${before}; load of the machine ${load}.\n`);
    say('| after | what |\n|---|---|');
    const rows = [
      { at: harmedAt, text: `**${harm}**` },
      { at: mendedAt, text: `**${mend}**` },
      ...since().flatMap(({ id, timeline }) =>
        timeline.map(({ at, by, kind, text }) => ({
          at,
          text: `${id === incident?.id ? '' : `${id}: `}${kind}, ${by}: ${text}`,
        })),
      ),
      ...stage.pager.events.map(({ at, event_action, payload }) => ({
        at,
        text: `PagerDuty receives **${event_action}**${payload === undefined ? '' : ` (${payload.severity}): ${payload.summary}`}`,
      })),
    ].sort((a, b) => a.at - b.at);
    for (const { at, text } of rows)
      say(`| ${after(at)} | ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`);
    say(
      `\nAnswers meanwhile: ${Object.entries(during)
        .sort((a, b) => b[1] - a[1])
        .map(([level, k]) => `${level} ${k}`)
        .join(', ')}.\n`,
    );
    if (incident !== undefined) {
      say('Evidence:\n');
      for (const signal of incident.signals) {
        say(`- ${signal.role}, ${signal.kind}: ${signal.evidence.text} (\`${signal.evidence.link}\`)`);
      }
      say('');
    }
    promise(early === 0, 'nothing was opened before');
    promise(
      incident?.type === drill.type,
      incident === undefined
        ? `an incident of type ${drill.type}; there were: ${
            stage
              .incidents()
              .map(({ type, title }) => `${type} (${title})`)
              .join('; ') || 'none'
          }`
        : `${incident.id} of type ${incident.type}, ${incident.severity}, opened ${after(incident.detectedAt)} after`,
    );
    if (wantsPage) {
      promise(pages().length > 0, `paged${pages()[0] === undefined ? '' : ` ${after(pages()[0].at)} after`}`);
    }
    const keys = new Set(pages().map(({ dedup_key }) => dedup_key));
    promise(keys.size <= 1, `${pages().length} pages under ${keys.size} dedup keys`);
    const others = stage.incidents().filter(({ id }) => id !== incident?.id);
    promise(
      others.length === 0,
      `one incident for one cause${others.length === 0 ? '' : `; beside it ${others.map(({ type, title }) => `${type} (${title})`).join('; ')}`}`,
    );
    if (drill.needs !== undefined) {
      const done = incident?.mitigations.find(({ action }) => action === drill.needs);
      promise(
        done?.state === 'kept',
        `${drill.needs} was applied, judged and kept: ${done === undefined ? 'not applied' : `${done.state}, ${done.outcome ?? ''}`}`,
      );
    }
    promise(
      resolved === true,
      `resolved by itself${incident?.resolvedAt === undefined ? '' : ` ${((incident.resolvedAt - mendedAt) / 1_000).toFixed(0)} s after the end of the trouble`}`,
    );
    const { body: review } = await stage.api('GET', `/reviews/${incident?.id}`);
    promise(review?.review !== undefined, 'a review is drafted');
    const made = await stage.api('POST', `/reviews/${incident?.id}/experiment`);
    promise(
      made.status === 201,
      `its experiment is made: ${made.body?.name ?? made.body?.error?.message ?? made.status}`,
    );
  } finally {
    await stage.close();
  }
  return lines;
}

const wanted = values.only?.split(',') ?? Object.keys(DRILLS);
const intro = [
  '# Five troubles, and what evenkeel makes of them\n',
  '`npm run build && node examples/moderation/incident-drill.mjs --write examples/moderation/incident-drill.md`\n',
  'The shipped file with a recording PagerDuty, `resolve_after: 30s` and `verification: 90s`; each trouble in a program of its own. Times are from the harm.\n',
];
for (const name of wanted) {
  const drill = DRILLS[name];
  if (drill === undefined) throw new Error(`no drill "${name}": ${Object.keys(DRILLS).join(', ')}`);
  const lines = await run(drill);
  if (values.write === undefined) continue;
  const old = existsSync(values.write) ? readFileSync(values.write, 'utf8') : '';
  const sections = new Map(
    old
      .split(/^(?=## )/m)
      .filter((part) => part.startsWith('## '))
      .map((part) => [part.slice(3, part.indexOf('\n')), part.trimEnd()]),
  );
  sections.set(drill.title, lines.join('\n'));
  const kept = Object.values(DRILLS).flatMap(({ title }) => sections.get(title) ?? []);
  writeFileSync(values.write, `${[...intro, ...kept.map((part) => `${part}\n`)].join('\n')}`);
}
agent.destroy();
console.log(broken === 0 ? '\nAll promises kept.' : `\n${broken} promises broken.`);
process.exit(broken === 0 ? 0 : 1);
