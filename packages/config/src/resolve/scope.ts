import { isAbsolute, join } from 'node:path';
import { nearestName } from '@evenkeel/core';
import type { PathStep, SourceDocument } from '../document.ts';
import type { Problem } from '../problem.ts';
import { type Secret, secret } from '../secret.ts';
import type { Address } from '../service-config.ts';

/** What resolving a file needs: where things are, the environment, and where mistakes go. */
export interface Scope {
  fail(at: readonly PathStep[], message: string, hint?: string, where?: 'key' | 'value'): void;
  warn(at: readonly PathStep[], message: string, hint?: string): void;
  /** A name that must be one of `known`; the nearest right one is the hint. */
  reference(at: readonly PathStep[], name: string, known: Iterable<string>, what: string): boolean;
  secret(at: readonly PathStep[], reference: { readonly env: string }): Secret;
  address(at: readonly PathStep[], url: string | { readonly env: string }): Address;
  /** A file named in the file, relative to it; a problem when it is not there. */
  file(at: readonly PathStep[], name: string): string;
}

export function scopeOf(
  document: SourceDocument,
  host: {
    readonly directory: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly exists: ((path: string) => boolean) | undefined;
  },
  problems: Problem[],
  warnings: Problem[],
  /** Places about which nothing is said. */
  silent: (at: readonly PathStep[]) => boolean = () => false,
): Scope {
  const scope: Scope = {
    fail(at, message, hint, where) {
      if (!silent(at)) problems.push(document.problem(at, message, hint, where));
    },
    warn: (at, message, hint) =>
      warnings.push({ ...document.problem(at, message, hint), severity: 'warning' }),
    reference(at, name, known, what) {
      const names = [...known];
      if (names.includes(name)) return true;
      const near = nearestName(name, names);
      const list = names.length === 0 ? `this file has no ${what}` : `there are ${names.join(', ')}`;
      scope.fail(at, `there is no ${what} "${name}"`, near === undefined ? list : `did you mean "${near}"?`);
      return false;
    },
    secret(at, { env }) {
      const value = host.env[env];
      if (value === undefined || value === '') {
        const near = nearestName(env, Object.keys(host.env));
        scope.fail(
          [...at, 'env'],
          `the environment has no variable ${env}`,
          near === undefined ? `set it: ${env}=…` : `did you mean ${near}?`,
        );
      }
      return secret(env, value ?? '');
    },
    address: (at, url) => (typeof url === 'string' ? url : scope.secret(at, url)),
    file(at, name) {
      const path = isAbsolute(name) ? name : join(host.directory, name);
      if (host.exists !== undefined && !host.exists(path))
        scope.fail(at, `there is no file ${path}`, 'paths are relative to this file');
      return path;
    },
  };
  return scope;
}
