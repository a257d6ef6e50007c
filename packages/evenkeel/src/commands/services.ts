import type { Command } from 'commander';
import { z } from 'zod';
import { type CliContext, cliContext } from '../cli-context.ts';
import { percent, span, table } from '../output.ts';

/** What is read of a service as it stands; the rest goes through as it came. */
export interface ShownGate {
  readonly limit: number;
  readonly inflight: number;
  readonly queued: number;
}
export interface ShownRung {
  readonly name: string;
  readonly level: string;
  readonly budgetMs: number;
  readonly availability: string;
  readonly reason: string;
  readonly breaker?: { readonly state: string; readonly reason: string } | null | undefined;
  readonly gate?: ShownGate | null | undefined;
  readonly counts?: { readonly answered: number } | null | undefined;
}
export interface ShownService {
  readonly name: string;
  readonly type: string;
  readonly owner: string;
  readonly deadlineMs: number;
  readonly level: string;
  readonly entry: string;
  readonly reason: string;
  readonly sinceMs: number;
  readonly probing?:
    | { readonly rung: string; readonly successes: number; readonly needed: number }
    | null
    | undefined;
  readonly rungs: readonly ShownRung[];
  readonly gate?: ShownGate | null | undefined;
  readonly components: readonly { readonly name: string; readonly up: boolean; readonly reason: string }[];
  readonly figures: {
    readonly requests: number;
    readonly inFlight: number;
    readonly served: Readonly<Record<string, number>>;
    readonly refused: Readonly<Record<string, number>>;
  };
  readonly directives: readonly { readonly id: string }[];
  readonly file: { readonly path: string; readonly problem?: string | null | undefined };
}

const gate = z.looseObject({ limit: z.number(), inflight: z.number(), queued: z.number() });
const rung = z.looseObject({
  name: z.string(),
  level: z.string(),
  budgetMs: z.number(),
  availability: z.string(),
  reason: z.string(),
  breaker: z.looseObject({ state: z.string(), reason: z.string() }).nullish(),
  gate: gate.nullish(),
  counts: z.looseObject({ answered: z.number() }).nullish(),
});
export const serviceStatus: z.ZodType<ShownService> = z.looseObject({
  name: z.string(),
  type: z.string(),
  owner: z.string(),
  deadlineMs: z.number(),
  level: z.string(),
  entry: z.string(),
  reason: z.string(),
  sinceMs: z.number(),
  probing: z.looseObject({ rung: z.string(), successes: z.number(), needed: z.number() }).nullish(),
  rungs: z.array(rung),
  gate: gate.nullish(),
  components: z.array(z.looseObject({ name: z.string(), up: z.boolean(), reason: z.string() })),
  figures: z.looseObject({
    requests: z.number(),
    inFlight: z.number(),
    served: z.record(z.string(), z.number()),
    refused: z.record(z.string(), z.number()),
  }),
  directives: z.array(z.looseObject({ id: z.string() })),
  file: z.looseObject({ path: z.string(), problem: z.string().nullish() }),
});

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, one) => sum + one, 0);

/** Share of the finished requests that the level answered; undefined before the first. */
export function shareOf({ figures }: ShownService, level: string): number | undefined {
  const all = total(figures.served);
  return all === 0 ? undefined : (figures.served[level] ?? 0) / all;
}

export function levelStyle(level: string): 'green' | 'yellow' | 'red' {
  if (level === 'full_service') return 'green';
  return level === 'failed' || level === 'static_fallback' ? 'red' : 'yellow';
}

export function gateText(shown: ShownGate | null | undefined): string {
  if (shown === undefined || shown === null) return '–';
  const waiting = shown.queued === 0 ? '' : ` +${shown.queued}`;
  return `${shown.inflight}${waiting}/${Math.round(shown.limit)}`;
}

function list(services: readonly ShownService[], { paint, columns }: CliContext): string {
  if (services.length === 0) return 'no service is served here';
  return table(
    ['service', 'level', 'entry', 'for', 'requests', 'full', 'load', 'why'],
    services.map((one) => [
      one.name,
      paint(levelStyle(one.level), one.level),
      one.entry,
      span(one.sinceMs),
      String(one.figures.requests),
      percent(shareOf(one, 'full_service')),
      gateText(one.gate),
      one.reason,
    ]),
    columns,
  );
}

function page(one: ShownService, { paint, columns }: CliContext): string {
  const refused = total(one.figures.refused);
  const probing =
    one.probing == null
      ? []
      : [`probing ${one.probing.rung}: ${one.probing.successes} of ${one.probing.needed} succeeded`];
  const problem =
    one.file.problem == null ? [] : [paint('red', `a newer file was refused: ${one.file.problem}`)];
  return [
    `${paint('bold', one.name)} (${one.type}, ${one.owner}), deadline ${one.deadlineMs} ms, from ${one.file.path}`,
    `enters at ${one.entry} (${paint(levelStyle(one.level), one.level)}) for ${span(one.sinceMs)}: ${one.reason}`,
    ...probing,
    `${one.figures.requests} requests since the start, ${one.figures.inFlight} in flight, ${refused} refused`,
    ...problem,
    '',
    table(
      ['rung', 'level', 'state', 'answered', 'share', 'load', 'budget', 'why'],
      one.rungs.map((step) => [
        step.name === one.entry ? `> ${step.name}` : `  ${step.name}`,
        step.level,
        step.availability === 'ready' ? paint('green', 'ready') : paint('red', step.availability),
        String(step.counts?.answered ?? 0),
        percent(
          total(one.figures.served) === 0
            ? undefined
            : (step.counts?.answered ?? 0) / total(one.figures.served),
        ),
        gateText(step.gate),
        `${step.budgetMs} ms`,
        step.reason === 'ok' ? (step.breaker?.reason ?? 'ok') : step.reason,
      ]),
      columns,
    ),
    '',
    table(
      ['depends on', 'state', 'why'],
      one.components.map((part) => [
        part.name,
        part.up ? paint('green', 'up') : paint('red', 'down'),
        part.reason,
      ]),
      columns,
    ),
    ...(one.directives.length === 0
      ? []
      : ['', `${one.directives.length} orders in force: see "evenkeel directives"`]),
  ].join('\n');
}

export function servicesCommand(program: Command): void {
  const services = program.command('services').description('the services as they stand now');
  services
    .command('list', { isDefault: true })
    .description('level, load and reason of each; exit code 2 when one is not at full service')
    .addHelpText('after', '\nExample:\n  evenkeel services')
    .action(async (_, command: Command) => {
      const context = cliContext(command);
      const answer = z
        .object({ services: z.array(serviceStatus) })
        .parse(await context.api.get('/api/v1/services'));
      context.show(answer.services, () => list(answer.services, context));
      if (answer.services.some(({ level }) => level !== 'full_service')) process.exitCode = 2;
    });
  services
    .command('show')
    .description('one service: its ladder, breakers, gates and what it depends on')
    .argument('<service>')
    .addHelpText('after', '\nExample:\n  evenkeel services show moderation')
    .action(async (name: string, _, command: Command) => {
      const context = cliContext(command);
      const one = serviceStatus.parse(await context.api.get(`/api/v1/services/${encodeURIComponent(name)}`));
      context.show(one, () => page(one, context));
    });
}
