import { jsonSchema } from '@evenkeel/config';
import { EvenkeelError } from '@evenkeel/core';
import type { Command } from 'commander';
import { checkFile, report } from '../check.ts';
import { cliContext } from '../cli-context.ts';
import { colours } from '../output.ts';

export function checkCommand(program: Command): void {
  program
    .command('check')
    .description('validate service files; every mistake with its line, column and the nearest right name')
    .argument('[file...]', 'service files (evenkeel.yaml)')
    .option('--schema', 'print the JSON Schema of the file, for editors')
    .addHelpText(
      'after',
      '\nExamples:\n  evenkeel check evenkeel.yaml\n  evenkeel check --schema > evenkeel.schema.json',
    )
    .action((files: string[], options, command: Command) => {
      const { print, show } = cliContext(command);
      if (options.schema === true) {
        print(JSON.stringify(jsonSchema(), null, 2));
        return;
      }
      if (files.length === 0) throw new EvenkeelError('bad_request', 'name at least one file, or --schema');
      const results = files.map((file) => checkFile(file, process.env));
      const plain = results.map((checked) => ({
        file: checked.path,
        ok: checked.ok,
        service: checked.ok ? checked.service.name : undefined,
        problems: checked.ok ? checked.warnings : checked.problems,
      }));
      const color = colours(process.env, process.stdout.isTTY === true);
      show(plain, () => results.map((checked) => report(checked, color)).join('\n'));
      if (results.some((checked) => !checked.ok)) process.exitCode = 1;
    });
}
