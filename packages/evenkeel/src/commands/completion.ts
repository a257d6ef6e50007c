import { type Command, InvalidArgumentError } from 'commander';
import { cliContext } from '../cli-context.ts';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import { completionTree } from '../completion/tree.ts';

function shell(text: string): Shell {
  const known = SHELLS.find((name) => name === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(`expected ${SHELLS.join(', ')}`);
}

export function completionCommand(program: Command): void {
  program
    .command('completion')
    .description('the completion script of a shell')
    .argument('<shell>', SHELLS.join(', '), shell)
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  eval "$(evenkeel completion bash)"                      in ~/.bashrc',
        `  evenkeel completion zsh > "\${fpath[1]}/_evenkeel"`,
        '  evenkeel completion fish > ~/.config/fish/completions/evenkeel.fish',
      ].join('\n'),
    )
    .action((wanted: Shell, _, command: Command) => {
      const script = completionScript(wanted, completionTree(program));
      cliContext(command).show({ shell: wanted, script }, () => script);
    });
}
