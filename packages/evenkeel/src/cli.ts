#!/usr/bin/env node
// Commands are hung into the program in program.ts.
import { evenkeelProgram } from './program.ts';
import { runCommand } from './run-command.ts';

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error) => {
  process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCommand(evenkeelProgram(), process.argv);
