import { redactText } from '@evenkeel/core';
import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

/** Fields that no line may carry, at the top or one level down, whoever writes it. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'key',
  'apiKey',
  'headers',
  'body',
  'payload',
  'input',
  'output',
];

/** Characters of a reason: an upstream's error message may be a page. */
const LONGEST_REASON = 500;

/**
 * One JSON line per event on standard error; `EVENKEEL_LOG` sets the level (default `info`). Fields that hold secrets or
 * payloads are replaced by `[secret]`, and so are secrets in reasons.
 * @param destination where lines go instead, for tests
 */
export function openLog(
  env: Readonly<Record<string, string | undefined>>,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Log {
  const level = env.EVENKEEL_LOG ?? 'info';
  const known = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(level);
  return pino(
    {
      level: known ? level : 'info',
      base: null,
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
      serializers: {
        reason: (reason: unknown) =>
          typeof reason === 'string' ? redactText(reason, LONGEST_REASON) : reason,
      },
    },
    destination,
  );
}
