import {
  DummyDriver,
  type Generated,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Dialect } from './database.ts';

type Optional<T> = T | null;

/** The tables after all migrations. JSON is text in both dialects: the same bytes, whichever way they are compared or hashed. */
export interface Tables {
  queue_item: {
    id: string;
    service: string;
    kind: string;
    request_id: string;
    tenant: string;
    created_at: number;
    reason: string;
    content: Optional<string>;
    content_until: Optional<number>;
    label: Optional<string>;
    score: Optional<number>;
    state: string;
    verdict: Optional<string>;
    decided_by: Optional<string>;
    decided_at: Optional<number>;
    note: Optional<string>;
  };
  rollup: {
    cursor: Generated<number>;
    replica: string;
    sequence: number;
    service: string;
    from_at: number;
    to_at: number;
    arrived_at: number;
    body: string;
  };
  series_block: {
    service: string;
    objective: string;
    segment: string;
    hour: number;
    good: number;
    total: number;
    minutes: Uint8Array;
  };
  consumer: { name: string; cursor: number };
  consumer_state: { consumer: string; key: string; body: Uint8Array };
  prediction: {
    seq: Generated<number>;
    id: string;
    service: string;
    at: number;
    replica: string;
    tenant: string;
    level: string;
    model: Optional<string>;
    version: Optional<string>;
    label: Optional<string>;
    score: Optional<number>;
    confidence: Optional<number>;
    extra: Optional<string>;
  };
  request_record: {
    seq: Generated<number>;
    id: string;
    service: string;
    at: number;
    level: string;
    tenant: string;
    trace_id: Optional<string>;
    weight: number;
    kept: string;
    body: string;
  };
  fact: {
    cursor: Generated<number>;
    key: string;
    kind: string;
    service: string;
    id: string;
    at: number;
    arrived_at: number;
    sent_by: string;
    request: Optional<string>;
    digest: string;
    body: string;
  };
  fact_aside: {
    key: string;
    kind: string;
    service: string;
    id: string;
    digest: string;
    at: number;
    arrived_at: number;
    sent_by: string;
    request: Optional<string>;
    body: string;
  };
  directive: { id: string; service: string; expires_at: number; body: string };
  access_key: {
    id: string;
    name: string;
    role: string;
    hash: string;
    created_at: number;
    created_by: string;
    expires_at: Optional<number>;
    revoked_at: Optional<number>;
  };
  audit_entry: {
    id: number;
    at: number;
    actor: string;
    action: string;
    subject: string;
    service: Optional<string>;
    detail: string;
    hash: string;
  };
  audit_head: { one: number; last_id: number; hash: string; base_id: number; base_hash: string };
  document: {
    kind: string;
    id: string;
    service: string;
    state: string;
    label: string;
    created_at: number;
    updated_at: number;
    revision: number;
    body: string;
  };
  outbox: {
    seq: Generated<number>;
    id: string;
    destination: string;
    stream: string;
    body: string;
    created_at: number;
    state: string;
    attempts: number;
    next_at: number;
    last_error: Optional<string>;
    sent_at: Optional<number>;
  };
  lease: { name: string; holder: string; token: number; expires_at: number };
}

/** Builds queries and runs none. */
export type Builder = Kysely<Tables>;

const BUILDERS: Readonly<Record<Dialect, Builder>> = {
  sqlite: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  postgres: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
};

export function builder(dialect: Dialect): Builder {
  return BUILDERS[dialect];
}
