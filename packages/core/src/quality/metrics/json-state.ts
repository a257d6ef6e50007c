import { EvenkeelError } from '../../kernel/errors.ts';

/** Readers of saved states: what a replica or a disk hands over is not trusted to be what was written. */

export function malformed(what: string): EvenkeelError {
  return new EvenkeelError('bad_request', `The saved state is not one of ours: ${what}.`);
}

export function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

export function readRecord(raw: unknown, what: string): Readonly<Record<string, unknown>> {
  if (!isRecord(raw)) throw malformed(`${what} is not an object`);
  return raw;
}

export function readArray(raw: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(raw)) throw malformed(`${what} is not a list`);
  return raw;
}

export function readFinite(raw: unknown, what: string): number {
  if (typeof raw !== 'number' || !Number.isFinite(raw)) throw malformed(`${what} is not a finite number`);
  return raw;
}

/** A number of 0 or more: a count, a weight. */
export function readAmount(raw: unknown, what: string): number {
  const value = readFinite(raw, what);
  if (value < 0) throw malformed(`${what} is below 0`);
  return value;
}

export function readText(raw: unknown, what: string): string {
  if (typeof raw !== 'string') throw malformed(`${what} is not a text`);
  return raw;
}

/** Numbers, exactly so many. */
export function readFinites(raw: unknown, length: number, what: string): number[] {
  const list = readArray(raw, what);
  if (list.length !== length) throw malformed(`${what} has ${list.length} numbers, not ${length}`);
  return list.map((value) => readFinite(value, what));
}
