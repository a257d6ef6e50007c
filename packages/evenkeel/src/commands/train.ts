import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describeError, EvenkeelError, idMaker, type ModelGate, type TrainingPlan } from '@evenkeel/core';
import {
  fileRecords,
  type ReportingRecords,
  reportingRecords,
  type TrainOptions,
  trainListCommand,
  trainLogsCommand,
  trainResumeCommand,
  trainCommand as trainRun,
  trainShowCommand,
  trainStopCommand,
} from '@evenkeel/training';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { apiClient, remoteFrom } from '../api-client.ts';
import { modelPath } from './models.ts';

/** Milliseconds that the end of a run waits for the control plane to hear of it. */
const FLUSH_MS = 5_000;

const metric = z.string().min(1).max(200);
const direction = z.enum(['higher', 'lower']);
const common = {
  eachSegment: z.boolean().optional(),
  confidence: z.number().gt(0).lt(1).optional(),
  minimumExamples: z.int().min(1).optional(),
};
const gatesFile = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('threshold'), metric, direction, limit: z.number(), ...common }),
    z.strictObject({
      kind: z.literal('against_production'),
      metric,
      direction,
      tolerance: z.number().min(0),
      segmentTolerance: z.number().min(0).optional(),
      ...common,
    }),
    z.strictObject({ kind: z.literal('latency'), limitMs: z.number().gt(0), metric: metric.optional() }),
    z.strictObject({ kind: z.literal('size'), limitBytes: z.number().gt(0) }),
  ]),
);

/** @throws EvenkeelError bad_request with every mistake of the file */
function readGates(file: string): readonly ModelGate[] {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new EvenkeelError('bad_request', `${file}: ${describeError(error)}`);
  }
  const parsed = gatesFile.safeParse(raw);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new EvenkeelError('bad_request', `${file}: ${wrong.join('; ')}`);
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a whole number from 0');
}

/** The commit that trains, `-dirty` where files were changed since; undefined outside of a repository. */
async function commitHere(): Promise<string | undefined> {
  try {
    const run = promisify(execFile);
    const { stdout } = await run('git', ['describe', '--always', '--dirty', '--abbrev=40', '--exclude', '*']);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

function modelOf(text: string): { readonly service: string; readonly model: string } {
  const [service, model, ...more] = text.split('/');
  if (service === undefined || service === '' || model === undefined || model === '' || more.length > 0)
    throw new InvalidArgumentError('expected SERVICE/MODEL, such as moderation/simple');
  return { service, model };
}

const api = apiClient(remoteFrom(process.env));

function recordsOf(root: string, quiet: boolean): ReportingRecords {
  return reportingRecords(fileRecords(root), {
    root,
    host: hostname(),
    send: async (report) => {
      await api.send('PUT', `/api/v1/runs/${encodeURIComponent(report.record.id)}`, report);
    },
    onProblem(problem) {
      if (quiet) return;
      console.error(
        problem === undefined
          ? 'the control plane hears of this run again'
          : `the control plane does not hear of this run (${problem}); training goes on`,
      );
    },
  });
}

function optionsOf(command: Command): TrainOptions & { readonly records: ReportingRecords } {
  const { json = false, runs } = command.optsWithGlobals<{ json?: boolean; runs: string }>();
  const terminal = process.stderr.isTTY === true;
  return {
    root: runs,
    json,
    records: recordsOf(runs, json),
    out: (text) => console.log(text),
    err: (text) => console.error(text),
    ...(terminal ? { redraw: (text: string) => void process.stderr.write(`\r\x1b[2K${text}`) } : {}),
  };
}

const production = z.object({ version: z.object({ artifact: z.object({ uri: z.string() }) }).optional() });

/** Weights in production, to be compared with: named by hand, or as the registry knows them. */
async function productionOf(
  named: string | undefined,
  target: { readonly service: string; readonly model: string } | undefined,
): Promise<string | undefined> {
  if (named !== undefined) return resolve(named);
  if (target === undefined) return undefined;
  const answer = production.parse(await api.get(`${modelPath(target.service, target.model)}/production`));
  const uri = answer.version?.artifact.uri;
  // A version of the service's file is known to its trainer, if to anybody.
  return uri?.startsWith('/') === true ? uri : undefined;
}

interface TrainFlags {
  readonly name: string | undefined;
  readonly service: string | undefined;
  readonly register: { readonly service: string; readonly model: string } | undefined;
  readonly version: string | undefined;
  readonly checkpointEvery: number | undefined;
  readonly maxRetries: number | undefined;
  readonly rollback: boolean;
  readonly gates: string | undefined;
  readonly production: string | undefined;
  readonly codeVersion: string | undefined;
}

function planOf(flags: TrainFlags): Partial<TrainingPlan> {
  return {
    ...(flags.checkpointEvery === undefined ? {} : { checkpointEvery: flags.checkpointEvery }),
    ...(flags.maxRetries === undefined ? {} : { maxRetries: flags.maxRetries }),
    ...(flags.gates === undefined ? {} : { gates: readGates(flags.gates) }),
    rollbackOnFailure: flags.rollback,
  };
}

const registered = z.object({ version: z.string(), reason: z.string() });

async function train(command: readonly string[], flags: TrainFlags, own: Command): Promise<number> {
  const options = optionsOf(own);
  const { register } = flags;
  const uri = await productionOf(flags.production, register);
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const id = idMaker('run', clock, Math.random)();
  const code = await trainRun(
    {
      command,
      id,
      name: flags.name ?? register?.model ?? 'run',
      service: flags.service ?? register?.service,
      cwd: process.cwd(),
      plan: planOf(flags),
      codeVersion: flags.codeVersion ?? (await commitHere()),
    },
    { ...options, supervision: { production: async () => uri } },
  );
  await options.records.flush(FLUSH_MS);
  if (code !== 0 || register === undefined) return code;
  const version = registered.parse(
    await api.send('POST', `${modelPath(register.service, register.model)}/versions`, {
      run: id,
      ...(flags.version === undefined ? {} : { version: flags.version }),
    }),
  );
  options.out(
    options.json
      ? JSON.stringify({ registered: version.version })
      : `registered ${register.service}/${register.model} ${version.version}: ${version.reason}`,
  );
  return code;
}

/** `evenkeel train -- COMMAND…`, and the commands about runs. */
export function trainCommand(program: Command): void {
  const root = program
    .command('train')
    .description('supervise a training run: any command that speaks the trainer protocol')
    .argument('[command...]', 'the trainer and its arguments, after --')
    .option('--runs <dir>', 'directory of runs', '.evenkeel/runs')
    .option('--name <name>', 'what is trained')
    .option('--service <name>', 'the service whose incidents and objectives the run belongs to')
    .option('--register <service/model>', 'register the result as a candidate of this model', modelOf)
    .option('--as <version>', 'name of that version; the next number when left out')
    .option('--checkpoint-every <steps>', 'steps between checkpoints', whole)
    .option('--max-retries <n>', 'retries, not attempts', whole)
    .option('--no-rollback', 'a run that fails has no result, not its last good checkpoint')
    .option('--gates <file>', 'JSON with the gates that checkpoints and the result must pass')
    .option('--production <path>', 'weights to compare with; those in production when it is registered')
    .option('--code-version <text>', 'what trained it; the commit when left out')
    .addHelpText(
      'after',
      '\nExamples:\n  evenkeel train --name rings -- python3 train.py\n  evenkeel train --register moderation/simple --gates gates.json -- node train.js\n  evenkeel train list',
    )
    .action(async (words: string[], flags: TrainFlags & { readonly as?: string }, own: Command) => {
      if (words.length === 0)
        own.error('error: name the trainer after --, such as: evenkeel train -- python3 train.py');
      process.exitCode = await train(words, { ...flags, version: flags.as }, own);
    });
  root
    .command('list')
    .description('runs of this machine, newest first')
    .action(async (_, own: Command) => {
      process.exitCode = await trainListCommand(optionsOf(own));
    });
  root
    .command('show')
    .description('one run: where it stands, its checkpoints, every decision and its reason')
    .argument('<run>')
    .action(async (id: string, _, own: Command) => {
      process.exitCode = await trainShowCommand(id, optionsOf(own));
    });
  root
    .command('logs')
    .description('the end of what the trainer printed')
    .argument('<run>')
    .option('--lines <n>', 'lines at most', whole, 200)
    .action(async (id: string, flags: { lines: number }, own: Command) => {
      process.exitCode = await trainLogsCommand(id, optionsOf(own), flags.lines);
    });
  root
    .command('stop')
    .description('ask for a last checkpoint and end; can be resumed')
    .argument('<run>')
    .action(async (id: string, _, own: Command) => {
      process.exitCode = await trainStopCommand(id, optionsOf(own));
    });
  root
    .command('resume')
    .description('go on with a run that was stopped, or whose supervisor died')
    .argument('<run>')
    .action(async (id: string, _, own: Command) => {
      const options = optionsOf(own);
      process.exitCode = await trainResumeCommand(id, options);
      await options.records.flush(FLUSH_MS);
    });
}
