import { type Command, InvalidArgumentError, Option } from 'commander';

function port(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('expected a port between 0 and 65535');
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 3_600) return value;
  throw new InvalidArgumentError('expected seconds from 0 to 3600');
}

export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('serve the services that the files describe: gateway and control plane')
    .argument('<file...>', 'service files (evenkeel.yaml)')
    .addOption(
      new Option('--port <n>', 'port of the gateway')
        .argParser(port)
        .default(4_100)
        .env('EVENKEEL_GATEWAY_PORT'),
    )
    .addOption(
      new Option('--control-port <n>', 'port of the control plane')
        .argParser(port)
        .default(4_101)
        .env('EVENKEEL_CONTROL_PORT'),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--data-dir <dir>', 'where the embedded database lives')
        .default('.evenkeel')
        .env('EVENKEEL_DATA_DIR'),
    )
    .addOption(
      new Option('--role <role>', 'what this process does; gateway and control need DATABASE_URL')
        .choices(['all', 'gateway', 'control'])
        .default('all'),
    )
    .option('--drain <seconds>', 'how long SIGTERM waits for requests in flight', seconds, 30)
    .addHelpText('after', '\nExample:\n  evenkeel serve examples/moderation/evenkeel.yaml --port 4100')
    .action(async (files: string[], options) => {
      // Servers, drivers and workers: other commands start in a third of the time without them.
      const { serveUntilSignal } = await import('../serve-command.ts');
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
}
