import { describeError } from '@evenkeel/core';
import type { Command } from 'commander';

/**
 * Runs the command that the arguments name. What goes wrong is one sentence on standard error, not a stack.
 * @returns the exit code: what the command set, 1 when it failed
 */
export async function runCommand(program: Command, argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    console.error(`error: ${describeError(error)}`);
    return 1;
  }
}
