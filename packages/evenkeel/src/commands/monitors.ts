import type { Command } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';
import { clockTime } from './moment.ts';

const report = z.looseObject({
  service: z.string(),
  monitor: z.string(),
  role: z.string(),
  segment: z.string(),
  status: z.string(),
  improved: z.boolean(),
  recent: z.number(),
  learned: z.number(),
  baseline: z.looseObject({}).nullish(),
  change: z
    .looseObject({
      distance: z.number(),
      onceIn: z.number(),
      since: z.looseObject({ at: z.number(), earliest: z.number(), latest: z.number() }).nullish(),
      summary: z.string(),
    })
    .nullish(),
});
type ShownMonitor = z.output<typeof report>;

const STYLE: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  likely_violated: 'red',
  potential_issue: 'yellow',
  likely_healthy: 'green',
};

function said({ change, baseline, learned }: ShownMonitor): string {
  if (change != null) return change.summary;
  return baseline == null ? `learning: ${learned} values so far` : 'as in the baseline';
}

function list(monitors: readonly ShownMonitor[], { paint, columns }: CliContext): string {
  if (monitors.length === 0) return 'nothing is watched: see "monitors" in the service file';
  return table(
    ['service', 'monitor', 'of', 'state', 'values', 'since', 'what'],
    monitors.map((one) => [
      one.service,
      one.segment === '' ? one.monitor : `${one.monitor} (${one.segment})`,
      one.role,
      paint(STYLE[one.status] ?? 'dim', one.status),
      String(one.recent),
      one.change?.since == null ? '–' : clockTime(one.change.since.at),
      said(one),
    ]),
    columns,
  );
}

function page(one: ShownMonitor, { paint }: CliContext): string {
  const since = one.change?.since;
  const { change } = one;
  return [
    `${paint('bold', one.monitor)}${one.segment === '' ? '' : ` (${one.segment})`} of ${one.service}: ${paint(STYLE[one.status] ?? 'dim', one.status)}`,
    said(one),
    ...(change == null
      ? []
      : [
          `by chance once in ${Math.round(change.onceIn).toLocaleString('en')} values; distance ${change.distance.toFixed(3)} of 1`,
        ]),
    ...(since == null
      ? []
      : [
          `since ${clockTime(since.at)} (${span(Date.now() - since.at)} ago), with 90 % confidence from ${clockTime(since.earliest)} to ${clockTime(since.latest)}`,
        ]),
    `${one.recent} values count now`,
  ].join('\n');
}

export function monitorsCommand(program: Command): void {
  const monitors = program
    .command('monitors')
    .description('what is watched without labels: inputs, predictions, confidence');
  monitors
    .command('list', { isDefault: true })
    .description('worst first; exit code 2 when one is likely violated')
    .argument('[service]', 'of one service')
    .action(async (service: string | undefined, _, command: Command) => {
      const context = cliContext(command);
      const query = service === undefined ? '' : `?service=${encodeURIComponent(service)}`;
      const found = z
        .object({ monitors: z.array(report) })
        .parse(await context.api.get(`/api/v1/monitors${query}`)).monitors;
      context.show(found, () => list(found, context));
      if (found.some(({ status }) => status === 'likely_violated')) process.exitCode = 2;
    });
  monitors
    .command('show')
    .description('one monitor: what moved, by how much, how sure, since when')
    .argument('<service>')
    .argument('<monitor>')
    .option('--segment <segment>', 'such as tenant=acme', '')
    .addHelpText('after', '\nExample:\n  evenkeel monitors show moderation score')
    .action(async (service: string, monitor: string, options, command: Command) => {
      const context = cliContext(command);
      const path = `/api/v1/monitors/${encodeURIComponent(service)}/${encodeURIComponent(monitor)}`;
      const raw = await context.api.get(`${path}?segment=${encodeURIComponent(options.segment)}`);
      const one = report.parse(raw);
      context.show(raw, () => page(one, context));
    });
}
