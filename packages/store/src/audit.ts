import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { canonical, number, optionalNumber, optionalText, stamp, text } from './columns.ts';
import {
  type Database,
  type Dialect,
  plainText,
  type Row,
  rowsOf,
  type Statement,
  statement,
} from './database.ts';
import { builder } from './schema.ts';
import type { Audit, AuditEntry } from './store.ts';

const PAGE = 1_000;

function hashOf(dialect: Dialect, expression: RawBuilder<string>): RawBuilder<string> {
  return dialect === 'sqlite'
    ? sql<string>`evenkeel_sha256(${expression})`
    : sql<string>`encode(sha256(convert_to(${expression}, 'UTF8')), 'hex')`;
}

/** What the hash of an entry covers beside the hash before it: all of its columns. */
function covered(entry: Omit<AuditEntry, 'detail'>, detail: string): string {
  return JSON.stringify([entry.at, entry.by, entry.action, entry.subject, entry.service ?? null, detail]);
}

/**
 * The statements that append entries; other parts put them into operations of their own, last, because the head of the chain
 * is locked from there on. The database computes the hash, over the head that it has locked: nobody can come between.
 */
export function auditStatements(dialect: Dialect, entries: readonly AuditEntry[]): Statement[] {
  const db = builder(dialect);
  return entries.flatMap((entry) => {
    // As the database gives them back: the hash is checked over what is stored.
    const [at, by, action, subject, service]: [number, string, string, string, string | undefined] = [
      stamp(entry.at),
      plainText(entry.by),
      plainText(entry.action),
      plainText(entry.subject),
      entry.service === undefined ? undefined : plainText(entry.service),
    ];
    const detail = canonical(entry.detail);
    const link = sql<string>`hash || cast(${`\n${covered({ at, by, action, subject, service }, detail)}`} as text)`;
    return [
      statement(
        db.updateTable('audit_head').set({ last_id: sql<number>`last_id + 1`, hash: hashOf(dialect, link) }),
      ),
      statement(
        db
          .insertInto('audit_entry')
          .columns(['id', 'at', 'actor', 'action', 'subject', 'service', 'detail', 'hash'])
          .expression((from) =>
            from
              .selectFrom('audit_head')
              .select([
                'last_id',
                sql<number>`cast(${at} as bigint)`.as('at'),
                sql<string>`cast(${by} as text)`.as('actor'),
                sql<string>`cast(${action} as text)`.as('action'),
                sql<string>`cast(${subject} as text)`.as('subject'),
                sql<string | null>`cast(${service ?? null} as text)`.as('service'),
                sql<string>`cast(${detail} as text)`.as('detail'),
                'hash',
              ]),
          ),
        { rows: 1, otherwise: 'the audit log has lost its head' },
      ),
    ];
  });
}

function toEntry(row: Row): AuditEntry & { readonly id: number; readonly hash: string } {
  return {
    id: number(row, 'id'),
    at: number(row, 'at'),
    by: text(row, 'actor'),
    action: text(row, 'action'),
    subject: text(row, 'subject'),
    service: optionalText(row, 'service'),
    detail: JSON.parse(text(row, 'detail')),
    hash: text(row, 'hash'),
  };
}

/** The hash that a row should carry after `before`. */
function expected(before: string, row: Row): string {
  const { detail: _detail, ...entry } = toEntry(row);
  return createHash('sha256')
    .update(`${before}\n${covered(entry, text(row, 'detail'))}`)
    .digest('hex');
}

export function auditLog(database: Database): Audit {
  const db = builder(database.dialect);
  return {
    async append(entries) {
      if (entries.length > 0) await database.run(auditStatements(database.dialect, entries));
    },
    async list(filter) {
      let query = db.selectFrom('audit_entry').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.service !== undefined) query = query.where('service', '=', filter.service);
      if (filter.by !== undefined) query = query.where('actor', '=', filter.by);
      if (filter.action !== undefined) query = query.where('action', '=', filter.action);
      if (filter.before !== undefined) query = query.where('id', '<', filter.before);
      return (await rowsOf(database, query)).map(toEntry);
    },
    async verify() {
      for (;;) {
        const { base, ...found } = await walk(database);
        // A sweep that ran meanwhile moved the beginning of the chain: then what was missed tells nothing.
        if (found.brokenAt === undefined || base === (await ends(database)).base) return found;
      }
    },
  };
}

interface Ends {
  readonly base: number;
  readonly baseHash: string;
  readonly last: number;
  readonly lastHash: string;
  /** The highest id that is there, read before the head: it can only be higher when somebody put it there. */
  readonly highest: number;
}

async function ends(database: Database): Promise<Ends> {
  const db = builder(database.dialect);
  const [rows, head] = await database.run([
    statement(db.selectFrom('audit_entry').select(({ fn }) => fn.max('id').as('highest'))),
    statement(db.selectFrom('audit_head').selectAll()),
  ]);
  const row = head?.rows[0];
  const highest = optionalNumber(rows?.rows[0] ?? {}, 'highest') ?? 0;
  if (row === undefined) return { base: -1, baseHash: '', last: -1, lastHash: '', highest };
  return {
    base: number(row, 'base_id'),
    baseHash: text(row, 'base_hash'),
    last: number(row, 'last_id'),
    lastHash: text(row, 'hash'),
    highest,
  };
}

/** Follows the chain to where its head was when the walk began. */
async function walk(
  database: Database,
): Promise<{ readonly entries: number; readonly brokenAt: number | undefined; readonly base: number }> {
  const db = builder(database.dialect);
  const { base, baseHash, last, lastHash, highest } = await ends(database);
  let at = base;
  let hash = baseHash;
  let entries = 0;
  const broken = (brokenAt: number) => ({ entries, brokenAt, base });
  // The first page begins before the base: what is there was put there by somebody else.
  let after = -1e15;
  do {
    const rows = await rowsOf(
      database,
      db
        .selectFrom('audit_entry')
        .selectAll()
        .where('id', '>', after)
        .where('id', '<=', last)
        .orderBy('id')
        .limit(PAGE),
    );
    for (const row of rows) {
      const id = number(row, 'id');
      if (id !== at + 1 || expected(hash, row) !== row.hash) return broken(Math.min(id, at + 1));
      at = id;
      hash = text(row, 'hash');
      entries += 1;
    }
    if (rows.length === 0 && at < last) return broken(at + 1);
    after = at;
  } while (at < last);
  if (hash !== lastHash) return broken(last);
  if (highest > last) return broken(last + 1);
  return { entries, brokenAt: undefined, base };
}
