import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { markedWith } from './processes.ts';
import {
  hasNumpy,
  numpyTrainer,
  reached,
  shell,
  startRun,
  typescriptTrainer,
  workspace,
} from './trainers.test.rig.ts';

const root = workspace();
afterAll(() => rmSync(root, { recursive: true, force: true }));

const step = (n: number, loss: string | number = 1): string =>
  `echo '{"t":"step","step":${n},"loss":${loss}}'`;

describe('a rough trainer', () => {
  it('that ignores TERM ends within its grace and a second', async () => {
    const run = await startRun(root, shell(`trap '' TERM; ${step(0)}; while :; do sleep 0.1; done`), {
      graceMs: 500,
    });
    await reached(run, 1);
    const began = performance.now();
    run.supervision.stop('a test');
    expect(await run.supervision.finished).toMatchObject({ phase: 'stopped' });
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(markedWith(run.id)).toEqual([]);
  });

  it('that hangs is ended, retried, and named in the incident', async () => {
    const run = await startRun(root, shell(`${step(0)}; ${step(1)}; exec sleep 60`), {
      maxRetries: 1,
      graceMs: 200,
      hang: { factor: 10, floorMs: 300, startMs: 5_000 },
    });
    expect(await run.supervision.finished).toMatchObject({ phase: 'failed', attempt: 2, retries: 1 });
    expect(run.incidents).toMatchObject([{ type: 'training_failure', fault: { kind: 'hang' } }]);
  });

  it('takes its grandchildren along, those that left its group too', async () => {
    const bomb =
      'f() { for i in 1 2 3; do (sleep 60 & [ $1 -gt 0 ] && f $(($1 - 1)); wait) & done; wait; }; f 2 &';
    const run = await startRun(root, shell(`${bomb} setsid sleep 60 & ${step(0)}; wait`), { graceMs: 100 });
    await reached(run, 1);
    for (let i = 0; i < 100 && markedWith(run.id).length < 40; i++)
      await new Promise((done) => setTimeout(done, 20));
    expect(markedWith(run.id).length).toBeGreaterThan(40);
    run.supervision.stop('a test');
    await run.supervision.finished;
    expect(markedWith(run.id)).toEqual([]);
  });

  it('that prints 1 GB without a newline costs no memory', async () => {
    const before = process.memoryUsage().rss;
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    const run = await startRun(root, shell(`${step(0)}; head -c 1000000000 /dev/zero; echo; exit 78`), {
      hang: { factor: 10, floorMs: 1_000, startMs: 100_000 },
    });
    const record = await run.supervision.finished;
    clearInterval(timer);
    expect(record.decisions.some((one) => /line 2: a line of 1000000000 bytes/.test(one.why))).toBe(true);
    expect(peak - before).toBeLessThan(150e6);
  }, 100_000);

  it('that speaks garbage is heard where it makes sense, and each error names its line', async () => {
    const run = await startRun(
      root,
      shell(
        `echo 'Epoch 1 of 3'; ${step(0)}; echo '{"t":"step","st'; echo '{"t":"step","step":"1","loss":1}'; ${step(3)}; ${step(2)}; exit 78`,
      ),
    );
    const record = await run.supervision.finished;
    const heard = record.decisions.filter((one) => one.what === 'hear nonsense').map((one) => one.why);
    expect(heard).toHaveLength(3);
    expect(heard[0]).toMatch(/^line 3: not JSON/);
    expect(heard[1]).toMatch(/^line 4: step: /);
    expect(heard[2]).toMatch(/step 2, but 4 is next: steps do not go backwards/);
    expect(record).toMatchObject({
      phase: 'failed',
      step: 4,
      reason: expect.stringContaining('settings are wrong'),
    });
    expect(readFileSync(join(run.dir, 'trainer.log'), 'utf8')).toContain('Epoch 1 of 3');
  });

  it('that goes on speaking nonsense fails', async () => {
    const nonsense = `while :; do echo '{"t":"?"}'; sleep 0.01; done`;
    const run = await startRun(root, shell(nonsense), { maxRetries: 0 });
    expect(await run.supervision.finished).toMatchObject({
      phase: 'failed',
      lastFault: { kind: 'protocol' },
    });
  });

  it('whose checkpoint lies elsewhere, or is not what it says, is refused and resumes from nothing of it', async () => {
    const outside = join(root, 'outside');
    const python = `D=$(echo "$EVENKEEL_TRAINER" | sed 's/.*"checkpoints":"\\([^"]*\\)".*/\\1/')`;
    const lie = `mkdir $D/step-00000020; echo x > $D/step-00000020/w; echo '{"format":1,"step":20,"files":[{"path":"w","bytes":2,"sha256":"${'0'.repeat(64)}"}]}' > $D/step-00000020/MANIFEST.json`;
    const events = `echo '{"t":"checkpoint","step":20,"path":"${outside}"}'; echo '{"t":"checkpoint","step":20,"path":"../x"}'; echo '{"t":"checkpoint","step":20,"path":"step-00000020"}'`;
    const run = await startRun(root, shell(`${python}; ${step(19)}; ${lie}; ${events}; sleep 0.3; exit 1`), {
      maxRetries: 0,
    });
    const record = await run.supervision.finished;
    expect(record).toMatchObject({ phase: 'failed', checkpoints: [] });
    const refused = record.decisions
      .filter((one) => one.what === 'refuse a checkpoint')
      .map((one) => one.why);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatch(/not directly inside/);
    expect(refused[2]).toMatch(/sha256 differs; set aside as .corrupt-step-00000020/);
  });

  it('may leave sealing to us', async () => {
    const python = `D=$(echo "$EVENKEEL_TRAINER" | sed 's/.*"checkpoints":"\\([^"]*\\)".*/\\1/')`;
    const save = `mkdir $D/.tmp-a; echo weights > $D/.tmp-a/w; echo '{"t":"checkpoint","step":1,"path":".tmp-a"}'`;
    const run = await startRun(root, shell(`${python}; ${step(0)}; ${save}; echo '{"t":"done","step":1}'`));
    expect(await run.supervision.finished).toMatchObject({ phase: 'succeeded', result: 'step-00000001' });
    expect(existsSync(join(run.dir, 'checkpoints', 'step-00000001', 'MANIFEST.json'))).toBe(true);
  });

  it('that trained nothing has not succeeded, nor has one whose command cannot be run, nor one that says exit 0 too early', async () => {
    const zero = await startRun(root, shell(`echo '{"t":"done","step":0}'`));
    expect(await zero.supervision.finished).toMatchObject({
      phase: 'failed',
      reason: expect.stringContaining('zero steps'),
    });
    const none = await startRun(root, ['/no/such/command']);
    expect(await none.supervision.finished).toMatchObject({
      phase: 'failed',
      attempt: 1,
      lastFault: { kind: 'not_startable' },
    });
    const early = await startRun(root, shell(step(0)), { maxRetries: 0 });
    expect(await early.supervision.finished).toMatchObject({
      phase: 'failed',
      reason: expect.stringContaining('without "done"'),
    });
  });

  it('that takes too much memory or CPU time is ended for it', async () => {
    const eat = [
      process.execPath,
      '-e',
      `console.log('{"t":"step","step":0,"loss":1}'); const a = []; setInterval(() => a.push(Buffer.alloc(2e7, 1)), 20)`,
    ];
    const memory = await startRun(root, [process.execPath, ...eat.slice(1)], {
      maxRetries: 0,
      limits: { memoryBytes: 300e6 },
    });
    expect(await memory.supervision.finished).toMatchObject({ lastFault: { kind: 'memory' } });
    const cpu = await startRun(root, shell(`${step(0)}; while :; do :; done`), {
      limits: { cpuMs: 500 },
      graceMs: 100,
    });
    expect(await cpu.supervision.finished).toMatchObject({ phase: 'failed', lastFault: { kind: 'cpu' } });
  });

  it('that is not finished in time fails with its last checkpoint', async () => {
    const run = await startRun(root, typescriptTrainer(root, { stepMs: 5 }), { timeoutMs: 1_200 });
    const record = await run.supervision.finished;
    expect(record).toMatchObject({ phase: 'rolled_back', lastFault: { kind: 'timeout' } });
    // The final checkpoint was saved in the grace.
    expect(record.result).toBe(`step-${String(record.step).padStart(8, '0')}`);
  });
});

describe('a run directory', () => {
  it('of a later version is refused, and so is a second supervisor', async () => {
    const run = await startRun(root, typescriptTrainer(root, { stepMs: 3 }));
    await reached(run, 30);
    const { resumeRun } = await import('./trainers.test.rig.ts');
    await expect(resumeRun(root, run.id, shell('true'))).rejects.toThrow(
      /another supervisor has this run: process/,
    );
    run.supervision.stop('a test');
    await run.supervision.finished;
    const file = join(run.dir, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"format":1', '"format":2'));
    await expect(resumeRun(root, run.id, shell('true'))).rejects.toThrow(/written by a later version/);
  });
});

describe.runIf(hasNumpy())('anomalies of the numpy trainer', () => {
  it('finds a poisoned batch of ordinary loss at its step, goes back, skips it, and ends as well as the clean run', async () => {
    const accuracy = (metrics: Readonly<Record<string, number>> | undefined): number =>
      metrics?.accuracy ?? Number.NaN;
    const clean = await startRun(root, numpyTrainer());
    const good = await clean.supervision.finished;
    const run = await startRun(root, numpyTrainer({ poison: 147 }));
    const record = await run.supervision.finished;
    expect(record).toMatchObject({
      phase: 'succeeded',
      rollbacks: 1,
      retries: 0,
      skip: [{ from: 145, to: 149 }],
    });
    expect(record.lastFault).toMatchObject({ kind: 'anomaly', before: 147 });
    const last = (of: typeof record): number =>
      accuracy(of.checkpoints.find((note) => note.name === of.result)?.metrics);
    expect(Math.abs(last(record) - last(good))).toBeLessThanOrEqual(0.001);
  });

  it('goes back for NaN, which Python writes as no JSON', async () => {
    const run = await startRun(root, numpyTrainer({ nan: 60 }));
    const record = await run.supervision.finished;
    expect(record).toMatchObject({
      phase: 'succeeded',
      rollbacks: 1,
      lastFault: { kind: 'anomaly', before: 60 },
    });
  });
});
