import { type Logger, pino } from 'pino';

export type Log = Logger;

/** One JSON line per event on standard error; `EVENKEEL_LOG` sets the level (default `info`). */
export function openLog(env: Readonly<Record<string, string | undefined>>): Log {
  const level = env.EVENKEEL_LOG ?? 'info';
  const known = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(level);
  return pino({ level: known ? level : 'info', base: null }, pino.destination({ dest: 2, sync: true }));
}
