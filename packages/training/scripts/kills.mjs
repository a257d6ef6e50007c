// Kills trainers and supervisors with SIGKILL at random points, and checks that each run ends byte-identical to the
// unbroken one. Prints a table. Needs a build: npx tsc -b packages/training examples/training
//   node packages/training/scripts/kills.mjs [--trainer 100] [--supervisor 50] [--overhead 3] [--only typescript|numpy] [--seed 1]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom, trainingFigures } from '@evenkeel/core';
import { createRun, fileRecords, openCheckpointStore, processHost, superviseLocal } from '@evenkeel/training';

const { values } = parseArgs({
  options: {
    trainer: { type: 'string', default: '100' },
    supervisor: { type: 'string', default: '50' },
    overhead: { type: 'string', default: '3' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    supervise: { type: 'string' },
    root: { type: 'string' },
  },
});
const HERE = resolve(import.meta.dirname, '../../..');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const STEPS = 400;
const EVERY = 20;
const PLAN = {
  checkpointEvery: EVERY,
  maxRetries: 1_000,
  backoff: { baseMs: 1, maxMs: 10 },
  graceMs: 5_000,
  hang: { factor: 10, floorMs: 5_000, startMs: 60_000 },
};

const trainers = {
  typescript: (stepMs, steps = STEPS) => [
    process.execPath,
    join(HERE, 'examples/training/dist/train.js'),
    JSON.stringify({ steps, stepMs }),
  ],
  numpy: (stepMs, steps = STEPS) => [
    '/usr/bin/python3',
    join(HERE, 'examples/training/train.py'),
    JSON.stringify({ steps, stepMs }),
  ],
};

// A child of ours that supervises one run, to be killed.
if (values.supervise !== undefined && values.root !== undefined) {
  const kept = await fileRecords(values.root).load(values.supervise);
  const host = processHost({ command: kept.record.trainer, limits: {} });
  const supervision = await superviseLocal(values.root, values.supervise, host, { tickMs: 20 });
  await supervision.finished;
  process.exit(0);
}

const root = mkdtempSync(join(tmpdir(), 'evenkeel-kills-'));
const runs = join(root, 'runs');
const records = fileRecords(runs);
const random = seededRandom(Number(values.seed));

function digest(id) {
  const dir = join(runs, id, 'checkpoints', `step-${String(STEPS).padStart(8, '0')}`);
  const hash = createHash('sha256');
  for (const file of readdirSync(dir).sort())
    if (file !== 'MANIFEST.json') hash.update(file).update(readFileSync(join(dir, file)));
  return hash.digest('hex');
}

async function begin(command, plan = PLAN) {
  return (await createRun(runs, { name: 'kills', trainer: command, plan })).id;
}

const supervised = (id, command) =>
  superviseLocal(runs, id, processHost({ command, limits: {} }), { tickMs: 20 });

async function unbroken(command) {
  const id = await begin(command);
  const record = await (await supervised(id, command)).finished;
  if (record.phase !== 'succeeded')
    throw new Error(`the unbroken run ended ${record.phase}: ${record.reason}`);
  return digest(id);
}

/** Kills the trainer at random moments, over as many runs as it takes. */
async function killTrainers(command, kills, expected) {
  const total = { kills: 0, runs: 0, identical: 0, lost: 0, mostLost: 0, resumes: 0, good: 0 };
  while (total.kills < kills) {
    const id = await begin(command);
    const supervision = await supervised(id, command);
    let ended = false;
    const finished = supervision.finished.then((record) => {
      ended = true;
      return record;
    });
    const perRun = Math.min(5, kills - total.kills);
    let killed = 0;
    let lostBefore = 0;
    while (!ended && killed < perRun) {
      await pause(50 + random() * 450);
      const { pid, step } = supervision.record();
      if (ended || pid === undefined || pid === 0 || step === 0) continue;
      try {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      } catch {
        continue;
      }
      for (let i = 0; i < 200 && !ended && supervision.record().pid === pid; i++) await pause(10);
      for (let i = 0; i < 500 && !ended && supervision.record().pid === undefined; i++) await pause(10);
      const lost = supervision.record().counts.stepsLost;
      total.mostLost = Math.max(total.mostLost, lost - lostBefore);
      lostBefore = lost;
    }
    const record = await finished;
    total.runs += 1;
    total.kills += killed;
    total.lost += record.counts.stepsLost;
    total.resumes += record.counts.resumes;
    total.good += record.counts.resumesGood;
    if (record.phase === 'succeeded' && digest(id) === expected) total.identical += 1;
    else console.error(`NOT IDENTICAL: ${id} ${record.phase}: ${record.reason}`);
    process.stderr.write(`\rtrainer kills ${total.kills}/${kills}`);
  }
  process.stderr.write('\n');
  return total;
}

/** Kills the supervisor at random moments; another one is started at once each time. */
async function killSupervisors(command, kills, expected) {
  const total = {
    kills: 0,
    runs: 0,
    identical: 0,
    lost: 0,
    mostLost: 0,
    resumes: 0,
    good: 0,
    acknowledged: 0,
    acknowledgedLost: 0,
  };
  while (total.kills < kills) {
    const id = await begin(command);
    let killed = 0;
    const perRun = Math.min(5, kills - total.kills);
    let lostBefore = 0;
    for (let last = false; ; ) {
      const child = spawn(process.execPath, [import.meta.filename, '--supervise', id, '--root', runs], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const exited = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
      if (killed >= perRun) last = true;
      if (!last) {
        // From the moment on that it may have a trainer, at any point of its life.
        const begun = (await records.load(id)).record.attempt;
        for (let i = 0; i < 400 && random() < 0.99 && (await records.load(id)).record.attempt === begun; i++)
          await pause(10);
        const how = await Promise.race([exited, pause(random() * 1_200).then(() => 'time')]);
        if (how === 'time') {
          child.kill('SIGKILL');
          killed += 1;
        }
      }
      const how = await exited;
      const { record } = await records.load(id);
      // What a supervisor has put on the record must be there for the next one, the moment that it is dead: of what retention
      // keeps, every checkpoint, whole. (What is beyond may have been deleted in that moment, and the note of it not written.)
      const kept = record.checkpoints.filter(
        ({ standing }) => standing === 'unjudged' || standing === 'passed',
      );
      for (const { name } of kept.slice(-record.plan.retention.last)) {
        total.acknowledged += 1;
        const { ok } = await (await openCheckpointStore(join(runs, id, 'checkpoints'))).verify(name);
        if (!ok) total.acknowledgedLost += 1;
      }
      total.mostLost = Math.max(total.mostLost, record.counts.stepsLost - lostBefore);
      lostBefore = record.counts.stepsLost;
      if (how === 0) break;
      if (how !== 'SIGKILL') throw new Error(`the supervisor ended with ${how}`);
    }
    const { record } = await records.load(id);
    total.runs += 1;
    total.kills += killed;
    total.lost += record.counts.stepsLost;
    total.resumes += record.counts.resumes;
    total.good += record.counts.resumesGood;
    if (record.phase === 'succeeded' && digest(id) === expected) total.identical += 1;
    else console.error(`NOT IDENTICAL: ${id} ${record.phase}: ${record.reason}`);
    process.stderr.write(`\rsupervisor kills ${total.kills}/${kills}`);
  }
  process.stderr.write('\n');
  return total;
}

/** Wall time of the trainer alone and under supervision, in turns; the best of each. */
async function overhead(name, rounds) {
  // Ten seconds of work, so that starting and ending do not stand for supervision.
  const command = trainers[name](5, 1_800);
  const alone = [];
  const under = [];
  const active = [];
  const cpu = [];
  for (let i = 0; i < rounds; i++) {
    const checkpoints = mkdtempSync(join(root, 'alone-'));
    const orders = {
      format: 1,
      run: 'alone',
      attempt: 1,
      checkpoints,
      resume: null,
      checkpointEvery: EVERY,
      validateEvery: 0,
      validateFirst: false,
      skip: [],
      graceMs: 1_000,
      production: null,
    };
    let began = performance.now();
    const child = spawn(command[0], command.slice(1), {
      env: { ...process.env, EVENKEEL_TRAINER: JSON.stringify(orders) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await new Promise((done) => child.once('exit', done));
    alone.push(performance.now() - began);
    const id = await begin(command, { ...PLAN, checkpointEvery: 100 });
    began = performance.now();
    const usedBefore = process.cpuUsage();
    const record = await (await superviseLocal(runs, id, processHost({ command, limits: {} }))).finished;
    under.push(performance.now() - began);
    const used = process.cpuUsage(usedBefore);
    cpu.push((used.user + used.system) / 1_000 / (performance.now() - began));
    active.push(trainingFigures(record, Date.now()).goodput);
  }
  const least = (list) => Math.min(...list);
  return { alone: least(alone), under: least(under), goodput: Math.max(...active), cpu: least(cpu) };
}

const rows = [];
const speed = [];
for (const name of Object.keys(trainers)) {
  if (values.only !== undefined && values.only !== name) continue;
  const expected = await unbroken(trainers[name](0));
  const slow = trainers[name](2);
  if (Number(values.trainer) > 0)
    rows.push([name, 'trainer', await killTrainers(slow, Number(values.trainer), expected)]);
  if (Number(values.supervisor) > 0)
    rows.push([name, 'supervisor', await killSupervisors(slow, Number(values.supervisor), expected)]);
  if (Number(values.overhead) > 0) speed.push([name, await overhead(name, Number(values.overhead))]);
}
console.log(
  '| trainer | killed | kills | runs | byte-identical | steps lost, most at once (interval + 1 = 21) | resumes good | acknowledged lost |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const [name, who, t] of rows)
  console.log(
    `| ${name} | ${who} | ${t.kills} | ${t.runs} | ${t.identical} | ${t.mostLost} | ${t.good} of ${t.resumes} | ${t.acknowledged === undefined ? '-' : `${t.acknowledgedLost} of ${t.acknowledged}`} |`,
  );
console.log('\n| trainer | alone | supervised | overhead | processor time of the supervisor | goodput |');
console.log('|---|---|---|---|---|---|');
for (const [name, t] of speed)
  console.log(
    `| ${name} | ${(t.alone / 1_000).toFixed(2)} s | ${(t.under / 1_000).toFixed(2)} s | ${((100 * (t.under - t.alone)) / t.alone).toFixed(1)} % | ${(100 * t.cpu).toFixed(1)} % of a core | ${(100 * t.goodput).toFixed(1)} % |`,
  );
rmSync(root, { recursive: true, force: true });
if (rows.some(([, , t]) => t.identical !== t.runs || t.mostLost > EVERY + 1 || (t.acknowledgedLost ?? 0) > 0))
  process.exitCode = 1;
