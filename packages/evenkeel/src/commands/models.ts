import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';

const evidence = z.looseObject({
  name: z.string(),
  standing: z.string(),
  difference: z.number().nullish(),
  low: z.number().nullish(),
  high: z.number().nullish(),
});
const short = z.object({
  service: z.string(),
  model: z.string(),
  production: z.string().nullish(),
  since: z.number().nullish(),
  rollBackTo: z.string().nullish(),
});
const listed = short.extend({
  versions: z.number(),
  canary: z.object({ version: z.string(), share: z.number(), from: z.number() }).nullish(),
});
const whole = short.extend({
  versions: z.array(
    z.object({
      version: z.string(),
      standing: z.string(),
      reason: z.string(),
      registeredAt: z.number(),
      lineage: z.object({ run: z.string().nullish(), by: z.string() }),
    }),
  ),
  history: z.array(
    z.object({
      version: z.string(),
      from: z.number(),
      to: z.number().nullish(),
      by: z.string(),
      ended: z.string().nullish(),
      reason: z.string(),
    }),
  ),
  canary: z
    .object({
      version: z.string(),
      share: z.number(),
      from: z.number(),
      verdict: z.object({ decision: z.string(), reason: z.string(), evidence: z.array(evidence) }).nullish(),
    })
    .nullish(),
  trials: z.array(
    z.object({
      version: z.string(),
      from: z.number(),
      to: z.number(),
      outcome: z.string(),
      reason: z.string(),
    }),
  ),
});
type Whole = z.output<typeof whole>;

/** Address of a model in the API. */
export const modelPath = (service: string, model: string): string =>
  `/api/v1/models/${encodeURIComponent(service)}/${encodeURIComponent(model)}`;

function addressOf(text: string): string {
  const [service = '', model = '', ...more] = text.split('/');
  if (service === '' || model === '' || more.length > 0)
    throw new InvalidArgumentError('expected SERVICE/MODEL, such as moderation/simple');
  return modelPath(service, model);
}

const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

function words(one: Whole, columns: number): string {
  const { canary } = one;
  const parts = [
    `${one.service}/${one.model}: ${one.production ?? 'nothing'} in production${one.rollBackTo == null ? '' : `, ${one.rollBackTo} to roll back to`}`,
    '',
    table(
      ['version', 'standing', 'registered', 'from', 'why'],
      one.versions.map(({ version, standing, registeredAt, lineage, reason }) => [
        version,
        standing.replace('_', ' '),
        time(registeredAt),
        lineage.run ?? lineage.by,
        reason,
      ]),
      columns,
    ),
    '',
    table(
      ['in production', 'from', 'to', 'by', 'ended'],
      one.history.map(({ version, from, to, by, ended }) => [
        version,
        time(from),
        to == null ? 'now' : time(to),
        by,
        ended?.replace('_', ' ') ?? '–',
      ]),
      columns,
    ),
  ];
  if (canary != null) {
    parts.push(
      '',
      `canary ${canary.version} at ${(100 * canary.share).toFixed(1)} % for ${span(Date.now() - canary.from)}: ${canary.verdict?.decision ?? 'not judged yet'}`,
    );
    if (canary.verdict != null) {
      const figure = (x: number | null | undefined): string => (x == null ? '–' : x.toFixed(4));
      parts.push(
        canary.verdict.reason,
        table(
          ['objective', 'canary − production', 'low', 'high', 'standing'],
          canary.verdict.evidence.map((one) => [
            one.name,
            figure(one.difference),
            figure(one.low),
            figure(one.high),
            one.standing.replace('_', ' '),
          ]),
          columns,
        ),
      );
    }
  }
  for (const { version, outcome, reason, to } of one.trials)
    parts.push('', `${time(to)} ${version} ${outcome.replace('_', ' ')}: ${reason}`);
  return parts.join('\n');
}

function percent(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a share over 0 and at most 100%, such as "10%"');
}

/** Versions of models: what serves, what is tried, what to go back to. */
export function modelsCommand(program: Command): void {
  const models = program.command('models').description('versions of models: what serves, what is on trial');
  models
    .command('list', { isDefault: true })
    .description('models that have versions')
    .option('--service <name>', 'of one service')
    .action(async (options: { service?: string }, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const query =
        options.service === undefined ? '' : `?${new URLSearchParams({ service: options.service })}`;
      const found = z
        .object({ models: z.array(listed) })
        .parse(await api.get(`/api/v1/models${query}`)).models;
      show(found, () =>
        table(
          ['model', 'production', 'since', 'canary', 'roll back to', 'versions'],
          found.map(({ service, model, production, since, canary, rollBackTo, versions }) => [
            `${service}/${model}`,
            production ?? '–',
            since == null ? '–' : time(since),
            canary == null ? '–' : `${canary.version} at ${(100 * canary.share).toFixed(1)} %`,
            rollBackTo ?? '–',
            String(versions),
          ]),
          columns,
        ),
      );
    });

  const print = async (command: Command, answer: unknown): Promise<void> => {
    const { show, columns } = cliContext(command);
    show(answer, () => words(whole.parse(answer), columns));
  };
  models
    .command('show')
    .description('one model: versions, what was in production when, its canary and those before')
    .argument('<service/model>', 'such as moderation/simple', addressOf)
    .action(async (path: string, _, command: Command) => {
      await print(command, await cliContext(command).api.get(path));
    });
  models
    .command('register')
    .description('register a candidate: the result of a run, or a file that was brought')
    .argument('<service/model>', 'such as moderation/simple', addressOf)
    .option('--run <id>', 'a run that has ended')
    .option('--file <path>', 'a file with weights, as the control plane sees it')
    .option('--as <version>', 'its name; the next number when left out')
    .option('--reason <text>', 'why')
    .action(
      async (
        path: string,
        flags: { run?: string; file?: string; as?: string; reason?: string },
        command: Command,
      ) => {
        const { api, show } = cliContext(command);
        const { run, file, as: version, reason } = flags;
        const answer = z.looseObject({ version: z.string(), reason: z.string() }).parse(
          await api.send('POST', `${path}/versions`, {
            run,
            file: file === undefined ? undefined : resolve(file),
            version,
            reason,
          }),
        );
        show(answer, () => `registered ${answer.version}: ${answer.reason}`);
      },
    );
  models
    .command('canary')
    .description('try a candidate on a share of the users')
    .argument('<service/model>', 'such as moderation/simple', addressOf)
    .argument('<version>')
    .requiredOption('--reason <text>', 'why')
    .option('--share <share>', "part of the users; the file's when left out", percent)
    .option('--force', 'also one that has not passed its gates')
    .action(
      async (
        path: string,
        version: string,
        { share, force, reason }: { share?: number; force?: boolean; reason: string },
        command: Command,
      ) => {
        const { api } = cliContext(command);
        const to = `${path}/versions/${encodeURIComponent(version)}/canary`;
        await print(command, await api.send('POST', to, { share, force: force ?? false, reason }));
      },
    );
  models
    .command('promote')
    .description('make the canary the version in production')
    .argument('<service/model>', 'such as moderation/simple', addressOf)
    .argument('<version>')
    .requiredOption('--reason <text>', 'why')
    .option('--force', 'also a candidate that has been no canary')
    .action(
      async (
        path: string,
        version: string,
        { force, reason }: { force?: boolean; reason: string },
        command: Command,
      ) => {
        const { api } = cliContext(command);
        const to = `${path}/versions/${encodeURIComponent(version)}/promote`;
        await print(command, await api.send('POST', to, { force: force ?? false, reason }));
      },
    );
  models
    .command('rollback')
    .description('one step back: the last version known to be good; with --canary, end the trial instead')
    .argument('<service/model>', 'such as moderation/simple', addressOf)
    .requiredOption('--reason <text>', 'why')
    .option('--canary', 'take the canary out and leave production')
    .action(
      async (path: string, { canary, reason }: { canary?: boolean; reason: string }, command: Command) => {
        const { api } = cliContext(command);
        const to = `${path}/${canary === true ? 'end-canary' : 'roll-back'}`;
        await print(command, await api.send('POST', to, { reason }));
      },
    );
  models
    .command('archive')
    .description('put away a version that does not serve')
    .argument('<service/model>', 'such as moderation/simple', addressOf)
    .argument('<version>')
    .requiredOption('--reason <text>', 'why')
    .action(async (path: string, version: string, { reason }: { reason: string }, command: Command) => {
      const { api } = cliContext(command);
      await api.send('POST', `${path}/versions/${encodeURIComponent(version)}/archive`, { reason });
      await print(command, await api.get(path));
    });
}
