import { EvenkeelError } from '../kernel/errors.ts';

/** A breaker's state as kept over a restart. Times are wall milliseconds: a new process has another monotonic origin. */
export interface BreakerRecord {
  readonly version: 1;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly manual: 'none' | 'open' | 'closed';
  readonly reason: string;
  /** Wall milliseconds at which it may be probed; only when open. */
  readonly retryAt: number | undefined;
  /** The recovery time that the next opening uses, in milliseconds. */
  readonly recoveryMs: number;
}

/** @throws EvenkeelError config_invalid naming the field that is wrong */
export function parseBreakerRecord(raw: unknown): BreakerRecord {
  const wrong = (field: string, expected: string): never => {
    throw new EvenkeelError('config_invalid', `stored breaker state: ${field} must be ${expected}`);
  };
  if (typeof raw !== 'object' || raw === null) return wrong('it', 'an object');
  const field = (name: string): unknown => Reflect.get(raw, name);
  const state = field('state');
  const manual = field('manual');
  const reason = field('reason');
  const retryAt = field('retryAt');
  const recoveryMs = field('recoveryMs');
  if (field('version') !== 1) return wrong('version', '1');
  if (state !== 'closed' && state !== 'open' && state !== 'half_open')
    return wrong('state', 'closed, open or half_open');
  if (manual !== 'none' && manual !== 'open' && manual !== 'closed')
    return wrong('manual', 'none, open or closed');
  if (manual !== 'none' && manual !== state) return wrong('manual', `none, or ${state} as the state is`);
  if (typeof reason !== 'string') return wrong('reason', 'a text');
  if (typeof recoveryMs !== 'number' || !(recoveryMs > 0) || !Number.isFinite(recoveryMs)) {
    return wrong('recoveryMs', 'a number over 0');
  }
  if (retryAt !== undefined && (typeof retryAt !== 'number' || !Number.isFinite(retryAt))) {
    return wrong('retryAt', 'a number, or absent');
  }
  if (state === 'open' && retryAt === undefined) return wrong('retryAt', 'given while the state is open');
  return { version: 1, state, manual, reason, retryAt, recoveryMs };
}
