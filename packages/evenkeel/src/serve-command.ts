import { describeError } from '@evenkeel/core';
import { openLog } from './log.ts';
import { type ServeRole, type Serving, serve } from './serve.ts';
import { VERSION } from './version.ts';

export interface ServeCommand {
  readonly files: readonly string[];
  readonly gatewayPort: number;
  readonly controlPort: number;
  readonly host: string;
  readonly dataDir: string;
  readonly role?: ServeRole;
  /** PostgreSQL; the embedded database in the data directory without it. */
  readonly databaseUrl?: string | undefined;
  /** Milliseconds that SIGTERM waits for requests in flight. */
  readonly drainMs: number;
  /** Called when requests are taken; by default the addresses are printed. */
  readonly onReady?: (serving: Serving) => void;
}

/** Serves until SIGTERM or SIGINT, then drains. Resolves with the exit code; a second signal ends it at once. */
export async function serveUntilSignal(command: ServeCommand): Promise<number> {
  const log = openLog(process.env);
  let serving: Serving;
  try {
    serving = await serve({
      ...command,
      role: command.role ?? 'all',
      databaseUrl: command.databaseUrl,
      version: VERSION,
      log,
    });
  } catch (error) {
    console.error(describeError(error));
    return 1;
  }
  const announce =
    command.onReady ??
    (({ gatewayPort, controlPort, key }: Serving) => {
      const lines = [
        ...(gatewayPort === undefined ? [] : [`gateway  http://${command.host}:${gatewayPort}`]),
        `control  http://${command.host}:${controlPort}/api/v1/services`,
        // In the fragment: it is not sent to the server, nor written to anybody's log.
        ...(key === undefined ? [] : [`sign in  http://${command.host}:${controlPort}/#key=${key}`]),
      ];
      console.log(lines.join('\n'));
    });
  announce(serving);

  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) {
        resolve(130);
        return;
      }
      stopping = true;
      log.info({ signal }, 'draining');
      serving.drain(command.drainMs).then(
        (cut) => {
          log.info({ cut }, 'drained');
          resolve(cut === 0 ? 0 : 1);
        },
        (error: unknown) => {
          log.error({ reason: describeError(error) }, 'draining failed');
          resolve(1);
        },
      );
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
