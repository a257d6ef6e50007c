import { EvenkeelError } from '@evenkeel/core';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';
import { duration } from './moment.ts';

const order = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('pin'), rung: z.string() }),
  z.looseObject({ kind: z.literal('forbid'), rung: z.string() }),
  z.looseObject({ kind: z.literal('tighten'), factor: z.number() }),
  z.looseObject({ kind: z.literal('strictness'), level: z.string() }),
  z.looseObject({ kind: z.literal('roll_back'), model: z.string() }),
  z.looseObject({ kind: z.literal('fault'), fault: z.unknown() }),
]);
const directive = z.looseObject({
  id: z.string(),
  service: z.string(),
  order,
  owner: z.string(),
  reason: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
});
type ShownDirective = z.output<typeof directive>;
const directives = z.object({ directives: z.array(directive) });

/** What an order does, in a few words. */
function orderText(given: z.output<typeof order>): string {
  switch (given.kind) {
    case 'pin':
      return `enter at ${given.rung}`;
    case 'forbid':
      return `not at ${given.rung}`;
    case 'tighten':
      return `gates at ${Math.round(100 * given.factor)} %`;
    case 'strictness':
      return `safety check ${given.level}`;
    case 'roll_back':
      return `${given.model} at its previous version`;
    case 'fault': {
      const named = z.looseObject({ type: z.string() }).safeParse(given.fault);
      return `fault ${named.success ? named.data.type : ''}`.trimEnd();
    }
  }
}

function factor(text: string): number {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1];
  const value = share === undefined ? Number(text) : Number(share) / 100;
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError(`expected a share such as 70% or 0.7, not "${text}"`);
}

interface Given {
  readonly reason: string;
  readonly for: string;
}

async function give(command: Command, service: string, wanted: z.output<typeof order>): Promise<void> {
  const { api, show } = cliContext(command);
  const { reason, for: lease } = command.opts<Given>();
  const made = directive.parse(
    await api.send('POST', '/api/v1/directives', { service, order: wanted, reason, lease }),
  );
  show(made, () => `${made.id}: ${made.service}, ${orderText(made.order)}, for ${lease} unless lifted`);
}

function list(shown: readonly ShownDirective[], { columns }: CliContext): string {
  if (shown.length === 0) return 'no order is in force';
  return table(
    ['id', 'service', 'order', 'ends in', 'by', 'reason'],
    shown.map((one) => [
      one.id,
      one.service,
      orderText(one.order),
      span(one.expiresAt - Date.now()),
      one.owner,
      one.reason,
    ]),
    columns,
  );
}

/** A command that gives an order: each needs a reason, and ends by itself. */
function ordering(parent: Command, name: string, description: string, example: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument('<service>')
    .requiredOption('-r, --reason <text>', 'why; everybody sees it')
    .option('-f, --for <duration>', 'ends by itself after this long, 7d at most', duration, '1h')
    .addHelpText('after', `\nExample:\n  evenkeel directives ${example}`);
}

export function directivesCommand(program: Command): void {
  const parent = program
    .command('directives')
    .description('orders to the serving path: pin, forbid, tighten, roll back');
  parent
    .command('list', { isDefault: true })
    .description('orders in force, each with who gave it, why, and when it ends')
    .action(async (_, command: Command) => {
      const context = cliContext(command);
      const shown = directives.parse(await context.api.get('/api/v1/directives')).directives;
      context.show(shown, () => list(shown, context));
    });
  ordering(
    parent,
    'pin',
    'requests enter the ladder at this rung, never above',
    'pin moderation simple --reason "embeddings are slow" --for 30m',
  )
    .argument('<rung>')
    .action((service: string, rung: string, _, command: Command) =>
      give(command, service, { kind: 'pin', rung }),
    );
  ordering(parent, 'forbid', 'this rung is not used', 'forbid moderation primary --reason "bad version"')
    .argument('<rung>')
    .action((service: string, rung: string, _, command: Command) =>
      give(command, service, { kind: 'forbid', rung }),
    );
  ordering(
    parent,
    'tighten',
    'every gate works with this share of its capacity; the lowest classes are turned away first',
    'tighten moderation 70% --reason "the provider is browned out"',
  )
    .argument('<share>', 'such as 70% or 0.7', factor)
    .action((service: string, share: number, _, command: Command) =>
      give(command, service, { kind: 'tighten', factor: share }),
    );
  ordering(
    parent,
    'strictness',
    'how strict the output safety check is: relaxed, normal, strict',
    'strictness moderation strict --reason "a wave of abuse"',
  )
    .argument('<level>', 'relaxed, normal or strict')
    .action((service: string, level: string, _, command: Command) => {
      if (!['relaxed', 'normal', 'strict'].includes(level))
        throw new EvenkeelError('bad_request', `expected relaxed, normal or strict, not "${level}"`);
      return give(command, service, { kind: 'strictness', level });
    });
  ordering(
    parent,
    'roll-back',
    'the model answers with the version that the file names as its previous one',
    'roll-back moderation primary --reason "the new version errs"',
  )
    .argument('<model>')
    .action((service: string, model: string, _, command: Command) =>
      give(command, service, { kind: 'roll_back', model }),
    );
  parent
    .command('lift')
    .description('end an order before its time')
    .argument('<id>', 'as "directives" shows it')
    .action(async (id: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      await api.send('DELETE', `/api/v1/directives/${encodeURIComponent(id)}`);
      show({ id, lifted: true }, () => `${id} is lifted`);
    });
}
