import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, resolve } from 'node:path';
import { describeError, EvenkeelError } from '@evenkeel/core';
import { type Command, Option } from 'commander';
import { checkFile, report } from '../check.ts';
import { cliContext } from '../cli-context.ts';
import { ask, type Question } from '../init/questions.ts';
import { type Answers, isSystem, SYSTEMS, serviceFile, wrongName } from '../init/service-file.ts';

/** The folder's name as a service's. */
function nameHere(): string {
  const name = basename(resolve('.'))
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '');
  return wrongName(name) === undefined ? name : 'my-service';
}

/** What is wrong with an address, by making a file of it. */
function wrongAddress(model: string): string | undefined {
  try {
    serviceFile({ service: 'x', type: 'custom', model, standIn: undefined, owner: 'x' });
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

const QUESTIONS: readonly Question[] = [
  { text: 'What is the service called?', otherwise: nameHere(), wrong: wrongName },
  {
    text: `What kind of system is it (${SYSTEMS.join(', ')})?`,
    otherwise: 'custom',
    wrong: (answer) => (isSystem(answer) ? undefined : `expected one of ${SYSTEMS.join(', ')}`),
  },
  {
    text: 'Where is its model? (…/v1#NAME: OpenAI API; …/v2/models/NAME: Open Inference; else JSON)',
    otherwise: 'http://127.0.0.1:9000/predict',
    wrong: wrongAddress,
  },
  {
    text: 'Where is a cheaper model that can stand in?',
    otherwise: '',
    wrong: (answer) => (answer === '' ? undefined : wrongAddress(answer)),
  },
  { text: 'Who is woken?', otherwise: userInfo().username, wrong: () => undefined },
];

async function answersFrom(given: Partial<Answers> & { yes?: boolean }): Promise<Answers> {
  const fixed = [given.service, given.type, given.model, given.standIn, given.owner];
  const open = QUESTIONS.filter((_, i) => fixed[i] === undefined);
  // Prompts go to standard error: standard output is the result.
  const asked =
    given.yes === true
      ? open.map(({ otherwise = '' }) => otherwise)
      : await ask(open, process.stdin, process.stderr);
  const [service = '', type = '', model = '', standIn = '', owner = ''] = QUESTIONS.map(
    (question, i) => fixed[i] ?? asked[open.indexOf(question)],
  );
  if (!isSystem(type)) throw new EvenkeelError('bad_request', `expected one of ${SYSTEMS.join(', ')}`);
  return { service, type, model, standIn: standIn === '' ? undefined : standIn, owner };
}

/** `init`: five questions, or their answers as options, and a file that passes `check`. */
export function initCommand(program: Command): void {
  program
    .command('init')
    .description('ask five questions and write a service file that passes check')
    .argument('[file]', 'where to', 'evenkeel.yaml')
    .option('--service <name>', 'what it is called')
    .addOption(new Option('--type <type>', 'what kind of system it is').choices(SYSTEMS))
    .option('--model <url>', 'where its model is')
    .option('--stand-in <url>', 'where a cheaper model is; "" for none')
    .option('--owner <name>', 'who is woken')
    .option('-y, --yes', 'take the default of whatever is not said')
    .option('--force', 'write over a file that is there')
    .addHelpText(
      'after',
      '\nExamples:\n  evenkeel init\n  evenkeel init triage.yaml --service triage --model http://127.0.0.1:9000/predict --yes',
    )
    .action(async (file: string, options, command: Command) => {
      const { show } = cliContext(command);
      const there = (): EvenkeelError =>
        new EvenkeelError('conflict', `${file} is there already: name another file, or say --force`);
      if (existsSync(file) && options.force !== true) throw there();
      const text = serviceFile(await answersFrom(options));
      try {
        await writeFile(file, text, { flag: options.force === true ? 'w' : 'wx' });
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw there();
        throw error;
      }
      const checked = checkFile(file, process.env);
      show({ file, ok: checked.ok, service: checked.ok ? checked.service.name : undefined }, () =>
        [report(checked, false), '', `Serve it: evenkeel serve ${file}`].join('\n'),
      );
      if (!checked.ok) process.exitCode = 1;
    });
}
