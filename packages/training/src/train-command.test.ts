import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newTrainingRun, trainingPlan } from '@evenkeel/core';
import { afterAll, describe, expect, it } from 'vitest';
import { createRun } from './local-run.ts';
import { markedWith } from './processes.ts';
import { progressText } from './run-line.ts';
import { fileRecords } from './run-records.ts';
import {
  type TrainOptions,
  trainCommand,
  trainListCommand,
  trainLogsCommand,
  trainResumeCommand,
  trainShowCommand,
  trainStopCommand,
} from './train-command.ts';
import { QUICK, shell, typescriptTrainer, workspace } from './trainers.test.rig.ts';

const root = workspace();
afterAll(() => rmSync(root, { recursive: true, force: true }));

function captured(
  json = false,
): TrainOptions & { readonly text: () => string; readonly errors: () => string } {
  const out: string[] = [];
  const err: string[] = [];
  return {
    root: join(root, 'runs'),
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    json,
    supervision: { tickMs: 20 },
    text: () => out.join('\n'),
    errors: () => err.join('\n'),
  };
}

describe('train', () => {
  it('trains, and lists, shows and prints what it did, as text and as JSON', async () => {
    const run = captured();
    const code = await trainCommand(
      { command: typescriptTrainer(root, { steps: 60 }), name: 'rings', plan: QUICK },
      run,
    );
    expect(code).toBe(0);
    expect(run.text()).toMatch(/run-\w+ succeeded: the final model passed/);
    const [kept] = await fileRecords(run.root).list();
    const id = kept?.record.id ?? '';
    const list = captured(true);
    expect(await trainListCommand(list)).toBe(0);
    expect(JSON.parse(list.text())).toMatchObject([{ id, phase: 'succeeded', step: 60, totalSteps: 60 }]);
    const show = captured();
    await trainShowCommand(id, show);
    expect(show.text()).toMatch(/goodput +\d/);
    expect(show.text()).toMatch(/step-00000060 +unjudged|step-00000060 +passed/);
    const logs = captured();
    await trainLogsCommand(id, logs);
    expect(logs.text()).toMatch(/the trainer is gone: exit 0/);
    const again = captured();
    expect(await trainResumeCommand(id, again)).toBe(1);
    expect(again.errors()).toMatch(/has ended \(succeeded\)/);
  });

  it('says what is wrong, in one line', async () => {
    const run = captured();
    expect(await trainCommand({ command: [], name: 'x', plan: {} }, run)).toBe(1);
    expect(run.errors()).toMatch(/name the trainer after --/);
    const wrong = captured(true);
    expect(await trainCommand({ command: shell('true'), name: 'x', plan: { maxRetries: -1 } }, wrong)).toBe(
      1,
    );
    expect(JSON.parse(wrong.text())).toEqual({
      error: 'bad_request',
      detail: 'maxRetries is a whole number from 0, not -1',
    });
    const none = captured();
    expect(await trainShowCommand('run-nothing', none)).toBe(1);
    expect(none.errors()).toMatch(/there is no run run-nothing/);
    const path = captured();
    expect(await trainShowCommand('../../etc', path)).toBe(1);
    const failed = captured();
    expect(await trainCommand({ command: shell('exit 78'), name: 'x', plan: QUICK }, failed)).toBe(1);
    expect(failed.errors()).toMatch(/incident training_failure: training of x failed: exit 78/);
  });

  it('draws its progress', () => {
    const record = {
      ...newTrainingRun({ id: 'run-1', name: 'x', trainer: ['t'], plan: trainingPlan(), at: 0 }),
      totalSteps: 400,
      medianStepMs: 10,
      lastCheckpointAt: 55_000,
      phase: 'running' as const,
    };
    expect(progressText({ record, step: 100, loss: 0.1234567 }, 60_000)).toBe(
      '[█████               ]  25 %  step 100/400  loss 0.1235  100 steps/s  3s left  saved 5s ago  running',
    );
  });
});

describe('a supervisor that is killed', () => {
  it('leaves a run that the next one takes over, ending the orphan first, with nothing lost', async () => {
    const options = captured();
    const command = typescriptTrainer(root, { steps: 200, stepMs: 4 });
    const { id } = await createRun(options.root, { name: 'orphan', trainer: command, plan: QUICK });
    // A supervisor of its own, in a process that holds the fence and dies with its trainer running.
    const script = `
      import { spawn } from 'node:child_process';
      import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
      const dir = ${JSON.stringify(join(options.root, id))};
      const stat = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
      mkdirSync(dir + '/fence', { recursive: true });
      mkdirSync(dir + '/checkpoints', { recursive: true });
      writeFileSync(dir + '/fence/00000001', JSON.stringify({ pid: process.pid, startTicks: Number(stat[19]), host: ${JSON.stringify((await import('node:os')).hostname())}, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() }));
      const orders = { format: 1, run: ${JSON.stringify(id)}, attempt: 1, checkpoints: dir + '/checkpoints', resume: null, checkpointEvery: 20, validateEvery: 0, validateFirst: false, skip: [], graceMs: 1000, production: null };
      const child = spawn(${JSON.stringify(command[0])}, ${JSON.stringify(command.slice(1))}, { detached: true, stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, EVENKEEL_TRAINER: JSON.stringify(orders), EVENKEEL_RUN: ${JSON.stringify(id)} + '/1' } });
      child.stdout.on('data', (chunk) => process.stdout.write(chunk));
    `;
    const first = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => {
      let text = '';
      first.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('"step":50,')) resolve();
      });
    });
    await expect(trainResumeCommand(id, options)).resolves.toBe(1);
    expect(options.errors()).toMatch(new RegExp(`another supervisor has this run: process ${first.pid}`));
    const gone = new Promise((resolve) => first.once('exit', resolve));
    first.kill('SIGKILL');
    await gone;
    expect(await trainResumeCommand(id, options)).toBe(0);
    const record = (await fileRecords(options.root).load(id))?.record;
    expect(record?.decisions[0]?.what).toMatch(/end orphans|take over/);
    expect(record).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(record?.resumedFrom).toBeGreaterThanOrEqual(40);
    expect(markedWith(id)).toEqual([]);
    expect(readFileSync(join(options.root, id, 'fence', '00000002'), 'utf8')).toBe('released');
    const stop = captured();
    expect(await trainStopCommand(id, stop)).toBe(0);
    expect(stop.text()).toMatch(/has ended: succeeded/);
  });
});
