import type { Command } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { table } from '../output.ts';

const entry = z.object({
  id: z.number(),
  at: z.number(),
  by: z.string(),
  action: z.string(),
  subject: z.string(),
  service: z.string().nullish(),
  detail: z.unknown(),
});

export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('who did what');
  audit
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--service <name>', 'of one service')
    .option('--by <name>', 'of one key')
    .option('--limit <n>', 'entries at most', Number, 50)
    .action(async (options, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.service !== undefined) query.set('service', options.service);
      if (options.by !== undefined) query.set('by', options.by);
      const { entries } = z
        .object({ entries: z.array(entry) })
        .parse(await api.get(`/api/v1/audit?${query.toString()}`));
      show(entries, () =>
        table(
          ['when', 'who', 'did', 'to', 'detail'],
          entries.map((one) => [
            new Date(one.at).toISOString().slice(0, 19),
            one.by,
            one.action,
            one.service == null ? one.subject : `${one.service}/${one.subject}`,
            JSON.stringify(one.detail),
          ]),
          columns,
        ),
      );
    });
  audit
    .command('verify')
    .description('whether anything was changed, taken out or put in')
    .action(async (_, command: Command) => {
      const { api, show } = cliContext(command);
      const result = z
        .object({ entries: z.number(), brokenAt: z.number().nullish() })
        .parse(await api.get('/api/v1/audit/verify'));
      const broken = result.brokenAt != null;
      show(result, () =>
        broken
          ? `the chain breaks at entry ${result.brokenAt}: it, or one before it, is not what was written`
          : `${result.entries} entries, the chain is whole`,
      );
      if (broken) process.exitCode = 1;
    });
}
