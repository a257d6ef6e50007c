import { isIPv4 } from 'node:net';
import { parseArgs } from 'node:util';

const MAX_RATE = 2_000;
const MAX_SECONDS = 600;
export const MAX_REQUESTS = 100_000;

/** One run of load. */
export interface Plan {
  readonly url: URL;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Class that the requests ask for; `mix`: 5, 15, 30 and 50 % of them. */
  readonly priority: number | 'mix';
  readonly deadlineMs: number | undefined;
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new Error(`--${name}: expected a number from ${least} to ${most}, found "${text}"`);
  return value;
}

function loopback(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'http:') throw new Error(`--url: "${text}" is not an http URL`);
  const { hostname } = url;
  const own =
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
  if (!own) throw new Error(`--url: ${hostname} is not this machine; load is sent to loopback only`);
  return url;
}

/**
 * Reads the command line. Rate, time and number are bounded, and the target is this machine.
 * @throws Error that says what was expected
 */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4100/v1/predict/moderation' },
      rate: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '10' },
      priority: { type: 'string', default: 'mix' },
      'deadline-ms': { type: 'string' },
    },
  });
  const rate = number('rate', values.rate, 0.1, MAX_RATE);
  const seconds = number('seconds', values.seconds, 0.1, MAX_SECONDS);
  if (rate * seconds > MAX_REQUESTS)
    throw new Error(`${Math.round(rate * seconds)} requests are more than the ${MAX_REQUESTS} of one run`);
  const deadline = values['deadline-ms'];
  return {
    url: loopback(values.url),
    rate,
    seconds,
    priority: values.priority === 'mix' ? 'mix' : Math.floor(number('priority', values.priority, 0, 3)),
    deadlineMs: deadline === undefined ? undefined : number('deadline-ms', deadline, 1, 60_000),
  };
}
