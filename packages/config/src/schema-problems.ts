import { nearestName } from '@evenkeel/core';
import { z } from 'zod';
import type { PathStep, SourceDocument } from './document.ts';
import type { Problem } from './problem.ts';

/** Keys that an object schema knows, looked up where the issue was raised. */
function knownKeys(instance: unknown): string[] {
  return instance instanceof z.ZodObject ? Object.keys(instance.shape) : [];
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

function valueAt(root: unknown, at: readonly PathStep[]): unknown {
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
): { ok: true; value: T } | { ok: false; problems: Problem[] } {
  const known = new Map<string, string[]>();
  const parsed = schema.safeParse(document.value, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') known.set(issue.keys.join('\0'), knownKeys(issue.inst));
      return undefined;
    },
  });
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems: Problem[] = [];
  const report = (issue: z.core.$ZodIssue, base: PathStep[]): void => {
    const at = [...base, ...steps(issue.path)];
    const found = valueAt(document.value, at);
    switch (issue.code) {
      case 'unrecognized_keys': {
        const keys = known.get(issue.keys.join('\0')) ?? [];
        for (const key of issue.keys) {
          const near = nearestName(key, keys);
          const hint = near === undefined ? `known here: ${keys.join(', ')}` : `did you mean "${near}"?`;
          problems.push(document.problem([...at, key], `"${key}" is not known here`, hint, 'key'));
        }
        return;
      }
      case 'invalid_value': {
        const allowed = issue.values.map(String);
        const near = typeof found === 'string' ? nearestName(found, allowed) : undefined;
        const one = allowed.length === 1 ? `expected ${allowed[0]}` : `expected one of ${allowed.join(', ')}`;
        const message = found === undefined ? `${one}; it is missing` : `${one}, found ${kindOf(found)}`;
        problems.push(
          document.problem(at, message, near === undefined ? undefined : `did you mean "${near}"?`),
        );
        return;
      }
      case 'invalid_type': {
        const wanted = WANTED[issue.expected] ?? issue.expected;
        const missing = found === undefined;
        const last = at.at(-1);
        const message = missing
          ? `"${String(last)}" is missing: expected ${wanted}`
          : `expected ${wanted}, found ${kindOf(found)}`;
        problems.push(document.problem(at, message, undefined, missing ? 'key' : 'value'));
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
          document.problem(at, `expected ${[...new Set(messages)].join(' or ')}, found ${kindOf(found)}`),
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
              : `expected at least ${issue.minimum}${issue.inclusive === false ? ' (and more)' : ''}, found ${kindOf(found)}`,
          ),
        );
        return;
      case 'too_big':
        problems.push(
          document.problem(
            at,
            issue.origin === 'array' || issue.origin === 'string'
              ? issue.message
              : `expected at most ${issue.maximum}, found ${kindOf(found)}`,
          ),
        );
        return;
      default:
        problems.push(document.problem(at, issue.message));
    }
  };
  for (const issue of parsed.error.issues) report(issue, []);
  return { ok: false, problems };
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)),
  );
}
