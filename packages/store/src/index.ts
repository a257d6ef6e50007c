export {
  type NewQueueItem,
  type QueueFigures,
  type QueueItem,
  type QueueKind,
  type Queues,
  queues,
} from './queues.ts';
export { openSqlite, type Sqlite } from './sqlite.ts';
export type { Operation, SqlValue, Statement } from './sqlite-messages.ts';
export type * from './store.ts';
