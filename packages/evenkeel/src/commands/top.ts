import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { remoteFrom } from '../api-client.ts';
import { cliContext } from '../cli-context.ts';
import { frame } from '../top/frame.ts';
import { watcher } from '../top/watch.ts';
import { durationMs } from './moment.ts';

const ESC = '\u001B[';
/** The terminal's other screen, without a cursor: what was there before comes back afterwards. */
const ENTER = `${ESC}?1049h${ESC}?25l`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;
const HOME = `${ESC}H`;
const REST_OF_LINE = `${ESC}K`;
const REST_OF_SCREEN = `${ESC}J`;

const CTRL_C = '\u0003';
const clock = { now: () => performance.now(), wall: () => Date.now() };

/** Draws until q, Ctrl-C or a signal. The terminal is left as it was found, whatever happens. */
async function live(every: number, draw: () => Promise<readonly string[]>): Promise<void> {
  const { stdin, stdout } = process;
  const stop = new AbortController();
  const quit = (): void => stop.abort();
  const onKey = (key: Buffer): void => {
    if (['q', 'Q', CTRL_C].includes(key.toString())) quit();
  };
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on('data', onKey);
  process.once('SIGINT', quit);
  process.once('SIGTERM', quit);
  stdout.write(ENTER);
  try {
    while (!stop.signal.aborted) {
      const lines = await draw();
      stdout.write(HOME + lines.map((line) => line + REST_OF_LINE).join('\r\n') + REST_OF_SCREEN);
      await sleep(every, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    stdout.write(LEAVE);
    stdin.off('data', onKey);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
}

/** `top`: services, rungs, load, budgets and incidents, as they are now. */
export function topCommand(program: Command): void {
  program
    .command('top')
    .description('a live view of services, rungs, load, budgets and incidents; q quits')
    .option('--every <duration>', 'how often it looks', durationMs, 1_000)
    .option('--once', 'print one frame and end; it looks twice, so that it has rates')
    .addHelpText('after', '\nExample:\n  evenkeel top --every 2s')
    .action(async (options, command: Command) => {
      const { api, paint, json, columns, print } = cliContext(command);
      const watch = watcher(api, remoteFrom(process.env).url, clock);
      // The first look fails before the screen is taken: its reason stays to be read.
      await watch.look();
      if (json || options.once === true || process.stdout.isTTY !== true) {
        await sleep(options.every);
        const view = await watch.look();
        const size = { columns: Number.isFinite(columns) ? columns : 80, rows: Number.POSITIVE_INFINITY };
        print(
          json
            ? JSON.stringify(
                { ...view, rates: Object.fromEntries(view.rates), shares: Object.fromEntries(view.shares) },
                null,
                2,
              )
            : frame(view, size, paint).join('\n'),
        );
        return;
      }
      await live(options.every, async () => {
        const view = await watch.look();
        return frame(view, { columns: process.stdout.columns, rows: process.stdout.rows }, paint);
      });
    });
}
