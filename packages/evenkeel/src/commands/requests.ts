import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { table } from '../output.ts';
import { clockTime, count, momentOption } from './moment.ts';
import { levelStyle } from './services.ts';
import { requestRecord, type ShownRequest, waterfall } from './waterfall.ts';

const LEVELS = [
  'full_service',
  'cached_features',
  'simpler_model',
  'rule_based',
  'static_fallback',
  'failed',
] as const;

function page(record: ShownRequest, { paint, columns }: CliContext): string {
  const model = record.model == null ? '' : `, ${record.model} ${record.version ?? ''}`.trimEnd();
  const answer = record.label == null ? [] : [`said ${record.label}${confidence(record)}`];
  return [
    `${paint('bold', record.id)}  ${record.service}  ${new Date(record.at).toISOString()}`,
    `HTTP ${record.status} after ${record.durationMs.toFixed(1)} ms at ${paint(levelStyle(record.level), record.level)}${model}`,
    ...answer,
    `why      ${record.reason}`,
    `entry    ${record.entry}: ${record.entryReason}`,
    `caller   ${record.tenant}, user ${record.user}, class ${record.priority}`,
    ...(record.traceId == null ? [] : [`trace    ${record.traceId}`]),
    '',
    waterfall(record, paint, columns),
  ].join('\n');
}

function confidence({ confidence: sure }: ShownRequest): string {
  return sure == null ? '' : `, ${(100 * sure).toFixed(1)} % sure`;
}

export function requestsCommand(program: Command): void {
  const requests = program.command('requests').description('what happened to single requests, and why');
  requests
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--service <name>', 'of one service')
    .addOption(new Option('--level <level>', 'answered at this level').choices(LEVELS))
    .option('--tenant <name>', 'of one tenant')
    .option('--trace <id>', 'of one trace')
    .option('--from <moment>', 'since, such as -15m', momentOption)
    .option('--to <moment>', 'until', momentOption)
    .option('--limit <n>', 'requests at most', count, 20)
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel requests --service moderation --level simpler_model --from -15m',
    )
    .action(async (options, command: Command) => {
      const { api, show, columns, paint } = cliContext(command);
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(options)) {
        if (typeof value === 'string' || typeof value === 'number') query.set(name, String(value));
      }
      const answer = z
        .object({ requests: z.array(requestRecord) })
        .parse(await api.get(`/api/v1/requests?${query.toString()}`));
      show(answer.requests, () =>
        answer.requests.length === 0
          ? 'no request that is remembered fits'
          : table(
              ['when', 'request', 'service', 'level', 'status', 'ms', 'why'],
              answer.requests.map((one) => [
                clockTime(one.at),
                one.id,
                one.service,
                paint(levelStyle(one.level), one.level),
                String(one.status),
                one.durationMs.toFixed(0),
                one.reason,
              ]),
              columns,
            ),
      );
    });
  requests
    .command('show')
    .description('one request, drawn over its layers with every decision and its reason')
    .argument('<id>', 'as the header evenkeel-request-id names it')
    .addHelpText('after', '\nExample:\n  evenkeel requests show req-01m86tdr9q00000vyy6v')
    .action(async (id: string, _, command: Command) => {
      const context = cliContext(command);
      const raw = await context.api.get(`/api/v1/requests/${encodeURIComponent(id)}`);
      // Of requests that were not sampled, only one row is kept: it has no steps to draw.
      const whole = requestRecord.safeParse(raw);
      context.show(raw, () => (whole.success ? page(whole.data, context) : rowOf(raw)));
    });
}

function rowOf(raw: unknown): string {
  const fields = z.record(z.string(), z.unknown()).parse(raw);
  return [
    'only its row was kept: the record of every request stays for minutes, a sample of them for longer',
    ...Object.entries(fields)
      .filter(([, value]) => value !== null && typeof value !== 'object')
      .map(([name, value]) => `${name.padEnd(16)} ${String(value)}`),
  ].join('\n');
}
