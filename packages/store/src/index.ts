export type { Database, Dialect } from './database.ts';
export { openStore, type StoreTarget } from './open-store.ts';
export type { PostgresOptions } from './postgres.ts';
export {
  type NewQueueItem,
  type QueueFigures,
  type QueueItem,
  type QueueKind,
  type Queues,
  queues,
} from './queues.ts';
export { openSqlite, type SqliteOptions } from './sqlite.ts';
export { restoreSqlite } from './sqlite-tasks.ts';
export type {
  Audit,
  AuditEntry,
  Commit,
  DirectiveRows,
  DocumentKind,
  DocumentRow,
  Documents,
  FactKind,
  FactRow,
  Facts,
  KeyRow,
  Keys,
  Lease,
  Leases,
  Outbox,
  OutboxPut,
  OutboxRow,
  PredictionRow,
  Predictions,
  Retention,
  Role,
  RollupRow,
  Rollups,
  SampledRecord,
  SeriesBlock,
  SeriesKey,
  Store,
  StoreHealth,
  Topic,
} from './store.ts';
