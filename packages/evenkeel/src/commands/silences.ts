import { INCIDENT_TYPES } from '@evenkeel/core';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';
import { clockTime, durationMs, momentOption } from './moment.ts';

const silence = z.looseObject({
  id: z.string(),
  kind: z.string(),
  service: z.string().nullish(),
  types: z.array(z.string()).nullish(),
  from: z.number(),
  to: z.number(),
  by: z.string(),
  reason: z.string(),
});
type ShownSilence = z.output<typeof silence>;

const whom = ({ service, types }: ShownSilence): string =>
  [service ?? 'every service', ...(types == null ? [] : [types.join(', ')])].join(': ');

export function silencesCommand(program: Command): void {
  const silences = program
    .command('silences')
    .description('times in which nobody is woken, or no incident is opened');
  silences
    .command('list', { isDefault: true })
    .description('those in force and to come')
    .action(async (_, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const found = z
        .object({ silences: z.array(silence) })
        .parse(await api.get('/api/v1/silences')).silences;
      show(found, () =>
        found.length === 0
          ? 'nothing is silenced'
          : table(
              ['id', 'kind', 'what', 'from', 'ends in', 'by', 'reason'],
              found.map((one) => [
                one.id,
                one.kind,
                whom(one),
                clockTime(one.from),
                span(one.to - Date.now()),
                one.by,
                one.reason,
              ]),
              columns,
            ),
      );
    });
  silences
    .command('add')
    .description('let nobody be woken for a time; with --maintenance, open no incident either')
    .argument('<duration>', 'how long, such as 30m', durationMs)
    .requiredOption('-r, --reason <text>', 'why; everybody sees it')
    .option('--service <name>', 'of one service; every service unless said')
    .addOption(
      new Option('--type <type...>', 'of these types of incident; every type unless said').choices(
        INCIDENT_TYPES,
      ),
    )
    .option('--from <moment>', 'when it begins, such as 2026-01-31T22:00Z', momentOption)
    .option('--maintenance', 'open no incident')
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel silences add 2h --service moderation --maintenance --reason "new feature server"',
    )
    .action(async (ms: number, options, command: Command) => {
      const { api, show } = cliContext(command);
      const from: number = options.from ?? Date.now();
      const made = silence.parse(
        await api.send('POST', '/api/v1/silences', {
          kind: options.maintenance === true ? 'maintenance' : 'silence',
          to: Math.round(from + ms),
          reason: options.reason,
          ...(options.from === undefined ? {} : { from }),
          ...(options.service === undefined ? {} : { service: options.service }),
          ...(options.type === undefined ? {} : { types: options.type }),
        }),
      );
      show(made, () => `${made.id}: ${made.kind} of ${whom(made)} until ${clockTime(made.to)}`);
    });
  silences
    .command('end')
    .description('end one before its time')
    .argument('<id>', 'as "silences" shows it')
    .action(async (id: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      await api.send('DELETE', `/api/v1/silences/${encodeURIComponent(id)}`);
      show({ id, ended: true }, () => `${id} has ended`);
    });
}
