import { type Command, Option } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { table } from '../output.ts';
import { clockTime, count } from './moment.ts';

const message = z.looseObject({
  id: z.string(),
  destination: z.string(),
  stream: z.string(),
  createdAt: z.number(),
  state: z.string(),
  attempts: z.number(),
  nextAt: z.number(),
  lastError: z.string().nullish(),
  sentAt: z.number().nullish(),
});
const destinations = z.object({ destinations: z.array(z.string()) });
const delivery = z.looseObject({
  kind: z.string(),
  detail: z.string().optional(),
  reason: z.string().optional(),
});

const STYLE: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  sent: 'green',
  waiting: 'yellow',
  dead: 'red',
};

export function outboxCommand(program: Command): void {
  const outbox = program
    .command('outbox')
    .description('messages to people and systems: waiting, sent, given up');
  outbox
    .command('list', { isDefault: true })
    .description('messages, newest first; exit code 2 when one was given up')
    .addOption(new Option('--state <state>', 'in this state').choices(['waiting', 'sent', 'dead']))
    .option('--destination <name>', 'to one destination, as service/name')
    .option('--limit <n>', 'messages at most', count, 50)
    .action(async (options, command: Command) => {
      const { api, show, columns, paint } = cliContext(command);
      const query = new URLSearchParams({ limit: String(options.limit) });
      if (options.state !== undefined) query.set('state', options.state);
      if (options.destination !== undefined) query.set('destination', options.destination);
      const { messages } = z
        .object({ messages: z.array(message) })
        .parse(await api.get(`/api/v1/outbox?${query.toString()}`));
      show(messages, () =>
        messages.length === 0
          ? 'no message fits'
          : table(
              ['id', 'to', 'state', 'tries', 'made', 'what went wrong'],
              messages.map((one) => [
                one.id,
                one.destination,
                paint(STYLE[one.state] ?? 'yellow', one.state),
                String(one.attempts),
                clockTime(one.createdAt),
                one.lastError ?? '–',
              ]),
              columns,
            ),
      );
      if (messages.some(({ state }) => state === 'dead')) process.exitCode = 2;
    });
  outbox
    .command('send-again')
    .description('put a message that was given up back among those that wait')
    .argument('<id>', 'as "outbox" shows it')
    .action(async (id: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      const answer = await api.send('POST', '/api/v1/outbox/send-again', { id });
      show(answer, () => `${id} waits to be sent`);
    });
  outbox
    .command('destinations')
    .description('whom the service files say to tell')
    .action(async (_, command: Command) => {
      const { api, show } = cliContext(command);
      const found = destinations.parse(await api.get('/api/v1/destinations')).destinations;
      show(found, () =>
        found.length === 0 ? 'the files name nobody: see incidents.notify' : found.join('\n'),
      );
    });
  outbox
    .command('test')
    .description('send a test message now; exit code 1 when it does not arrive')
    .argument('<service>')
    .argument('<destination>', 'as the service file names it')
    .addHelpText('after', '\nExample:\n  evenkeel outbox test moderation slack')
    .action(async (service: string, name: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      const path = `/api/v1/destinations/${encodeURIComponent(service)}/${encodeURIComponent(name)}/test`;
      const came = delivery.parse(await api.send('POST', path, {}));
      show(came, () => `${came.kind}: ${came.detail ?? came.reason ?? ''}`);
      if (came.kind !== 'sent') process.exitCode = 1;
    });
}
