import { type Explanation, printExplanation } from '@evenkeel/core';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { percent, span, table } from '../output.ts';
import { sloFileCommands } from './slo-files.ts';

const alert = z.object({
  name: z.string(),
  severity: z.string(),
  firing: z.boolean(),
  reason: z.string(),
});
const standing = z.object({
  service: z.string(),
  objective: z.string(),
  segment: z.string(),
  category: z.string(),
  state: z.string(),
  reason: z.string(),
  target: z.number(),
  sli: z.number().nullable(),
  remaining: z.number().nullable(),
  counts: z.object({ good: z.number(), total: z.number() }),
  alerts: z.array(alert),
  exhaustion: z.object({ ms: z.number().nullable(), never: z.boolean() }),
});
type Standing = z.output<typeof standing>;
const list = z.object({ objectives: z.array(standing), problem: z.string().nullable() });

const explanation: z.ZodType<Explanation> = z.object({
  text: z.string(),
  get because() {
    return z.array(explanation);
  },
});

const STYLE = {
  exhausted: 'red',
  critical: 'red',
  warning: 'yellow',
  healthy: 'green',
  no_data: 'dim',
} as const;

function styleOf(state: string): (typeof STYLE)[keyof typeof STYLE] {
  return isState(state) ? STYLE[state] : 'dim';
}
const isState = (state: string): state is keyof typeof STYLE => Object.hasOwn(STYLE, state);

function gone({ exhaustion }: Standing): string {
  if (exhaustion.never) return 'never';
  return exhaustion.ms === null ? '–' : exhaustion.ms === 0 ? 'gone' : span(exhaustion.ms);
}

function rows(objectives: readonly Standing[], { paint }: CliContext): readonly (readonly string[])[] {
  return objectives.map((one) => [
    one.service,
    one.segment === '' ? one.objective : `${one.objective} (${one.segment})`,
    paint(styleOf(one.state), one.state),
    percent(one.remaining),
    percent(one.sli, 3),
    String(one.counts.total),
    gone(one),
    one.alerts
      .filter(({ firing }) => firing)
      .map(({ name }) => paint('red', name))
      .join(' ') || '–',
  ]);
}

const HEADINGS = ['service', 'objective', 'state', 'left', 'good', 'events', 'gone in', 'firing'];

function pathOf(service: string, objective: string, rest = ''): string {
  return `/api/v1/objectives/${encodeURIComponent(service)}/${encodeURIComponent(objective)}${rest}`;
}

async function showStatus(context: CliContext, service: string | undefined): Promise<void> {
  const query = service === undefined ? '' : `?service=${encodeURIComponent(service)}`;
  const answer = list.parse(await context.api.get(`/api/v1/objectives${query}`));
  context.show(answer, () =>
    [
      table(HEADINGS, rows(answer.objectives, context), context.columns),
      ...(answer.problem === null
        ? []
        : [context.paint('yellow', `figures may be behind: ${answer.problem}`)]),
    ].join('\n'),
  );
  if (answer.objectives.some(({ state }) => state === 'exhausted')) process.exitCode = 2;
}

export function sloCommand(program: Command): void {
  const slo = program.command('slo').description('objectives and their error budgets');
  slo
    .command('status', { isDefault: true })
    .description('where every budget stands, worst first; exit code 2 when one is exhausted')
    .argument('[service]', 'of one service')
    .action((service: string | undefined, _, command: Command) => showStatus(cliContext(command), service));
  slo
    .command('list')
    .description('the objectives as they are defined')
    .argument('[service]', 'of one service')
    .action(async (service: string | undefined, _, command: Command) => {
      const context = cliContext(command);
      const query = service === undefined ? '' : `?service=${encodeURIComponent(service)}`;
      const { objectives } = list.parse(await context.api.get(`/api/v1/objectives${query}`));
      context.show(objectives, () =>
        table(
          ['service', 'objective', 'category', 'target'],
          objectives.map((one) => [one.service, one.objective, one.category, String(one.target)]),
          context.columns,
        ),
      );
    });
  slo
    .command('explain')
    .description('the arithmetic of one budget, down to the counts')
    .argument('<service>')
    .argument('<objective>')
    .option('--segment <segment>', 'such as version=2', '')
    .addHelpText('after', '\nExample:\n  evenkeel slo explain moderation latency-p99')
    .action(async (service: string, objective: string, options, command: Command) => {
      const { api, show } = cliContext(command);
      const answer = explanation.parse(
        await api.get(pathOf(service, objective, `/explain?segment=${encodeURIComponent(options.segment)}`)),
      );
      show(answer, () => printExplanation(answer));
    });
  slo
    .command('report')
    .description("the week's or month's page")
    .argument('[service]', 'of one service')
    .addOption(new Option('--period <period>', 'how far back').choices(['week', 'month']).default('week'))
    .addOption(
      new Option('--format <format>', 'how it is written').choices(['markdown', 'html']).default('markdown'),
    )
    .action(async (service: string | undefined, options, command: Command) => {
      const { api, print } = cliContext(command);
      const query = new URLSearchParams({ period: options.period, format: options.format });
      if (service !== undefined) query.set('service', service);
      print(await api.text(`/api/v1/objectives-report?${query.toString()}`));
    });
  sloFileCommands(slo);
}
