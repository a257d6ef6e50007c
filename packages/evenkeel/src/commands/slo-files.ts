import { readFileSync } from 'node:fs';
import {
  formatProblems,
  fromObjectives,
  inlineReferences,
  type Problem,
  printOpenSlo,
  printRules,
  prometheusRules,
  readOpenSlo,
  testObjective,
  toObjectives,
} from '@evenkeel/config';
import { EvenkeelError, type Objective } from '@evenkeel/core';
import { type Command, Option } from 'commander';
import { checkFile } from '../check.ts';
import { cliContext } from '../cli-context.ts';
import { table } from '../output.ts';

const OPENSLO = /^\s*-?\s*"?apiVersion"?\s*:\s*"?openslo\//m;

function refuse(problems: readonly Problem[], source: string): never {
  throw new EvenkeelError('config_invalid', formatProblems(problems, { color: false, source }));
}

function openSlo(text: string, file: string) {
  const read = readOpenSlo(text, file);
  if (read.problems.length > 0) refuse(read.problems, text);
  return read;
}

/** Objectives of a service file, or of OpenSLO documents. @throws EvenkeelError with every mistake */
function objectivesOf(file: string): readonly Objective[] {
  const text = readFileSync(file, 'utf8');
  if (!OPENSLO.test(text)) {
    const checked = checkFile(file, process.env);
    return checked.ok ? checked.service.objectives : refuse(checked.problems, text);
  }
  const read = openSlo(text, file);
  const made = toObjectives(read.documents);
  const said = [...read.warnings, ...made.warnings, ...made.problems];
  if (said.length > 0) console.error(formatProblems(said, { color: false, source: text }));
  return made.objectives;
}

function exportAs(format: string, files: readonly string[]): string {
  if (format === 'openslo') {
    const documents = files.flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      // OpenSLO stays OpenSLO, with what it refers to put in place.
      if (OPENSLO.test(text)) {
        const inlined = inlineReferences(openSlo(text, file).documents);
        if (inlined.problems.length > 0) refuse(inlined.problems, text);
        return inlined.documents.map(({ document }) => document);
      }
      const { documents: written, refused } = fromObjectives(objectivesOf(file));
      for (const { objective, reason } of refused) console.error(`${objective}: ${reason}`);
      return written;
    });
    return printOpenSlo(documents);
  }
  const { groups, notes } = prometheusRules(files.flatMap(objectivesOf));
  for (const { objective, note } of notes) console.error(`${objective}: ${note}`);
  return printRules(groups);
}

/** What `slo` does with files alone, without a control plane. */
export function sloFileCommands(slo: Command): void {
  slo
    .command('export')
    .description('objectives of files, for other systems; what they cannot say is told on standard error')
    .argument('<file...>', 'service files or OpenSLO files')
    .addOption(
      new Option('--as <format>', 'what to write').choices(['openslo', 'prometheus']).default('openslo'),
    )
    .addHelpText('after', '\nExample:\n  evenkeel slo export evenkeel.yaml --as prometheus > rules.yaml')
    .action((files: string[], options) => {
      console.log(exportAs(options.as, files).trimEnd());
    });
  slo
    .command('import')
    .description('reads OpenSLO v1 and shows what it comes to here')
    .argument('<file...>', 'OpenSLO files')
    .action((files: string[], _, command: Command) => {
      const { show, columns } = cliContext(command);
      const objectives = files.flatMap(objectivesOf);
      show(objectives, () =>
        table(
          ['service', 'objective', 'category', 'from', 'description'],
          objectives.map((one) => [one.service, one.name, one.category, one.source.kind, one.description]),
          columns,
        ),
      );
    });
  slo
    .command('test')
    .description('runs a file of events and expectations against an objective, as promtool does for rules')
    .argument('<test>', 'file with series and expectations')
    .argument('<file...>', 'service files or OpenSLO files with the objectives')
    .action((test: string, files: string[], _, command: Command) => {
      const { show } = cliContext(command);
      const text = readFileSync(test, 'utf8');
      const result = testObjective(text, test, files.flatMap(objectivesOf));
      show(result, () =>
        result.ok
          ? `${result.checks} expectations hold`
          : formatProblems(result.problems, { color: false, source: text }),
      );
      if (!result.ok) process.exitCode = 1;
    });
}
