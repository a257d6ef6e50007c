import type { Command } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';

const item = z.object({
  id: z.string(),
  service: z.string(),
  kind: z.string(),
  requestId: z.string(),
  tenant: z.string(),
  createdAt: z.number(),
  reason: z.string(),
  state: z.string(),
  verdict: z.string().nullish(),
  decidedBy: z.string().nullish(),
  content: z.unknown(),
});
const figures = z.object({
  service: z.string(),
  waiting: z.number(),
  oldestWaitingAt: z.number().nullish(),
});

export function queuesCommand(program: Command): void {
  const queues = program.command('queues').description('what waits for a person');
  queues
    .command('list', { isDefault: true })
    .description('how many wait in each queue, and for how long')
    .action(async (_, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const answer = z.object({ queues: z.array(figures) }).parse(await api.get('/api/v1/queues'));
      show(answer.queues, () =>
        table(
          ['service', 'waiting', 'oldest'],
          answer.queues.map((queue) => [
            queue.service,
            String(queue.waiting),
            queue.oldestWaitingAt == null ? '–' : span(Date.now() - queue.oldestWaitingAt),
          ]),
          columns,
        ),
      );
    });
  queues
    .command('items')
    .description('the items themselves, oldest first')
    .option('--service <name>', 'of one service')
    .option('--state <state>', 'waiting or decided', 'waiting')
    .option('--limit <n>', 'items at most', Number, 20)
    .action(async (options, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const query = new URLSearchParams({ state: options.state, limit: String(options.limit) });
      if (options.service !== undefined) query.set('service', options.service);
      const { items } = z
        .object({ items: z.array(item) })
        .parse(await api.get(`/api/v1/queues/items?${query.toString()}`));
      show(items, () =>
        table(
          ['id', 'service', 'kind', 'age', 'state', 'content'],
          items.map((one) => [
            one.id,
            one.service,
            one.kind,
            span(Date.now() - one.createdAt),
            one.verdict ?? one.state,
            JSON.stringify(one.content ?? null),
          ]),
          columns,
        ),
      );
    });
  queues
    .command('decide')
    .description('give a verdict on one item')
    .argument('<id>', 'as "queues items" shows it')
    .argument('<verdict>', 'such as allow or block')
    .option('--note <text>', 'why')
    .action(async (id: string, verdict: string, options, command: Command) => {
      const { api, show } = cliContext(command);
      const decided = item.parse(
        await api.send('POST', `/api/v1/queues/items/${encodeURIComponent(id)}/verdict`, {
          verdict,
          ...(options.note === undefined ? {} : { note: options.note }),
        }),
      );
      show(decided, () => `${decided.id}: ${decided.verdict} by ${decided.decidedBy}`);
    });
}
