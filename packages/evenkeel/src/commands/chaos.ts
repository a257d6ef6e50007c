import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatProblems } from '@evenkeel/config';
import { EvenkeelError } from '@evenkeel/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { percent, span, table } from '../output.ts';
import { dryRun, listed, run, type ShownArm, type ShownRun } from './chaos-shape.ts';

/** Exit codes of a run that is over: 0 only when everything expected was seen. */
const CODES: Readonly<Record<string, number>> = {
  completed: 0,
  failed: 2,
  aborted: 3,
  interrupted: 3,
  inconclusive: 4,
};
const POLL_MS = 1_000;
const path = (text: string): string => encodeURIComponent(text);

function stands({ status, phase }: Pick<ShownRun, 'status' | 'phase'>): string {
  return status ?? phase;
}

function armRow(name: string, arm: ShownArm): string[] {
  const ms = (value: number | null | undefined): string => (value == null ? '–' : `${Math.round(value)} ms`);
  return [
    name,
    String(arm.requests),
    percent(arm.error_share),
    percent(arm.refused_share),
    percent(arm.degraded_share),
    percent(arm.slow_share),
    ms(arm.p50_ms),
    ms(arm.p99_ms),
  ];
}

/** A run for people: verdict first, then what it stands on. */
export function runPage(one: ShownRun, { columns, paint }: Pick<CliContext, 'columns' | 'paint'>): string {
  const state = stands(one);
  const style = state === 'completed' ? 'green' : state === 'failed' ? 'red' : 'yellow';
  const parts = [
    `${one.id}  ${one.experiment} on ${one.service}  ${paint(style, state)}`,
    one.reason === '' ? `begun ${span(Date.now() - one.started_at)} ago by ${one.by}` : one.reason,
  ];
  if (one.touched !== undefined)
    parts.push(`touched: ${one.touched.words}; ${one.touched.injected} times something was broken`);
  if (one.cohorts !== undefined)
    parts.push(
      table(
        ['arm', 'requests', 'errors', 'refused', 'degraded', 'slow', 'p50', 'p99'],
        [armRow('experiment', one.cohorts.experiment), armRow('control', one.cohorts.control)],
        columns,
      ),
    );
  if (one.checks !== undefined && one.checks.length > 0)
    parts.push(
      table(
        ['check', 'result', 'why'],
        one.checks.map(({ check, status, reason }) => [check, status, reason]),
        columns,
      ),
    );
  if (one.recommendation !== '') parts.push(one.recommendation);
  return parts.join('\n\n');
}

async function started(context: CliContext, what: string, service: string | undefined): Promise<ShownRun> {
  const { api } = context;
  let name = what;
  let of = service;
  if (existsSync(what)) {
    const file = resolve(what);
    // The whole control plane comes with it: only who reads files waits for that.
    const { readEntry } = await import('@evenkeel/control');
    const read = readEntry(readFileSync(file, 'utf8'), {
      path: file,
      service: service ?? '',
      source: 'file',
    });
    if (read.service === '')
      throw new EvenkeelError('bad_request', `${what} names no service: say it with --service`);
    await api.send('PUT', `/api/v1/experiments/${path(read.name)}`, {
      service: read.service,
      text: read.text,
    });
    name = read.name;
    of = read.service;
  }
  const body = of === undefined ? {} : { service: of };
  return run.parse(await api.send('POST', `/api/v1/experiments/${path(name)}/runs`, body));
}

/** Shows the journal as it grows, until the run is over. */
async function followed(context: CliContext, first: ShownRun): Promise<ShownRun> {
  let shown = 0;
  for (let one = first; ; ) {
    const entries = one.journal ?? [];
    if (!context.json)
      for (const { elapsedMs, phase, what, reason } of entries.slice(shown))
        context.print(`${span(elapsedMs).padStart(7)}  ${phase.padEnd(10)}  ${what}: ${reason}`);
    shown = entries.length;
    if (one.status != null) return one;
    await new Promise((done) => setTimeout(done, POLL_MS));
    one = run.parse(await context.api.get(`/api/v1/experiment-runs/${path(one.id)}`));
  }
}

function readCommands(chaos: Command): void {
  chaos
    .command('list', { isDefault: true })
    .description('the catalogue: what can be broken on purpose, and how it went last')
    .option('--service <name>', 'of one service')
    .action(async (options, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const query = options.service === undefined ? '' : `?service=${path(options.service)}`;
      const { experiments } = z
        .object({ experiments: z.array(listed) })
        .parse(await api.get(`/api/v1/experiments${query}`));
      show(experiments, () =>
        table(
          ['experiment', 'service', 'radius', 'for', 'last', 'next', 'what'],
          experiments.map((one) => [
            one.name,
            one.service,
            one.radius?.name ?? '–',
            one.duration_ms == null ? '–' : span(one.duration_ms),
            one.runnable
              ? one.last_run === undefined
                ? 'never'
                : `${stands(one.last_run)} ${span(Date.now() - one.last_run.started_at)} ago`
              : 'cannot be run',
            one.next_at == null ? '–' : `in ${span(one.next_at - Date.now())}`,
            one.title,
          ]),
          columns,
        ),
      );
    });
  chaos
    .command('show')
    .description('one experiment of the catalogue, or one run by its id')
    .argument('<name>', 'name of an experiment, or id of a run (xr-…)')
    .option('--service <name>', 'where several services have one of this name')
    .action(async (name: string, options, command: Command) => {
      const context = cliContext(command);
      if (name.startsWith('xr-')) {
        const one = run.parse(await context.api.get(`/api/v1/experiment-runs/${path(name)}`));
        context.show(one, () => runPage(one, context));
        return;
      }
      const query = options.service === undefined ? '' : `?service=${path(options.service)}`;
      const whole = z
        .looseObject({ text: z.string() })
        .parse(await context.api.get(`/api/v1/experiments/${path(name)}${query}`));
      context.show(whole, () => whole.text.trimEnd());
    });
  chaos
    .command('runs')
    .description('runs, newest first')
    .argument('[experiment]', 'of one experiment')
    .option('--service <name>', 'of one service')
    .option('--limit <n>', 'at most', Number, 20)
    .action(async (experiment: string | undefined, options, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (experiment !== undefined) query.set('experiment', experiment);
      if (options.service !== undefined) query.set('service', options.service);
      const { runs } = z
        .object({ runs: z.array(run) })
        .parse(await api.get(`/api/v1/experiment-runs?${query.toString()}`));
      show(runs, () =>
        table(
          ['id', 'experiment', 'service', 'state', 'begun', 'by', 'why'],
          runs.map((one) => [
            one.id,
            one.experiment,
            one.service,
            stands(one),
            `${span(Date.now() - one.started_at)} ago`,
            one.by,
            one.reason,
          ]),
          columns,
        ),
      );
    });
  chaos
    .command('journal')
    .description('what happened in a run, step by step')
    .argument('<run>', 'its id')
    .option('--toolkit', 'as the Chaos Toolkit writes it')
    .action(async (id: string, options, command: Command) => {
      const context = cliContext(command);
      if (options.toolkit === true) {
        const journal = await context.api.get(`/api/v1/experiment-runs/${path(id)}/journal`);
        context.print(JSON.stringify(journal, null, 2));
        return;
      }
      const { journal = [] } = run.parse(await context.api.get(`/api/v1/experiment-runs/${path(id)}`));
      context.show(journal, () =>
        table(
          ['at', 'phase', 'what', 'why'],
          journal.map((one) => [span(one.elapsedMs), one.phase, one.what, one.reason]),
          context.columns,
        ),
      );
    });
}

function actCommands(chaos: Command): void {
  chaos
    .command('run')
    .description(
      'run an experiment to its end; exit code 2 when it failed, 3 when it was aborted, 4 when it is inconclusive',
    )
    .argument('<experiment>', 'its name in the catalogue, or a file, ours or the Chaos Toolkit’s')
    .option('--service <name>', 'the service; needed for a file of the Chaos Toolkit')
    .option('--dry-run', 'only say what it would do, and whom it would touch')
    .option('--no-wait', 'do not wait for its end')
    .addHelpText('after', '\nExample:\n  evenkeel chaos run feature_store_latency_spike')
    .action(async (what: string, options, command: Command) => {
      const context = cliContext(command);
      if (options.dryRun === true) {
        const query = options.service === undefined ? '' : `?service=${path(options.service)}`;
        const dry = dryRun.parse(await context.api.get(`/api/v1/experiments/${path(what)}/dry-run${query}`));
        const { preview, findings, steps } = dry;
        context.show(dry, () =>
          [
            ...steps,
            `whom: ${percent(preview.share)} of the last ${preview.requests} requests, ${preview.users} users${preview.expected == null ? '' : `; about ${preview.expected} requests while it lasts`}`,
            ...(findings.length === 0
              ? ['it would start now']
              : findings.map(({ reason }) => `it would not start: ${reason}`)),
          ].join('\n'),
        );
        process.exitCode = findings.length === 0 ? 0 : 3;
        return;
      }
      const first = await started(context, what, options.service);
      if (options.wait === false) {
        context.show(first, () => first.id);
        return;
      }
      const last = await followed(context, first);
      context.show(last, () => `\n${runPage(last, context)}`);
      process.exitCode = CODES[last.status ?? ''] ?? 1;
    });
  chaos
    .command('abort')
    .description('stop a run and undo it, at once')
    .argument('<run>', 'its id')
    .option('--reason <text>', 'why')
    .action(async (id: string, options, command: Command) => {
      const context = cliContext(command);
      const body = options.reason === undefined ? {} : { reason: options.reason };
      const one = run.parse(
        await context.api.send('POST', `/api/v1/experiment-runs/${path(id)}/abort`, body),
      );
      context.show(one, () => `${one.id}: ${stands(one)}`);
    });
  chaos
    .command('halt')
    .description('stop everything that runs, at once')
    .option('--service <name>', 'of one service')
    .option('--reason <text>', 'why')
    .action(async (options, command: Command) => {
      const { api, show } = cliContext(command);
      const body = {
        ...(options.service === undefined ? {} : { service: options.service }),
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      };
      const { halted } = z
        .object({ halted: z.array(z.string()) })
        .parse(await api.send('POST', '/api/v1/experiments/halt-all', body));
      show(halted, () => (halted.length === 0 ? 'nothing was running' : `halted: ${halted.join(', ')}`));
    });
  chaos
    .command('check')
    .description('read experiment files, ours or the Chaos Toolkit’s; every mistake with its line')
    .argument('<file...>', 'the files')
    .option('--service <name>', 'the service, for files that name none', 'service')
    .action(async (files: string[], options, command: Command) => {
      const { json, print } = cliContext(command);
      const { readEntry } = await import('@evenkeel/control');
      const read = files.map((file) => {
        const text = readFileSync(file, 'utf8');
        return { file, entry: readEntry(text, { path: file, service: options.service, source: 'file' }) };
      });
      if (json)
        print(
          JSON.stringify(
            read.map(({ file, entry: { name, format, experiment, problems, refusals, warnings } }) => ({
              file,
              name,
              format,
              runnable: experiment !== undefined,
              problems,
              refusals,
              warnings,
            })),
            null,
            2,
          ),
        );
      else
        for (const { file, entry } of read) {
          if (entry.problems.length > 0)
            print(formatProblems(entry.problems, { color: false, source: entry.text }));
          else if (entry.experiment === undefined) print(`${file}: is not run: ${entry.refusals.join('; ')}`);
          else print(`${file}: experiment ${entry.name} on ${entry.service} is well described`);
          for (const warning of entry.warnings) print(`${file}: ${warning}`);
        }
      if (read.some(({ entry }) => entry.experiment === undefined)) process.exitCode = 1;
    });
}

/** `chaos`: breaking it on purpose, safely. */
export function chaosCommand(program: Command): void {
  const chaos = program.command('chaos').description('experiments: break it on purpose, safely');
  readCommands(chaos);
  actCommands(chaos);
}
