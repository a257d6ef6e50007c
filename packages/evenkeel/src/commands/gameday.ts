import type { Command } from 'commander';
import { Option } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';

const day = z.object({
  id: z.string(),
  scenario: z.string(),
  service: z.string(),
  title: z.string(),
  mode: z.string(),
  phase: z.string(),
  facilitator: z.string(),
  elapsed_ms: z.number(),
  met: z.number(),
  criteria: z.number(),
});
const wholeDay = day.extend({
  duration_ms: z.number(),
  story: z.string(),
  participants: z.array(z.object({ name: z.string(), role: z.string() })),
  injects: z.array(z.looseObject({ name: z.string(), atMs: z.number().optional(), given: z.boolean() })),
  scores: z.array(z.object({ criterion: z.string(), status: z.string(), reason: z.string() })),
  log: z.array(z.object({ elapsedMs: z.number(), by: z.string(), kind: z.string(), text: z.string() })),
});
const scenario = z.object({
  name: z.string(),
  service: z.string(),
  title: z.string(),
  duration_ms: z.number().nullish(),
  problems: z.array(z.unknown()),
});

type WholeDay = z.output<typeof wholeDay>;
const path = (id: string): string => `/api/v1/gamedays/${encodeURIComponent(id)}`;

function page(one: WholeDay, columns: number): string {
  const timer = `${span(one.elapsed_ms)} of ${span(one.duration_ms)}`;
  return [
    `${one.id}  ${one.title}  ${one.mode}, ${one.phase}, ${timer}, facilitated by ${one.facilitator}`,
    one.story,
    `who: ${one.participants.map(({ name, role }) => `${name} (${role})`).join(', ') || 'nobody yet'}`,
    table(
      ['inject', 'at', 'given'],
      one.injects.map(({ name, atMs, given }) => [
        name,
        atMs === undefined ? 'by hand' : span(atMs),
        given ? 'yes' : 'no',
      ]),
      columns,
    ),
    table(
      ['at', 'kind', 'who', 'what'],
      one.log.slice(-20).map(({ elapsedMs, kind, by, text }) => [span(elapsedMs), kind, by, text]),
      columns,
    ),
  ].join('\n\n');
}

/** `gameday`: playing trouble through, with people. */
export function gamedayCommand(program: Command): void {
  const gameday = program.command('gameday').description('game days: play trouble through, with people');
  gameday
    .command('list', { isDefault: true })
    .description('game days, and the scenarios that can be played')
    .action(async (_, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const answer = z
        .object({ gamedays: z.array(day), scenarios: z.array(scenario) })
        .parse(await api.get('/api/v1/gamedays'));
      show(answer, () =>
        [
          table(
            ['scenario', 'service', 'for', 'what'],
            answer.scenarios.map((one) => [
              one.name,
              one.service,
              one.duration_ms == null ? '–' : span(one.duration_ms),
              one.problems.length === 0 ? one.title : 'cannot be read: see --json',
            ]),
            columns,
          ),
          table(
            ['id', 'scenario', 'mode', 'phase', 'met', 'facilitator'],
            answer.gamedays.map((one) => [
              one.id,
              one.scenario,
              one.mode,
              one.phase,
              `${one.met} of ${one.criteria}`,
              one.facilitator,
            ]),
            columns,
          ),
        ].join('\n\n'),
      );
    });
  gameday
    .command('show')
    .description('one game day: the facilitator’s page')
    .argument('<id>', 'as "gameday list" shows it')
    .action(async (id: string, _, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const one = wholeDay.parse(await api.get(path(id)));
      show(one, () => page(one, columns));
    });
  gameday
    .command('start')
    .description('plan a game day and start it')
    .argument('<scenario>', 'its name')
    .addOption(
      new Option(
        '--mode <mode>',
        'tabletop breaks nothing, live runs the experiments, dry only says what it would run',
      )
        .choices(['tabletop', 'live', 'dry'])
        .default('tabletop'),
    )
    .option(
      '--with <who=role...>',
      'who plays what: --with "ada=incident commander" --with "bob=on call"',
      [],
    )
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel gameday start provider_bad_hour --mode live --with "ada=on call"',
    )
    .action(async (name: string, options, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const participants = z
        .array(z.string())
        .parse(options.with)
        .map((pair) => {
          const cut = pair.indexOf('=');
          return { name: pair.slice(0, cut < 0 ? undefined : cut), role: cut < 0 ? '' : pair.slice(cut + 1) };
        });
      const planned = wholeDay.parse(
        await api.send('POST', '/api/v1/gamedays', { scenario: name, mode: options.mode, participants }),
      );
      const one = wholeDay.parse(await api.send('POST', `${path(planned.id)}/start`));
      show(one, () => page(one, columns));
    });

  const says = (
    name: string,
    description: string,
    argument: readonly [string, string],
    send: (text: string, as: string | undefined) => readonly [string, unknown],
  ): void => {
    gameday
      .command(name)
      .description(description)
      .argument('<id>', 'of the game day')
      .argument(argument[0], argument[1])
      .option('--as <who>', 'somebody who takes part and has no key')
      .action(async (id: string, text: string, options, command: Command) => {
        const { api, show } = cliContext(command);
        const [where, body] = send(text, options.as);
        const one = wholeDay.parse(await api.send('POST', `${path(id)}/${where}`, body));
        show(one, () => {
          const last = one.log.at(-1);
          return last === undefined ? one.id : `${span(last.elapsedMs)}  ${last.by}: ${last.text}`;
        });
      });
  };
  const spoken = (text: string, as: string | undefined): object =>
    as === undefined ? { text } : { text, as };
  says('inject', 'give an inject now', ['<inject>', 'its name'], (inject) => ['injects', { inject }]);
  says('note', 'write down what was seen', ['<text>', 'what'], (text, as) => ['notes', spoken(text, as)]);
  says('decide', 'write down what was decided', ['<text>', 'what'], (text, as) => [
    'decisions',
    spoken(text, as),
  ]);
  says('finding', 'write down what was learned', ['<text>', 'what'], (text, as) => [
    'findings',
    spoken(text, as),
  ]);
  says('end', 'end it, and stop what it has started', ['[reason]', 'why'], (reason) => [
    'end',
    reason === undefined ? {} : { reason },
  ]);
  gameday
    .command('action')
    .description('what is done about a finding')
    .argument('<id>', 'of the game day')
    .argument('<finding>', 'its number, from 1', Number)
    .argument('<text>', 'what')
    .requiredOption('--owner <who>', 'who does it')
    .option('--due <date>', 'until when, as 2027-01-31')
    .action(async (id: string, finding: number, text: string, options, command: Command) => {
      const { api, show } = cliContext(command);
      const body = {
        finding,
        text,
        owner: options.owner,
        ...(options.due === undefined ? {} : { due: options.due }),
      };
      const one = wholeDay.parse(await api.send('POST', `${path(id)}/actions`, body));
      show(one, () => `${options.owner}: ${text}`);
    });
  gameday
    .command('close')
    .description('close it, when every finding has an action item')
    .argument('<id>', 'of the game day')
    .action(async (id: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      const one = wholeDay.parse(await api.send('POST', `${path(id)}/close`));
      show(one, () => `${one.id}: ${one.phase}`);
    });
  gameday
    .command('score')
    .description(
      'the success criteria, from the record; exit code 2 when one was missed, 4 when one is not known',
    )
    .argument('<id>', 'of the game day')
    .action(async (id: string, _, command: Command) => {
      const { api, show, columns } = cliContext(command);
      const { scores } = wholeDay.parse(await api.get(path(id)));
      show(scores, () =>
        table(
          ['criterion', 'result', 'what the record says'],
          scores.map(({ criterion, status, reason }) => [criterion, status, reason]),
          columns,
        ),
      );
      process.exitCode = scores.some(({ status }) => status === 'missed')
        ? 2
        : scores.some(({ status }) => status === 'unknown')
          ? 4
          : 0;
    });
  gameday
    .command('report')
    .description('the report, in Markdown')
    .argument('<id>', 'of the game day')
    .option('--html', 'as a page of its own')
    .action(async (id: string, options, command: Command) => {
      const { api, print } = cliContext(command);
      print(
        (
          await api.text(`${path(id)}/report?format=${options.html === true ? 'html' : 'markdown'}`)
        ).trimEnd(),
      );
    });
}
