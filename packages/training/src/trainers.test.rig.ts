// What the end-to-end tests share: real trainers in temporary directories, killed for real.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TrainingPlan, TrainingRun } from '@evenkeel/core';
// biome-ignore lint/correctness/noUndeclaredDependencies: tests compile the example with the workspace's compiler
import ts from 'typescript';
import { createRun, type LocalSupervision, superviseLocal } from './local-run.ts';
import { processHost } from './process-host.ts';
import type { Supervision, TrainingIncident } from './supervise-types.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../../examples/training');

export const PYTHON = '/usr/bin/python3';

/** Whether Debian's numpy is here. Where it is not, tests are skipped loudly; with CI=true that is a failure. */
export function hasNumpy(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI === 'true')
      throw new Error('the tests of training need numpy: apt-get install python3-numpy');
    console.warn('SKIPPED: numpy trainer (apt-get install python3-numpy)');
    return false;
  }
}

export const workspace = (): string => mkdtempSync(join(tmpdir(), 'evenkeel-training-'));

/** Compiles the example's TypeScript trainer, and gives its command. */
export function typescriptTrainer(root: string, settings: object = {}): [string, ...string[]] {
  const out = join(root, 'trainer');
  mkdirSync(out, { recursive: true });
  for (const name of ['client', 'train']) {
    const source = readFileSync(join(EXAMPLE, 'src', `${name}.ts`), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        rewriteRelativeImportExtensions: true,
      },
    });
    writeFileSync(join(out, `${name}.js`), outputText);
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  return [process.execPath, join(out, 'train.js'), JSON.stringify(settings)];
}

export const numpyTrainer = (settings: object = {}): [string, ...string[]] => [
  PYTHON,
  join(EXAMPLE, 'train.py'),
  JSON.stringify(settings),
];

export const shell = (script: string): [string, ...string[]] => ['/bin/sh', '-c', script];

/** A plan that makes a test take a second. */
export const QUICK: Partial<TrainingPlan> = {
  checkpointEvery: 20,
  backoff: { baseMs: 1, maxMs: 5 },
  graceMs: 3_000,
  hang: { factor: 10, floorMs: 1_000, startMs: 20_000 },
};

export interface Started {
  readonly id: string;
  readonly dir: string;
  readonly supervision: Supervision;
  readonly incidents: readonly TrainingIncident[];
}

export async function startRun(
  root: string,
  command: [string, ...string[]],
  plan: Partial<TrainingPlan> = {},
  more: LocalSupervision = {},
): Promise<Started> {
  const runs = join(root, 'runs');
  const record = await createRun(runs, { name: 'test', trainer: command, plan: { ...QUICK, ...plan } });
  return resumeRun(root, record.id, command, plan, more);
}

export async function resumeRun(
  root: string,
  id: string,
  command: [string, ...string[]],
  plan: Partial<TrainingPlan> = {},
  more: LocalSupervision = {},
): Promise<Started> {
  const runs = join(root, 'runs');
  const incidents: TrainingIncident[] = [];
  const host = processHost({ command, limits: plan.limits ?? {} });
  const supervision = await superviseLocal(runs, id, host, {
    tickMs: 50,
    onIncident: (incident) => incidents.push(incident),
    ...more,
  });
  return { id, dir: join(runs, id), supervision, incidents };
}

/** Digest of all files of a checkpoint, the manifest apart: equal weights, optimiser, order and random numbers. */
export function digest(dir: string, name: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(join(dir, 'checkpoints', name)).sort()) {
    if (file === 'MANIFEST.json') continue;
    hash.update(file).update(readFileSync(join(dir, 'checkpoints', name, file)));
  }
  return hash.digest('hex');
}

/** Resolves when the run has made `step` steps. */
export async function reached(run: Started, step: number): Promise<TrainingRun> {
  for (let i = 0; i < 2_000; i++) {
    const record = run.supervision.record();
    if (record.step >= step || record.endedAt !== undefined) return record;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`the run did not reach step ${step}`);
}
