/**
 * Every built-in rung over HTTP: the real program serves each example, nothing listens where its models should be, the
 * rungs above the one looked at are forbidden by directive, and every item is sent and scored.
 *   node examples/catalogue/over-http.mjs [--data DIR] [--write FILE]
 * Exits with 1 when a deciding rung does not beat the static one, or anything but 200 comes back.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SCORES } from './measure.mjs';

const { values } = parseArgs({ options: { data: { type: 'string' }, write: { type: 'string' } } });
const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '..', '..', 'packages', 'evenkeel', 'dist', 'cli.js');
const out = mkdtempSync(join(tmpdir(), 'evenkeel-catalogue-'));
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}`)),
    );
  });
}

function call(method, url, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, agent, headers: { 'content-type': 'application/json' } },
      (answer) => {
        let text = '';
        answer.on('data', (piece) => {
          text += piece;
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode,
            headers: answer.headers,
            body: text === '' ? undefined : JSON.parse(text),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function serve(file) {
  const args = [
    cli,
    'serve',
    file,
    '--port',
    '0',
    '--control-port',
    '0',
    '--data-dir',
    join(dirname(file), 'store'),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, EVENKEEL_LOG: 'error' },
  });
  let text = '';
  child.stderr.on('data', (piece) => {
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`evenkeel ended with ${code}: ${text}`)));
    child.stdout.on('data', (piece) => {
      text += piece;
      const gateway = /gateway {2}(\S+)/.exec(text)?.[1];
      const control = /control {2}(http:\/\/[^/]+)/.exec(text)?.[1];
      if (control !== undefined)
        resolve({
          gateway,
          control,
          end: () =>
            new Promise((done) => {
              child.removeAllListeners('exit');
              child.on('exit', done);
              child.kill('SIGTERM');
            }),
        });
    });
  });
}

/** What an item got, in the form that the scores take. */
async function answerOf(type, reply, control) {
  if (type !== 'chat') {
    const { prediction, confidence } = reply.body;
    return { output: prediction, label: prediction.label, score: prediction.score ?? confidence };
  }
  // A chat answer is words; which intent it came from stands in the record of the request.
  const record = await call('GET', `${control}/api/v1/requests/${reply.headers['evenkeel-request-id']}`);
  return { output: reply.body, label: record.body.label };
}

const lines = [
  '# The built-in rungs over HTTP',
  '',
  '`npm run build && node examples/catalogue/over-http.mjs [--data DIR]`: the real program, models not running, the rungs above forbidden by directive, every item sent.',
  '',
  '| type | rung | items | level told | score | static | p50 ms |',
  '|---|---|---|---|---|---|---|',
];
let wrong = 0;
await run([
  join(here, 'generate.mjs'),
  '--out',
  out,
  ...(values.data === undefined ? [] : ['--data', values.data]),
]);
for (const type of ['recommendation', 'search', 'chat', 'fraud']) {
  const file = join(out, type, 'evenkeel.yaml');
  const items = readFileSync(join(out, type, 'items.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const probe = await serve(file);
  const { rungs } = (await call('GET', `${probe.control}/api/v1/services/${type}`)).body;
  await probe.end();
  const builtins = rungs
    .map((rung) => rung.name)
    .filter((name) => !['primary', 'reduced_context', 'small'].includes(name) && !/context|model/.test(name));
  const results = [];
  for (const rung of builtins) {
    // A fresh process for each: rungs that count (velocity) must not have seen the items before.
    const { gateway, control, end } = await serve(file);
    for (const above of rungs.slice(
      0,
      rungs.findIndex((known) => known.name === rung),
    )) {
      await call('POST', `${control}/api/v1/directives`, {
        service: type,
        order: { kind: 'forbid', rung: above.name },
        owner: 'catalogue',
        reason: 'killed',
        lease: '1h',
      });
    }
    const answers = [];
    const times = [];
    let level = '';
    for (const item of items) {
      const began = performance.now();
      const reply =
        type === 'chat'
          ? await call('POST', `${gateway}/v1/chat/completions`, { model: 'chat', ...item.input })
          : await call('POST', `${gateway}/v1/predict/${type}`, item.input);
      times.push(performance.now() - began);
      if (reply.status !== 200) {
        wrong += 1;
        console.error(`${type}/${rung}: ${reply.status} ${JSON.stringify(reply.body)}`);
        answers.push(undefined);
        continue;
      }
      const from = reply.body.rung ?? reply.body.evenkeel?.rung;
      if (from === rung) level = reply.headers['evenkeel-level'];
      // A rung without an answer passes on to the next: that is the ladder's merit, not this rung's.
      answers.push(from === rung ? await answerOf(type, reply, control) : undefined);
    }
    await end();
    times.sort((a, b) => a - b);
    results.push({
      rung,
      level,
      scores: type === 'fraud' ? SCORES.labels(items, answers, 'legitimate') : SCORES[type](items, answers),
      p50: times[Math.floor(times.length / 2)],
      answered: answers.filter(Boolean).length,
    });
  }
  const last = results.at(-1);
  const [metric] = Object.keys(last.scores);
  for (const { rung, level, scores, p50, answered } of results) {
    const beats = rung === last.rung || scores[metric] > last.scores[metric];
    if (!beats) wrong += 1;
    lines.push(
      `| ${type} | \`${rung}\` | ${items.length} (${answered} answered) | ${level} | ${metric} ${scores[metric].toFixed(3)}${beats ? '' : ' **worse**'} | ${last.scores[metric].toFixed(3)} | ${p50.toFixed(2)} |`,
    );
  }
}
rmSync(out, { recursive: true });
agent.destroy();
const text = `${lines.join('\n')}\n`;
console.log(text);
if (values.write !== undefined) writeFileSync(values.write, text);
process.exit(wrong === 0 ? 0 : 1);
