import { nearestName } from '@evenkeel/core';
import { z } from 'zod';
import { dotted, type PathStep, type SourceDocument } from './document.ts';
import type { Problem } from './problem.ts';
import { isSecretPlace } from './secret-places.ts';

/** Keys that an object schema knows, looked up where the issue was raised. */
function knownKeys(instance: unknown): string[] {
  return instance instanceof z.ZodObject ? Object.keys(instance.shape) : [];
}

/** What was found, in words; the value itself only where it cannot be a secret. */
function foundAt(value: unknown, at: readonly PathStep[]): string {
  return isSecretPlace(at) && typeof value === 'string' ? 'a text' : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return `${typeof value === 'boolean' ? '' : 'the number '}${String(value)}`;
}

const WANTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  tuple: 'a list',
};

function typeHint(expected: string, wanted: string, found: unknown): string | undefined {
  if (found === null) return 'fill it in, or take the key out';
  if (expected !== 'string' || typeof found !== 'number') return undefined;
  if (wanted.startsWith('a duration')) return `with its unit: "${found}ms" or "${found}s"`;
  if (wanted.startsWith('a size')) return `with its unit: "${found}B" or "${found}KiB"`;
  return 'put it in quotes: 1.10 without them is the number 1.1';
}

export function valueAt(root: unknown, at: readonly PathStep[]): unknown {
  let value = root;
  for (const step of at) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

const steps = (path: readonly PropertyKey[]): PathStep[] =>
  path.map((step) => (typeof step === 'number' ? step : String(step)));

/** Checks a document against a schema; every mistake is a problem at its own place. */
export function checkSchema<T>(
  document: SourceDocument,
  schema: z.ZodType<T>,
): { ok: true; value: T } | { ok: false; problems: Problem[]; issues: readonly z.core.$ZodIssue[] } {
  const parsed = schema.safeParse(document.value, {
    // An issue does not carry the schema that raised it, so the keys it knows travel as the issue's message.
    error: (issue) => (issue.code === 'unrecognized_keys' ? knownKeys(issue.inst).join(' ') : undefined),
  });
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems: Problem[] = [];
  /** Places that a misspelt key probably meant: that they are empty is no second mistake. */
  const misspelt = new Set<string>();
  const missing: Problem[] = [];
  const report = (issue: z.core.$ZodIssue, base: PathStep[]): void => {
    const at = [...base, ...steps(issue.path)];
    const found = valueAt(document.value, at);
    switch (issue.code) {
      case 'unrecognized_keys': {
        const keys = issue.message.split(' ');
        for (const key of issue.keys) {
          const near = nearestName(key, keys);
          const hint = near === undefined ? `known here: ${keys.join(', ')}` : `did you mean "${near}"?`;
          if (near !== undefined) misspelt.add(dotted([...at, near]));
          problems.push(document.problem([...at, key], `"${key}" is not known here`, hint, 'key'));
        }
        return;
      }
      case 'invalid_value': {
        const allowed = issue.values.map(String);
        const near = typeof found === 'string' ? nearestName(found, allowed) : undefined;
        const one = allowed.length === 1 ? `expected ${allowed[0]}` : `expected one of ${allowed.join(', ')}`;
        const message = found === undefined ? `${one}; it is missing` : `${one}, found ${foundAt(found, at)}`;
        problems.push(
          document.problem(at, message, near === undefined ? undefined : `did you mean "${near}"?`),
        );
        return;
      }
      case 'invalid_type': {
        if (issue.expected === 'object' && typeof found === 'string' && isSecretPlace(at)) {
          const hint = 'put it into the environment and refer to it: { env: NAME }';
          problems.push(document.problem(at, 'a secret does not stand in the file', hint));
          return;
        }
        // A schema's own words are better than the name of a type.
        const wanted = issue.message.startsWith('expected ')
          ? issue.message.slice('expected '.length)
          : (WANTED[issue.expected] ?? issue.expected);
        if (found === undefined) {
          const message = `"${String(at.at(-1))}" is missing: expected ${wanted}`;
          missing.push(document.problem(at, message, undefined, 'key'));
        } else {
          const message = `expected ${wanted}, found ${foundAt(found, at)}`;
          problems.push(document.problem(at, message, typeHint(issue.expected, wanted, found)));
        }
        return;
      }
      case 'invalid_union': {
        // The branch that got furthest is what was meant; branches that disagree on the kind alone are named together.
        const branches = [...issue.errors].sort((a, b) => depth(b) - depth(a));
        const best = branches[0];
        if (best !== undefined && depth(best) > 0) {
          for (const inner of best) report(inner, at);
          return;
        }
        const messages = issue.errors.flatMap((errors) =>
          errors.map((inner) =>
            inner.code === 'invalid_value'
              ? inner.values.map(String).join(', ')
              : inner.code === 'invalid_type'
                ? (WANTED[inner.expected] ?? inner.expected)
                : inner.message.replace(/^expected /, ''),
          ),
        );
        problems.push(
          document.problem(
            at,
            `expected ${[...new Set(messages)].join(' or ')}, found ${foundAt(found, at)}`,
          ),
        );
        return;
      }
      case 'invalid_key':
        problems.push(document.problem(at, issue.issues[0]?.message ?? 'not a valid name', undefined, 'key'));
        return;
      case 'too_small':
        problems.push(
          document.problem(
            at,
            issue.origin === 'array' || issue.origin === 'string'
              ? issue.message
              : `expected at least ${issue.minimum}${issue.inclusive === false ? ' (and more)' : ''}, found ${foundAt(found, at)}`,
          ),
        );
        return;
      case 'too_big':
        problems.push(
          document.problem(
            at,
            issue.origin === 'array' || issue.origin === 'string'
              ? issue.message
              : `expected at most ${issue.maximum}, found ${foundAt(found, at)}`,
          ),
        );
        return;
      default:
        problems.push(document.problem(at, issue.message));
    }
  };
  for (const issue of parsed.error.issues) report(issue, []);
  problems.push(...missing.filter((problem) => !misspelt.has(problem.at)));
  return { ok: false, problems, issues: parsed.error.issues };
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)),
  );
}
