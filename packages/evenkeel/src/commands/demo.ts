import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EvenkeelError } from '@evenkeel/core';
import type { Command } from 'commander';

const STORY = 'examples/moderation/dist/demo.js';

/** Where the flagship's story is: in the folder one stands in, or in the repository that this program was built in. */
function storyFile(): string {
  const inRepository = fileURLToPath(new URL(`../../../../${STORY}`, import.meta.url));
  const found = [resolve(STORY), inRepository].find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new EvenkeelError(
    'not_found',
    'the demo runs the flagship, which is in the repository and not in this package: clone it, run "npm start" once, then "npx evenkeel demo" there',
  );
}

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('the flagship in trouble, told as it happens: load, fault, incident, mitigation, budgets')
    .option('--fast', 'shorter looks: one or two minutes instead of about six')
    .addHelpText('after', '\nExample:\n  evenkeel demo --fast')
    .action(async (options, command: Command) => {
      const args = [
        storyFile(),
        ...(options.fast === true ? ['--fast'] : []),
        ...(command.optsWithGlobals().json === true ? ['--json'] : []),
      ];
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      // The story ends its own processes; it gets the terminal's Ctrl-C itself.
      const wait = (): void => {};
      process.on('SIGINT', wait);
      process.exitCode = await new Promise<number>((ended, failed) => {
        child.on('error', failed);
        child.on('close', (code) => ended(code ?? 1));
      });
      process.off('SIGINT', wait);
    });
}
