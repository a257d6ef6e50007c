import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EvenkeelError } from '@evenkeel/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';

export function backupCommands(program: Command): void {
  program
    .command('backup')
    .description('copy the embedded database while it is used; the running control plane writes the file')
    .argument('<file>', 'where to, as the control plane sees it')
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel backup /var/backups/evenkeel.db\n\nPostgreSQL: use pg_dump.',
    )
    .action(async (file: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      const done = z
        .object({ file: z.string(), bytes: z.number() })
        .parse(await api.send('POST', '/api/v1/backups', { file }));
      show(done, () => `${done.file}: ${done.bytes} bytes`);
    });
  program
    .command('restore')
    .description('put a backup in the place of the embedded database; nothing may run on it')
    .argument('<file>', 'the backup')
    .option('--data-dir <dir>', 'where the database lives', process.env.EVENKEEL_DATA_DIR ?? '.evenkeel')
    .action(async (file: string, options, command: Command) => {
      const { show } = cliContext(command);
      if (!existsSync(file)) throw new EvenkeelError('not_found', `there is no ${file}`);
      const target = join(options.dataDir, 'evenkeel.db');
      const { restoreSqlite } = await import('@evenkeel/store');
      await restoreSqlite(file, target);
      show({ restored: target }, () => `${target} is what ${file} was`);
    });
}
