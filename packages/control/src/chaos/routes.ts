import { hostname } from 'node:os';
import { type ServiceConfig, toolkitJournal } from '@evenkeel/config';
import { type Clock, EvenkeelError, type ReplicaLink } from '@evenkeel/core';
import { z } from 'zod';
import { type ApiCaller, noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { unknownService } from '../services/routes.ts';
import type { Aftermath } from './aftermath.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { dryRun, unbegun } from './dry-run.ts';
import type { KeptRun } from './kept-run.ts';
import { type ObserveParts, observe } from './observe.ts';
import type { ExperimentRunner } from './runner.ts';
import type { ExperimentSchedule } from './schedule.ts';
import { entrySummary, entryView, runSummary, runView } from './view.ts';

const ofService = z.strictObject({ service: z.string().min(1).max(200).optional() });
const textInput = z.strictObject({
  /** Needed for the Chaos Toolkit's format, which names no service. */
  service: z.string().min(1).max(200),
  text: z
    .string()
    .min(1)
    .max(256 * 1_024),
});
const runsFilter = z.strictObject({
  service: z.string().optional(),
  experiment: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const why = z.string().trim().min(1).max(2_000);

/** Whether it reaches outside: whoever puts it decides what this host calls and starts. */
function reachesOut({ experiment }: CatalogueEntry): boolean {
  if (experiment === undefined) return false;
  const { hypothesis, method, rollbacks } = experiment;
  return (
    rollbacks.length > 0 ||
    hypothesis.probes.some(({ of }) => of.kind === 'activity') ||
    method.some((step) => step.kind === 'activity' && step.activity.provider.type !== 'evenkeel')
  );
}

export function experimentRoutes(parts: {
  readonly catalogue: Catalogue;
  readonly runner: ExperimentRunner;
  readonly schedule: ExperimentSchedule;
  readonly aftermath: Aftermath;
  readonly observing: ObserveParts;
  readonly link: Pick<ReplicaLink, 'requests'>;
  readonly config: (service: string) => ServiceConfig | undefined;
  readonly services: () => readonly string[];
  readonly audit: Recorder;
  readonly clock: Clock;
}): readonly Route[] {
  const { catalogue, runner, schedule, aftermath, audit, clock } = parts;

  function known(service: string): ServiceConfig {
    const config = parts.config(service);
    if (config === undefined) throw unknownService(service, parts.services());
    return config;
  }

  async function lastRuns(): Promise<(entry: CatalogueEntry) => KeptRun | undefined> {
    const runs = await runner.list({ limit: 200 });
    return ({ name, service }) =>
      runs.find(({ experiment }) => experiment.name === name && experiment.service === service);
  }

  async function stop(id: string, caller: ApiCaller, reason: string | undefined): Promise<unknown> {
    await runner.halt(id, caller.name, reason ?? 'by hand');
    await audit(caller, 'experiment.abort', id, undefined, { reason }).catch(() => {
      // Stopping needs no store; the run's own journal says who it was.
    });
    return runView(await runner.get(id));
  }

  return [
    read({
      path: '/api/v1/experiments',
      role: 'viewer',
      tag: 'experiments',
      summary: 'The catalogue: what can be broken on purpose, when it ran last, when it comes next.',
      query: ofService,
      async handle({ service }) {
        const last = await lastRuns();
        const entries = await catalogue.list(service);
        return {
          experiments: entries.map((entry) => ({
            ...entrySummary(entry, last(entry)),
            next_at: schedule.next(entry),
          })),
        };
      },
    }),
    read({
      path: '/api/v1/experiments/{name}',
      role: 'viewer',
      tag: 'experiments',
      summary: 'One experiment: its text, what it does, what it expects, and every problem in it.',
      query: ofService,
      async handle({ service }, { params }) {
        const entry = await catalogue.get(params.name ?? '', service);
        return { ...entryView(entry, (await lastRuns())(entry)), next_at: schedule.next(entry) };
      },
    }),
    write({
      method: 'put',
      path: '/api/v1/experiments/{name}',
      role: 'operator',
      tag: 'experiments',
      summary:
        'Keeps an experiment from its text, ours or the Chaos Toolkit’s. What calls out or starts programs needs an admin.',
      body: textInput,
      maxBody: 512 * 1_024,
      async handle({ text, service }, { params, caller }) {
        known(service);
        const checked = catalogue.check(text, service);
        if (checked.problems.length === 0 && checked.name !== params.name)
          throw new EvenkeelError(
            'bad_request',
            `the text calls itself "${checked.name}", not "${params.name ?? ''}"`,
          );
        if (reachesOut(checked) && caller.role !== 'admin')
          throw new EvenkeelError(
            'forbidden',
            'it makes calls or starts programs of its own: that takes an admin',
          );
        const entry = await catalogue.keep(text, service, (kept) => ({
          at: Math.round(clock.wall()),
          by: caller.name,
          action: 'experiment.put',
          subject: kept.name,
          service: kept.service,
          detail: { format: kept.format },
        }));
        return entryView(entry, undefined);
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/experiments/check',
      role: 'operator',
      tag: 'experiments',
      summary: 'Reads an experiment without keeping it: every mistake with its line.',
      body: textInput,
      maxBody: 512 * 1_024,
      handle({ text, service }) {
        known(service);
        return entryView(catalogue.check(text, service), undefined);
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/experiments/halt-all',
      role: 'operator',
      tag: 'experiments',
      summary: 'Stops everything that runs, at once, of one service or of all.',
      body: z.strictObject({ service: z.string().optional(), reason: why.optional() }).optional(),
      async handle(input, { caller }) {
        const { service, reason } = input ?? {};
        const halted = await runner.haltAll(caller.name, reason ?? 'everything was halted', service);
        await audit(caller, 'experiment.halt_all', service ?? 'all', service, { halted, reason }).catch(
          () => {
            // As above.
          },
        );
        return { halted };
      },
    }),
    read({
      path: '/api/v1/experiments/{name}/dry-run',
      role: 'viewer',
      tag: 'experiments',
      summary: 'What a run would do, whom it would have touched of late, and why it would not start now.',
      query: ofService,
      async handle({ service }, { params }) {
        const entry = await catalogue.get(params.name ?? '', service);
        const { experiment } = entry;
        if (experiment === undefined)
          throw new EvenkeelError('bad_request', `${entry.name} cannot be run: see its problems`);
        const { settings } = known(experiment.service).chaos;
        const run = unbegun(experiment, settings, clock);
        const others = runner.active().filter((one) => one.experiment.service === experiment.service);
        const seen = await observe(parts.observing, run, 60_000, others);
        return dryRun(experiment, settings, seen, parts);
      },
    }),
    read({
      path: '/api/v1/experiments/{name}/runs',
      role: 'viewer',
      tag: 'experiments',
      summary: 'Runs of one experiment, newest first.',
      query: z.strictObject({ limit: runsFilter.shape.limit }),
      handle: async ({ limit }, { params }) => ({
        runs: (await runner.list({ experiment: params.name, limit })).map(runSummary),
      }),
    }),
    write({
      method: 'post',
      path: '/api/v1/experiments/{name}/runs',
      role: 'operator',
      tag: 'experiments',
      summary:
        'Starts a run. It begins with the safety checks; one that they forbid is aborted with the reasons.',
      status: 201,
      body: ofService.optional(),
      async handle(input, { params, caller }) {
        const entry = await catalogue.get(params.name ?? '', input?.service);
        const { id } = await runner.start(entry, { by: caller.name });
        return runView(await runner.get(id));
      },
    }),
    read({
      path: '/api/v1/experiment-runs',
      role: 'viewer',
      tag: 'experiments',
      summary: 'Runs of all experiments, newest first.',
      query: runsFilter,
      handle: async (filter) => ({ runs: (await runner.list(filter)).map(runSummary) }),
    }),
    read({
      path: '/api/v1/experiment-runs/{id}',
      role: 'viewer',
      tag: 'experiments',
      summary: 'One run: where it stands, journal, both arms, checks, verdict, recommendation.',
      query: noQuery,
      handle: async (_, { params }) => runView(await runner.get(params.id ?? '')),
    }),
    read({
      path: '/api/v1/experiment-runs/{id}/journal',
      role: 'viewer',
      tag: 'experiments',
      summary: 'The run as a journal of the Chaos Toolkit.',
      query: noQuery,
      async handle(_, { params }) {
        const { state, toolkit, experiment } = await runner.get(params.id ?? '');
        return toolkitJournal(
          state,
          toolkit ?? { title: experiment.title, description: experiment.description },
          {
            platform: `${process.platform}-${process.arch}`,
            node: hostname(),
            version: process.version,
          },
        );
      },
    }),
    write({
      method: 'post',
      path: '/api/v1/experiment-runs/{id}/abort',
      role: 'operator',
      tag: 'experiments',
      summary: 'Stops a run and undoes it, at once.',
      body: z.strictObject({ reason: why.optional() }).optional(),
      handle: (input, { params, caller }) => stop(params.id ?? '', caller, input?.reason),
    }),
    read({
      path: '/api/v1/services/{name}/blocked',
      role: 'viewer',
      tag: 'services',
      summary: 'What a red experiment keeps from happening.',
      query: noQuery,
      async handle(_, { params }) {
        const { name } = known(params.name ?? '');
        return { promotion: (await aftermath.blocked(name, 'promotion')) ?? null };
      },
    }),
  ];
}
