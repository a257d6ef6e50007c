// docs/cli.md from the help of the commands themselves. Build first.
//   node scripts/cli-doc.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

// What is documented must not depend on who builds it.
for (const name of Object.keys(process.env)) if (name.startsWith('EVENKEEL_')) delete process.env[name];
const { evenkeelProgram } = await import('../packages/evenkeel/dist/program.js');

const WIDTH = 110;

function helpOf(command) {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

const pathOf = (command) => (command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name());

function section(command, depth) {
  return [
    `${'#'.repeat(depth)} ${pathOf(command)}`,
    '',
    '```text',
    helpOf(command),
    '```',
    '',
    ...command.commands.flatMap((child) => section(child, depth + 1)),
  ];
}

const program = evenkeelProgram();
const text = [
  '# The command line',
  '',
  'Made from the help of the commands by `node scripts/cli-doc.mjs`.',
  '',
  ...section(program, 2),
].join('\n');
const file = join(root, 'docs', 'cli.md');

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') === text) process.exit(0);
  console.error('docs/cli.md is not what the commands say: run node scripts/cli-doc.mjs');
  process.exit(1);
}
writeFileSync(file, text);
