import { ACTION_KINDS } from '@evenkeel/core';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { incidentId } from './incident-id.ts';
import { wrapped } from './waterfall.ts';

const plan = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('orders'), dryRun: z.string() }),
  z.looseObject({ kind: z.literal('control'), dryRun: z.string() }),
  z.looseObject({ kind: z.literal('task'), dryRun: z.string(), owner: z.string() }),
  z.looseObject({ kind: z.literal('impossible'), reason: z.string() }),
]);
const actions = z.object({
  actions: z.array(z.looseObject({ kind: z.string(), text: z.string(), why: z.string(), plan })),
});
type Plan = z.output<typeof plan>;

const MARK: Readonly<Record<Plan['kind'], string>> = {
  orders: 'can be done',
  control: 'can be done',
  task: 'for people',
  impossible: 'not here',
};
const said = (one: Plan): string => (one.kind === 'impossible' ? one.reason : one.dryRun);

function action(text: string): string {
  const known: readonly string[] = ACTION_KINDS;
  if (known.includes(text)) return text;
  throw new InvalidArgumentError(`expected one of ${known.join(', ')}`);
}

const ID = 'its id, the last characters of it, or latest';

export function incidentActionCommands(incidents: Command): void {
  incidents
    .command('actions')
    .description('what can be done at once, and what each would change here and now')
    .argument('[id]', ID, 'latest')
    .action(async (meant: string, _, command: Command) => {
      const { api, show, paint, columns } = cliContext(command);
      const id = await incidentId(api, meant);
      const found = actions.parse(await api.get(`/api/v1/incidents/${encodeURIComponent(id)}/actions`));
      const room = (Number.isFinite(columns) ? columns : 120) - 4;
      show(found.actions, () =>
        [
          ...found.actions.flatMap((one) => [
            `${paint('bold', one.kind)}  ${paint(one.plan.kind === 'impossible' ? 'dim' : 'green', MARK[one.plan.kind])}  ${one.text}: ${one.why}`,
            ...wrapped(said(one.plan), room).map((line) => `    ${line}`),
          ]),
          '',
          `do it: evenkeel incidents act ${id} ACTION`,
        ].join('\n'),
      );
    });
  incidents
    .command('act')
    .description('carry an action out; it is judged, and undone if it does not help')
    .argument('<id>', ID)
    .argument('<action>', 'as "incidents actions" shows it', action)
    .option('--dry-run', 'only say what it would change')
    .addHelpText('after', '\nExample:\n  evenkeel incidents act latest pin_safer_rung --dry-run')
    .action(async (meant: string, kind: string, options, command: Command) => {
      const { api, show } = cliContext(command);
      const id = await incidentId(api, meant);
      const path = `/api/v1/incidents/${encodeURIComponent(id)}/actions`;
      if (options.dryRun === true) {
        const one = actions.parse(await api.get(path)).actions.find((found) => found.kind === kind);
        const shown = one?.plan ?? {
          kind: 'impossible' as const,
          reason: `the runbook of this incident has no ${kind}`,
        };
        show(shown, () => said(shown));
        if (shown.kind === 'impossible') process.exitCode = 1;
        return;
      }
      const done = await api.send('POST', path, { action: kind });
      const { plan: followed, mitigation } = z
        .looseObject({ plan, mitigation: z.string().nullish() })
        .parse(done);
      show(done, () =>
        [
          said(followed),
          mitigation == null
            ? 'it is on the timeline; nothing is there to take back'
            : `take it back: evenkeel incidents undo ${id} ${mitigation}`,
        ].join('\n'),
      );
    });
  incidents
    .command('undo')
    .description('take a mitigation back; nothing automatic follows for this incident')
    .argument('<id>', ID)
    .argument('<mitigation>', 'as "incidents show" names it')
    .action(async (meant: string, mitigation: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      const id = await incidentId(api, meant);
      await api.send(
        'DELETE',
        `/api/v1/incidents/${encodeURIComponent(id)}/actions/${encodeURIComponent(mitigation)}`,
      );
      show({ id, mitigation, undone: true }, () => `${mitigation} is undone`);
    });
}
