import { readFileSync } from 'node:fs';
import { EvenkeelError } from '@evenkeel/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { cliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';
import { clockTime, momentOption } from './moment.ts';

const shift = z.looseObject({
  from: z.number(),
  to: z.number(),
  onCall: z.looseObject({ person: z.string(), via: z.string() }).nullish(),
});
const problem = z.looseObject({ severity: z.string(), text: z.string() });
const schedule = z.looseObject({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  onCall: z.looseObject({ now: shift.nullish(), next: shift.nullish() }),
});
const wholeSchedule = schedule.extend({ shifts: z.array(shift), problems: z.array(problem) });
type Shift = z.output<typeof shift>;

const person = (one: Shift | null | undefined): string => one?.onCall?.person ?? 'nobody';

/** A schedule file: JSON, the body of the API's PUT. */
function readBody(file: string): unknown {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EvenkeelError(
      'bad_request',
      `${file} is not JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

export function schedulesCommand(program: Command): void {
  const schedules = program.command('schedules').description('who is on call, and when');
  schedules
    .command('list', { isDefault: true })
    .description('who is on call now and next; exit code 2 when a schedule has nobody now')
    .action(async (_, command: Command) => {
      const { api, show, columns, paint } = cliContext(command);
      const found = z
        .object({ schedules: z.array(schedule) })
        .parse(await api.get('/api/v1/schedules')).schedules;
      show(found, () =>
        found.length === 0
          ? 'no schedule: make one with "evenkeel schedules put"'
          : table(
              ['id', 'name', 'now', 'until', 'next', 'time zone'],
              found.map((one) => [
                one.id,
                one.name,
                one.onCall.now?.onCall == null ? paint('red', 'nobody') : person(one.onCall.now),
                one.onCall.now == null ? '–' : clockTime(one.onCall.now.to),
                person(one.onCall.next),
                one.timeZone,
              ]),
              columns,
            ),
      );
      if (found.some((one) => one.onCall.now?.onCall == null)) process.exitCode = 2;
    });
  schedules
    .command('show')
    .description('the shifts of one schedule, and the hours in which nobody is on call')
    .argument('<id>')
    .option('--from <moment>', 'since', momentOption)
    .option('--to <moment>', 'until; two weeks unless said', momentOption)
    .action(async (id: string, options, command: Command) => {
      const { api, show, columns, paint } = cliContext(command);
      const query = new URLSearchParams();
      for (const name of ['from', 'to'] as const) {
        if (options[name] !== undefined) query.set(name, String(options[name]));
      }
      const one = wholeSchedule.parse(
        await api.get(`/api/v1/schedules/${encodeURIComponent(id)}?${query.toString()}`),
      );
      show(one, () =>
        [
          `${one.name} (${one.timeZone})`,
          table(
            ['from', 'to', 'for', 'who', 'by'],
            one.shifts.map((turn) => [
              clockTime(turn.from),
              clockTime(turn.to),
              span(turn.to - turn.from),
              turn.onCall == null ? paint('red', 'nobody') : turn.onCall.person,
              turn.onCall?.via ?? '–',
            ]),
            columns,
          ),
          ...one.problems.map(({ severity, text }) =>
            paint(severity === 'error' ? 'red' : 'yellow', `${severity}: ${text}`),
          ),
        ].join('\n'),
      );
    });
  schedules
    .command('put')
    .description('make or change a schedule; the answer names the hours in which nobody is on call')
    .argument('<id>')
    .argument('<file>', 'JSON; - for standard input')
    .addHelpText(
      'after',
      [
        '',
        'Example:',
        '  evenkeel schedules put mail - <<EOF',
        '  {"name":"Mail","timeZone":"Europe/Berlin","layers":[{"name":"weekly","people":["ada","grace"],',
        '   "turnDays":7,"startDay":20000,"handOver":540,"hours":[]}]}',
        '  EOF',
        '',
        'startDay counts days since 1970-01-01, handOver minutes since local midnight.',
      ].join('\n'),
    )
    .action(async (id: string, file: string, _, command: Command) => {
      const { api, show } = cliContext(command);
      const put = z
        .looseObject({ id: z.string(), problems: z.array(problem) })
        .parse(await api.send('PUT', `/api/v1/schedules/${encodeURIComponent(id)}`, readBody(file)));
      show(put, () =>
        [`${put.id} is in force`, ...put.problems.map(({ severity, text }) => `${severity}: ${text}`)].join(
          '\n',
        ),
      );
    });
}
