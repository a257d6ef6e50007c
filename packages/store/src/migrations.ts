import { createHash } from 'node:crypto';
import type { Dialect } from './database.ts';
import { STEPS } from './migration-steps.ts';
import { Refusal } from './refusal.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** One statement each. */
  readonly statements: readonly string[];
  /** SHA-256 of the statements: a step that was edited after it was released is found by it. */
  readonly checksum: string;
}

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** What the names of types are in each dialect. PostgreSQL orders text by its locale unless told; SQLite by bytes. */
const TYPES: Readonly<Record<Dialect, Readonly<Record<string, string>>>> = {
  sqlite: {
    TEXT: 'text',
    INTEGER: 'integer',
    REAL: 'real',
    BYTES: 'blob',
    CURSOR: 'integer primary key autoincrement',
    STRICT: ' strict',
  },
  postgres: {
    TEXT: 'text collate "C"',
    INTEGER: 'bigint',
    REAL: 'double precision',
    BYTES: 'bytea',
    CURSOR: 'bigint generated always as identity primary key',
    STRICT: '',
  },
};

function migrationsOf(dialect: Dialect): readonly Migration[] {
  return STEPS.map(({ name, ddl }, i) => {
    const statements = ddl.map((line) =>
      line.replace(
        /\$(TEXT|INTEGER|REAL|BYTES|CURSOR|STRICT)\b/g,
        (_match, type: string) => TYPES[dialect][type] ?? '',
      ),
    );
    const checksum = createHash('sha256').update(statements.join(';\n')).digest('hex');
    return { version: i + 1, name, statements, checksum };
  });
}

export const MIGRATIONS: Readonly<Record<Dialect, readonly Migration[]>> = {
  sqlite: migrationsOf('sqlite'),
  postgres: migrationsOf('postgres'),
};

/** Where the applied steps are written down, the same in both dialects. */
export const MIGRATION_TABLE: string = `create table if not exists schema_migration (
  version integer primary key, name text not null, checksum text not null, applied_at bigint not null)`;

/** The number that locks of PostgreSQL are named by; "evenkeel" would not fit. */
export const MIGRATION_LOCK = 4_100_410_101;

/**
 * What is left to run.
 * @param where the file or the database, for the message
 * @throws Refusal config_invalid when the schema is newer than this program, or a step differs from the one that ran
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
  where: string,
): readonly Migration[] {
  const newest = Math.max(0, ...applied.map((step) => step.version));
  if (newest > known.length) {
    throw new Refusal(
      'config_invalid',
      `${where} has schema ${newest}, this program knows up to ${known.length}: use the evenkeel that wrote it, or a newer one`,
    );
  }
  for (const step of applied) {
    const ours = known[step.version - 1];
    if (ours === undefined || ours.checksum !== step.checksum) {
      throw new Refusal(
        'config_invalid',
        `${where}: step ${step.version} of the schema (${step.name}) is not the one that this program has. ` +
          'Either was edited after its release; restore the matching program or a backup',
      );
    }
  }
  const missing = known.find(
    ({ version }) => version < newest && !applied.some((step) => step.version === version),
  );
  if (missing !== undefined) {
    throw new Refusal(
      'config_invalid',
      `${where}: step ${missing.version} of the schema (${missing.name}) is not recorded although step ${newest} is`,
    );
  }
  return known.slice(newest);
}
