import type { Command } from 'commander';
import { Option } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { table } from '../output.ts';

const keyRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  createdAt: z.number(),
  createdBy: z.string(),
  expiresAt: z.number().nullish(),
  revokedAt: z.number().nullish(),
});

const day = (at: number | null | undefined): string =>
  at === undefined || at === null ? '–' : new Date(at).toISOString().slice(0, 10);

export function keysCommand(program: Command): void {
  const keys = program.command('keys').description('keys of the API: who may read, operate and administer');
  keys
    .command('list')
    .description('the keys, without their secrets')
    .action(async (_, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const answer = z.object({ keys: z.array(keyRow) }).parse(await api.get('/api/v1/keys'));
      show(answer.keys, () =>
        table(
          ['id', 'name', 'role', 'made', 'by', 'expires', 'revoked'],
          answer.keys.map((key) => [
            key.id,
            key.name,
            key.role,
            day(key.createdAt),
            key.createdBy,
            day(key.expiresAt),
            day(key.revokedAt),
          ]),
          columns,
        ),
      );
    });
  keys
    .command('add')
    .description('make a key; it is printed once and kept nowhere')
    .argument('<name>', 'whose it is')
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices(['viewer', 'operator', 'admin'])
        .default('operator'),
    )
    .option('--days <n>', 'expires after so many days', Number)
    .addHelpText('after', '\nExample:\n  evenkeel keys add grafana --role viewer --days 365')
    .action(async (name: string, options, command: Command) => {
      const { api, show } = cliContext(command);
      const made = z
        .object({ key: keyRow, token: z.string() })
        .parse(await api.send('POST', '/api/v1/keys', { name, role: options.role, days: options.days }));
      show(
        made,
        () =>
          `${made.token}\n${made.key.role} key ${made.key.id} for ${made.key.name}; it is not shown again`,
      );
    });
  keys
    .command('revoke')
    .description('end a key')
    .argument('<id>', 'as "keys list" shows it')
    .action(async (id: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      await api.send('DELETE', `/api/v1/keys/${encodeURIComponent(id)}`);
      show({ id, revoked: true }, () => `key ${id} is revoked`);
    });
}
