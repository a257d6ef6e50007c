import { BUILTINS, type EvenkeelError, isBuiltinName, isEvenkeelError } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { Scope } from './scope.ts';

/** What a rung's reader says: `with.patterns[3].weight: expected a number, got "x"; perhaps …`. */
const SAID = /^with((?:\.[^.[\]:]+|\[\d+\])*): (.*)$/s;
const UNKNOWN = /^unknown field "([^"]+)", expected one of (.*?)(?:; perhaps (.*))?$/s;

function stepsOf(path: string): PathStep[] {
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

/**
 * Checks what a file says as the data of a built-in rung, by the reader that the rung itself uses when it starts. Data
 * that stand in a file of their own are read when the service starts.
 * @param at place of the rung
 */
export function checkRungData(use: string, data: unknown, at: readonly PathStep[], scope: Scope): void {
  if (!isBuiltinName(use)) return;
  if (typeof data === 'object' && data !== null && 'file' in data) return;
  try {
    BUILTINS[use].create(data ?? {}, {
      // Nothing is asked of the rung: it is made and forgotten.
      clock: { now: () => 0, wall: () => 0 },
      hold: () => ({ accepted: false, reason: 'only checked' }),
    });
  } catch (error) {
    if (!isEvenkeelError(error)) throw error;
    report(use, error, data, at, scope);
  }
}

function report(
  use: string,
  error: EvenkeelError,
  data: unknown,
  at: readonly PathStep[],
  scope: Scope,
): void {
  const said = SAID.exec(error.message);
  if (said === null) {
    scope.fail([...at, 'with'], `${use}: ${error.message}`);
    return;
  }
  const [, path = '', words = ''] = said;
  const steps = stepsOf(path);
  // A rung that has no data at all has no `with` to point at.
  const place = data === undefined ? [...at, 'use'] : [...at, 'with', ...steps];
  const unknown = UNKNOWN.exec(words);
  if (unknown === null) {
    const missing = words.endsWith(', got nothing');
    const field = steps.at(-1);
    const message =
      missing && field !== undefined
        ? `${use} needs ${data === undefined ? 'with.' : ''}${String(field)}: ${words.slice(0, -', got nothing'.length)}`
        : words.replace(/, got (?=[^,]*$)/, ', found ');
    scope.fail(place, message);
    return;
  }
  const [, name = '', known = '', near] = unknown;
  const hint = near === undefined ? `known here: ${known}` : `did you mean "${near}"?`;
  scope.fail([...place, name], `"${name}" is not known here`, hint, 'key');
}
