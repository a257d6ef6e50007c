import { INCIDENT_STATUSES, INCIDENT_TYPES, SEVERITIES } from '@evenkeel/core';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';
import { incidentActionCommands } from './incident-actions.ts';
import { incidentId } from './incident-id.ts';
import { incidentIntentCommands } from './incident-intents.ts';
import { incidentPage, severityStyle } from './incident-page.ts';
import { incident, OPEN_STATES, type ShownIncident, wholeIncident } from './incident-shape.ts';
import { clockTime, count, momentOption } from './moment.ts';

/** Characters at the end of an id that tell it from the others. */
const SHORT = 10;

function list(shown: readonly ShownIncident[], { paint, columns }: CliContext): string {
  if (shown.length === 0) return 'no incident fits; "incidents --all" shows those that are over';
  return table(
    ['id', 'sev', 'state', 'service', 'since', 'for', 'who', 'what'],
    shown.map((one) => [
      // Enough for every command here; the page has the whole one.
      one.id.slice(-SHORT),
      paint(severityStyle(one.severity), one.severity),
      one.status,
      one.service,
      clockTime(one.startedAt),
      span((one.resolvedAt ?? Date.now()) - one.startedAt),
      one.acknowledgedBy ?? '–',
      one.title,
    ]),
    columns,
  );
}

/** `incidents`: what is wrong, what was done about it, what to do next. */
export function incidentsCommand(program: Command): void {
  const incidents = program
    .command('incidents')
    .description('what is wrong, why, what was done already, what to do next');
  incidents
    .command('list', { isDefault: true })
    .description('open incidents, newest first; exit code 2 when there is one')
    .option('--all', 'those that are over, too')
    .option('--service <name>', 'of one service')
    .addOption(new Option('--status <status>', 'in this state').choices(INCIDENT_STATUSES))
    .addOption(new Option('--type <type>', 'of this type').choices(INCIDENT_TYPES))
    .option('--from <moment>', 'since, such as -7d', momentOption)
    .option('--to <moment>', 'until', momentOption)
    .option('--limit <n>', 'incidents at most', count, 50)
    .addHelpText('after', '\nExample:\n  evenkeel incidents --all --service moderation --from -7d')
    .action(async (options, command: Command) => {
      const context = cliContext(command);
      const query = new URLSearchParams();
      for (const name of ['service', 'status', 'type', 'from', 'to', 'limit'] as const) {
        if (options[name] !== undefined) query.set(name, String(options[name]));
      }
      if (options.all !== true && options.status === undefined) query.set('open', 'true');
      const answer = z
        .object({ incidents: z.array(incident) })
        .parse(await context.api.get(`/api/v1/incidents?${query.toString()}`));
      context.show(answer.incidents, () => list(answer.incidents, context));
      if (answer.incidents.some(({ status }) => OPEN_STATES.includes(status))) process.exitCode = 2;
    });
  incidents
    .command('show')
    .description('one incident whole: evidence, timeline, what was done, what to do next')
    .argument('[id]', 'its id, the last characters of it, or latest', 'latest')
    .option('--all', 'every entry of the timeline, not only the decisive ones')
    .addHelpText('after', '\nExample:\n  evenkeel incidents show latest')
    .action(async (said: string, options, command: Command) => {
      const context = cliContext(command);
      const id = await incidentId(context.api, said);
      const one = wholeIncident.parse(await context.api.get(`/api/v1/incidents/${encodeURIComponent(id)}`));
      context.show(one, () => incidentPage(one, context, options.all === true));
    });
  incidents
    .command('open')
    .description('open one by hand')
    .argument('<service>')
    .argument('<title>', 'what is wrong, in a sentence')
    .addOption(
      new Option('--type <type>', 'what kind of trouble').choices(INCIDENT_TYPES).makeOptionMandatory(),
    )
    .addOption(new Option('--severity <severity>', 'how grave').choices(SEVERITIES).default('SEV3'))
    .option('--description <text>', 'what is known', '')
    .option('--started <moment>', 'when it began, such as -20m', momentOption)
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel incidents open moderation "ham of one list is held" --type model_degradation --severity SEV3',
    )
    .action(async (service: string, title: string, options, command: Command) => {
      const { api, show } = cliContext(command);
      const made = incident.parse(
        await api.send('POST', '/api/v1/incidents', {
          service,
          title,
          type: options.type,
          severity: options.severity,
          description: options.description,
          ...(options.started === undefined ? {} : { started_at: options.started }),
        }),
      );
      show(made, () => `${made.id}: ${made.severity} ${made.title}`);
    });
  incidentIntentCommands(incidents);
  incidentActionCommands(incidents);
}
