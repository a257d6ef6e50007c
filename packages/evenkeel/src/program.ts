import { nearestName } from '@evenkeel/core';
import { Command } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { backupCommands } from './commands/backup.ts';
import { chaosCommand } from './commands/chaos.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { demoCommand } from './commands/demo.ts';
import { directivesCommand } from './commands/directives.ts';
import { doctorCommand } from './commands/doctor.ts';
import { EXAMPLES } from './commands/examples.ts';
import { factCommands } from './commands/facts.ts';
import { gamedayCommand } from './commands/gameday.ts';
import { incidentsCommand } from './commands/incidents.ts';
import { initCommand } from './commands/init.ts';
import { keysCommand } from './commands/keys.ts';
import { modelsCommand } from './commands/models.ts';
import { monitorsCommand } from './commands/monitors.ts';
import { outboxCommand } from './commands/outbox.ts';
import { queuesCommand } from './commands/queues.ts';
import { replayCommand } from './commands/replay.ts';
import { requestsCommand } from './commands/requests.ts';
import { schedulesCommand } from './commands/schedules.ts';
import { serveCommand } from './commands/serve.ts';
import { servicesCommand } from './commands/services.ts';
import { silencesCommand } from './commands/silences.ts';
import { sloCommand } from './commands/slo.ts';
import { topCommand } from './commands/top.ts';
import { trainCommand } from './commands/train.ts';
import { VERSION } from './version.ts';

/** Under which heading of `--help` the commands stand. */
const GROUPS: readonly (readonly [string, readonly ((program: Command) => void)[]])[] = [
  ['Begin:', [initCommand, checkCommand, serveCommand, doctorCommand, demoCommand, replayCommand]],
  ['See:', [topCommand, servicesCommand, sloCommand, monitorsCommand, requestsCommand]],
  ['Act:', [incidentsCommand, directivesCommand, queuesCommand, silencesCommand, schedulesCommand]],
  ['Break:', [chaosCommand, gamedayCommand]],
  ['Train:', [trainCommand, modelsCommand]],
  ['Tell:', [factCommands, outboxCommand]],
  ['Keep:', [keysCommand, auditCommand, backupCommands, completionCommand]],
];

/** The command that the first words of a line name; undefined when they name none. */
function commandOf(program: Command, words: string): Command | undefined {
  let command = program;
  for (const word of words.split(' ')) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) break;
    command = child;
  }
  return command === program ? undefined : command;
}

/** `incidents lits` is a misspelt verb, not an argument too many of the one that is left out. */
function nameUnknownVerbs(noun: Command): void {
  const unsaid = noun.commands.find((verb) => verb.name() === 'list');
  if (unsaid === undefined || unsaid.registeredArguments.length > 0) return;
  unsaid.allowExcessArguments(true).hook('preAction', () => {
    const [word] = unsaid.args;
    if (word === undefined) return;
    const verbs = noun.commands.map((verb) => verb.name());
    const near = nearestName(word, verbs);
    const meant = near === undefined ? `it has ${verbs.join(', ')}` : `did you mean ${near}?`;
    noun.error(`error: unknown command '${word}' of ${noun.name()}; ${meant}`);
  });
}

/** The whole command line: what is run, documented and completed is this tree. */
export function evenkeelProgram(): Command {
  const program = new Command('evenkeel')
    .description('The reliability layer for AI services.')
    .version(VERSION)
    .option('--json', 'print JSON instead of text')
    .showHelpAfterError('(run with --help for the commands)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      [
        '',
        'Environment:',
        '  EVENKEEL_URL           control plane elsewhere (default: this machine, port 4101)',
        '  EVENKEEL_KEY           key to it (default: the one that "serve" left in the data directory)',
        '  EVENKEEL_DATA_DIR      data directory (default .evenkeel)',
        '  NO_COLOR               no colour',
        '',
        'Exit codes: 0 done; 1 it failed, or the input is wrong; 2 what was looked at is not well.',
      ].join('\n'),
    );
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of commands) add(program);
  }
  for (const words of EXAMPLES) {
    commandOf(program, words)?.addHelpText('after', `\nExample:\n  evenkeel ${words}`);
  }
  for (const noun of program.commands) nameUnknownVerbs(noun);
  return program;
}
