import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EvenkeelError } from '@evenkeel/core';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { table } from '../output.ts';
import { type FactReceipt, readLines, receiptText, sendFacts } from './fact-batches.ts';
import { clockTime, count, durationMs, momentOption } from './moment.ts';

const fact = z.looseObject({
  id: z.string(),
  service: z.string(),
  at: z.number(),
  by: z.string(),
  request: z.string().nullish(),
  body: z.record(z.string(), z.unknown()),
});
type ShownFact = z.output<typeof fact>;

interface Noun {
  readonly noun: 'feedback' | 'changes' | 'exclusions';
  readonly description: string;
  readonly columns: readonly string[];
  readonly row: (one: ShownFact) => readonly string[];
  readonly example: string;
}

const word = (value: unknown): string => (value === undefined || value === null ? '–' : String(value));
const time = (value: unknown): string => (typeof value === 'number' ? clockTime(value) : '–');

function finish(command: Command, receipt: FactReceipt): void {
  cliContext(command).show(receipt, () => receiptText(receipt));
  if (receipt.refused.length > 0) process.exitCode = 1;
}

/** `list` and `send FILE`, the same for every kind of fact. */
function factCommand(program: Command, { noun, description, columns, row, example }: Noun): Command {
  const parent = program.command(noun).description(description);
  parent
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--service <name>', 'of one service')
    .option('--from <moment>', 'since, such as -7d', momentOption)
    .option('--to <moment>', 'until', momentOption)
    .option('--limit <n>', 'lines at most', count, 50)
    .action(async (options, command: Command) => {
      const { api, show, columns: terminal } = cliContext(command);
      const query = new URLSearchParams();
      for (const name of ['service', 'from', 'to', 'limit'] as const) {
        if (options[name] !== undefined) query.set(name, String(options[name]));
      }
      const found = z
        .object({ [noun]: z.array(fact) })
        .parse(await api.get(`/api/v1/${noun}?${query.toString()}`));
      const facts = found[noun] ?? [];
      show(facts, () =>
        facts.length === 0
          ? 'none'
          : table(
              ['when', 'service', ...columns],
              facts.map((one) => [clockTime(one.at), one.service, ...row(one)]),
              terminal,
            ),
      );
    });
  parent
    .command('send')
    .description('one JSON object a line; what is good of a file is kept, exit code 1 when something is not')
    .argument('<file>', '- for standard input')
    .addHelpText('after', `\nExample:\n  ${example} | evenkeel ${noun} send -`)
    .action(async (file: string, _, command: Command) => {
      const lines = readLines(readFileSync(file === '-' ? 0 : file, 'utf8'), file);
      finish(command, await sendFacts(cliContext(command).api, noun, lines));
    });
  return parent;
}

async function sendOne(
  command: Command,
  noun: Noun['noun'],
  value: Readonly<Record<string, unknown>>,
): Promise<void> {
  finish(command, await sendFacts(cliContext(command).api, noun, [{ line: 1, value }]));
}

const KINDS = ['deploy', 'schema', 'data', 'configuration', 'model', 'other'];

export function factCommands(program: Command): void {
  factCommand(program, {
    noun: 'feedback',
    description: 'labels, ratings, reports and outcomes of predictions',
    columns: ['request', 'label', 'rating', 'outcome', 'report', 'by'],
    row: ({ request, body, by }) => [
      word(request),
      word(body.label),
      word(body.rating),
      word(body.outcome),
      word(body.report),
      by,
    ],
    example: `echo '{"id":"l-1","service":"moderation","request":"req-…","label":"spam"}'`,
  })
    .command('add')
    .description('say what became of one prediction')
    .argument('<service>')
    .argument('<request>', 'as the header evenkeel-request-id names it')
    .option('--label <word>', 'the right answer')
    .option('--rating <n>', 'from 1 to 5', Number)
    .option('--report <text>', 'what a user complains of')
    .option('--outcome <word>', 'what came of it, such as chargeback')
    .option('--id <id>', 'your own; the same id again changes nothing')
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel feedback add moderation req-01m86tdr9q00000vyy6v --label spam',
    )
    .action((service: string, request: string, { id, ...said }, command: Command) =>
      sendOne(command, 'feedback', { id: id ?? randomUUID(), service, request, ...said }),
    );
  factCommand(program, {
    noun: 'changes',
    description: 'what was changed, by people or machines: possible causes of what follows',
    columns: ['kind', 'what', 'version', 'by'],
    row: ({ body, by }) => [word(body.kind), word(body.what), word(body.version), by],
    example: `echo '{"id":"d-7","service":"moderation","kind":"deploy","what":"release 7"}'`,
  })
    .command('add')
    .description('tell of one change')
    .argument('<service>')
    .argument('<what>', 'in a few words')
    .addOption(new Option('--kind <kind>', 'of what').choices(KINDS).default('other'))
    .option('--release <version>', 'the version that came')
    .option('--link <url>', 'where more is said')
    .option('--at <moment>', 'when, such as -10m', momentOption)
    .option('--id <id>', 'your own; the same id again changes nothing')
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel changes add moderation "release 7" --kind deploy --release 7.0.1',
    )
    .action((service: string, what: string, { id, release, ...said }, command: Command) =>
      sendOne(command, 'changes', {
        id: id ?? randomUUID(),
        service,
        what,
        ...said,
        ...(release === undefined ? {} : { version: release }),
      }),
    );
  factCommand(program, {
    noun: 'exclusions',
    description: 'time that does not count against objectives, with a reason and a name',
    columns: ['objective', 'from', 'to', 'comes back', 'reason', 'by'],
    row: ({ body, by }) => [
      word(body.objective),
      time(body.from),
      time(body.to),
      word(body.rrule),
      word(body.reason),
      by,
    ],
    example: `echo '{"id":"m-1","service":"moderation","from":1790000000000,"to":1790003600000,"reason":"move"}'`,
  })
    .command('add')
    .description('leave a time out of the objectives of a service')
    .argument('<service>')
    .requiredOption('--from <moment>', 'such as -2h or 2026-01-31T22:00Z', momentOption)
    .option('--to <moment>', 'until', momentOption)
    .option('--for <duration>', 'how long, instead of --to', durationMs)
    .requiredOption('-r, --reason <text>', 'why; it is in every report')
    .option('--objective <name>', 'of one objective')
    .option('--rrule <rule>', 'comes back by this rule (RFC 5545), such as FREQ=WEEKLY')
    .option('--id <id>', 'your own; the same id again changes nothing')
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel exclusions add moderation --from 2026-02-01T02:00Z --for 2h --reason "database move" --rrule FREQ=MONTHLY',
    )
    .action((service: string, { id, for: lasts, ...said }, command: Command) => {
      if ((lasts === undefined) === (said.to === undefined)) {
        throw new EvenkeelError('bad_request', 'give either --to or --for');
      }
      const to: number = said.to ?? said.from + lasts;
      return sendOne(command, 'exclusions', { id: id ?? randomUUID(), service, ...said, to });
    });
}
