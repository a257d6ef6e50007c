#!/usr/bin/env node
import { jsonSchema } from '@evenkeel/config';
import { Command, InvalidArgumentError, Option } from 'commander';
import { checkFile, report } from './check.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommands } from './commands/backup.ts';
import { doctorCommand } from './commands/doctor.ts';
import { keysCommand } from './commands/keys.ts';
import { queuesCommand } from './commands/queues.ts';
import { sloCommand } from './commands/slo.ts';
import { runCommand } from './run-command.ts';
import { serveUntilSignal } from './serve-command.ts';
import { VERSION } from './version.ts';

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('expected a port between 0 and 65535');
}

const program = new Command('evenkeel')
  .description('The reliability layer for AI services.')
  .version(VERSION)
  .option('--json', 'print JSON instead of text')
  .showHelpAfterError('(run with --help for the commands)')
  .configureHelp({ showGlobalOptions: true });

program
  .command('serve')
  .description('serve the services that the files describe: gateway and control plane')
  .argument('<file...>', 'service files (evenkeel.yaml)')
  .option('--port <n>', 'port of the gateway', port, port(process.env.EVENKEEL_GATEWAY_PORT ?? '4100'))
  .option(
    '--control-port <n>',
    'port of the control plane',
    port,
    port(process.env.EVENKEEL_CONTROL_PORT ?? '4101'),
  )
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option(
    '--data-dir <dir>',
    'where the embedded database lives',
    process.env.EVENKEEL_DATA_DIR ?? '.evenkeel',
  )
  .addOption(
    new Option('--role <role>', 'what this process does; gateway and control need DATABASE_URL')
      .choices(['all', 'gateway', 'control'])
      .default('all'),
  )
  .option('--drain <seconds>', 'how long SIGTERM waits for requests in flight', Number, 30)
  .addHelpText('after', '\nExample:\n  evenkeel serve examples/moderation/evenkeel.yaml --port 4100')
  .action(async (files: string[], options) => {
    process.exitCode = await serveUntilSignal({
      files,
      gatewayPort: options.port,
      controlPort: options.controlPort,
      host: options.host,
      dataDir: options.dataDir,
      role: options.role,
      databaseUrl: process.env.DATABASE_URL,
      drainMs: options.drain * 1_000,
    });
  });

program
  .command('check')
  .description('validate service files; every mistake with its line, column and the nearest right name')
  .argument('[file...]', 'service files (evenkeel.yaml)')
  .option('--schema', 'print the JSON Schema of the file, for editors')
  .addHelpText(
    'after',
    '\nExamples:\n  evenkeel check evenkeel.yaml\n  evenkeel check --schema > evenkeel.schema.json',
  )
  .action((files: string[], options) => {
    if (options.schema === true) {
      console.log(JSON.stringify(jsonSchema(), null, 2));
      return;
    }
    if (files.length === 0) program.error('error: name at least one file, or --schema');
    const results = files.map((file) => checkFile(file, process.env));
    if (program.opts().json === true) {
      const plain = results.map((checked) => ({
        file: checked.path,
        ok: checked.ok,
        service: checked.ok ? checked.service.name : undefined,
        problems: checked.ok ? checked.warnings : checked.problems,
      }));
      console.log(JSON.stringify(plain, null, 2));
    } else {
      const color = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
      for (const checked of results) console.log(report(checked, color));
    }
    if (results.some((checked) => !checked.ok)) process.exitCode = 1;
  });

sloCommand(program);
keysCommand(program);
backupCommands(program);
doctorCommand(program);
queuesCommand(program);
auditCommand(program);

process.exitCode = await runCommand(program, process.argv);
