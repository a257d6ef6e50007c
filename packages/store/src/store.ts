import type { Directive, RequestRecord } from '@evenkeel/core';
import type { Queues } from './queues.ts';
import type { Topic } from './topics.ts';

export type { Topic } from './topics.ts';

/**
 * What is kept, whatever keeps it. Two dialects stand behind these interfaces: SQLite in a thread of this process, and
 * PostgreSQL. What resolves is durable. All times are wall milliseconds, and are kept whole.
 *
 * While the database is locked, full, gone or hanging, every method rejects within its time-out (5 s unless opened otherwise) with
 * an EvenkeelError of status 503; the store works again by itself when the database does. Whether what was rejected so took effect
 * is unknown: appending, adding and putting again is harmless by their keys, `Audit.append` alone writes a second entry.
 */
export interface Store {
  readonly dialect: 'sqlite' | 'postgres';
  readonly rollups: Rollups;
  readonly predictions: Predictions;
  readonly facts: Facts;
  readonly directives: DirectiveRows;
  readonly queues: Queues;
  readonly keys: Keys;
  readonly audit: Audit;
  readonly documents: Documents;
  readonly outbox: Outbox;
  readonly leases: Leases;
  /** Resolves when somebody wrote to a topic (at once where the store can tell, else at the next poll); never rejects. */
  changed(topic: Topic, signal: AbortSignal): Promise<void>;
  health(): Promise<StoreHealth>;
  /** What is wrong with the data, in words; empty when nothing is. Reads all of it. */
  integrity(): Promise<readonly string[]>;
  /** A consistent copy while others write. @throws EvenkeelError bad_request where the dialect cannot (PostgreSQL: use pg_dump) */
  backup(file: string): Promise<void>;
  /**
   * Deletes what is older than its kind may become, in small transactions between those of others; returns rows deleted by kind.
   * Sent messages go with the audit log, expired directives with records. Raw rollups stay an hour at least (their numbers make a
   * retry harmless), and those that no consumer has counted as long as series.
   */
  sweep(retention: Retention): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface StoreHealth {
  readonly ok: boolean;
  readonly reason: string;
  readonly schemaVersion: number;
  readonly bytes: number;
  /** Of the dialect's own clock against ours, in milliseconds; 0 where it is the same. */
  readonly clockSkewMs: number;
}

/** Milliseconds that each kind is kept. */
export interface Retention {
  /** Raw rollups, once they are counted into series. */
  readonly rollupsMs: number;
  /** Minute blocks of series: the longest window plus the time that labels may come late. */
  readonly seriesMs: number;
  /** Compact rows: as long as labels may come. */
  readonly predictionsMs: number;
  /** Rows at most, oldest out first; coverage is shown when this cuts. */
  readonly predictionsMax: number;
  readonly recordsMs: number;
  readonly factsMs: number;
  readonly auditMs: number;
}

// --- Rollups: what replicas measured, and the series that they are counted into -----------------------------------------

/** What one replica measured of one service between two flushes. */
export interface RollupRow {
  readonly replica: string;
  /** Grows by one with every flush of this replica's life; (replica, sequence, service) is counted once. */
  readonly sequence: number;
  readonly service: string;
  readonly from: number;
  readonly to: number;
  /** Whoever wrote it knows its shape; JSON. */
  readonly body: unknown;
}

/** Name of a series: one objective of one service, in one segment ('' is all of it). */
export interface SeriesKey {
  readonly service: string;
  readonly objective: string;
  readonly segment: string;
}

/** Minute counts of one hour. `minutes` holds 60 pairs (good, total) as little-endian float64, 960 bytes. */
export interface SeriesBlock extends SeriesKey {
  /** Start of the hour. */
  readonly hour: number;
  readonly good: number;
  readonly total: number;
  readonly minutes: Uint8Array;
}

export interface Rollups {
  /** Appends; a row that is there already (a retry) is left as it is. */
  append(rows: readonly RollupRow[]): Promise<void>;
  /** In the order of arrival, after `cursor` (0: from the first that is kept). */
  since(
    cursor: number,
    limit: number,
  ): Promise<readonly (RollupRow & { readonly cursor: number; readonly arrivedAt: number })[]>;
  /**
   * Writes blocks whole and moves the cursor of `consumer` in one transaction, if `fence` is still the newest of `lease`.
   * @throws EvenkeelError conflict when somebody else leads now: nothing is written then
   */
  apply(change: {
    readonly consumer: string;
    readonly cursor: number;
    readonly blocks: readonly SeriesBlock[];
    /** Any state of the consumer that belongs to this cursor (window sums); replaced by key. */
    readonly state: readonly { readonly key: string; readonly body: Uint8Array }[];
    readonly lease: Lease | undefined;
  }): Promise<void>;
  cursor(consumer: string): Promise<number>;
  state(
    consumer: string,
    prefix: string,
  ): Promise<readonly { readonly key: string; readonly body: Uint8Array }[]>;
  /** Blocks with `from` <= hour < `to`, by hour. Without `segment`: all segments. */
  blocks(filter: {
    readonly service?: string | undefined;
    readonly objective?: string | undefined;
    readonly segment?: string | undefined;
    readonly from: number;
    readonly to: number;
  }): Promise<readonly SeriesBlock[]>;
  /** Sum of the blocks, computed where they are. */
  sum(key: SeriesKey, from: number, to: number): Promise<{ readonly good: number; readonly total: number }>;
}

// --- Requests -------------------------------------------------------------------------------------------------------------

/** The least that lets a label find its prediction, kept for every request. */
export interface PredictionRow {
  readonly id: string;
  readonly service: string;
  readonly at: number;
  readonly replica: string;
  readonly tenant: string;
  readonly level: string;
  readonly model: string | undefined;
  readonly version: string | undefined;
  readonly label: string | undefined;
  readonly score: number | undefined;
  readonly confidence: number | undefined;
  /** Small named values that monitors of other parts join labels with (a segment, a cohort). JSON. */
  readonly extra: unknown;
}

/** A full record that was sampled, with the number of requests that it stands for. */
export interface SampledRecord {
  readonly record: RequestRecord;
  readonly weight: number;
  /** Which rule kept it: error, degraded, shed, slow, random. */
  readonly kept: string;
}

export interface Predictions {
  /** Rows that are there already are left as they are. */
  append(rows: readonly PredictionRow[], records: readonly SampledRecord[]): Promise<void>;
  row(id: string): Promise<PredictionRow | undefined>;
  rows(ids: readonly string[]): Promise<readonly PredictionRow[]>;
  record(id: string): Promise<SampledRecord | undefined>;
  /** Newest first. */
  records(filter: {
    readonly service?: string | undefined;
    readonly level?: string | undefined;
    readonly traceId?: string | undefined;
    readonly tenant?: string | undefined;
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<readonly SampledRecord[]>;
  /** Rows kept, and the time of the oldest: labels of earlier predictions find nothing. */
  coverage(service: string): Promise<{ readonly rows: number; readonly oldest: number | undefined }>;
}

// --- Facts that come from outside ------------------------------------------------------------------------------------------

export type FactKind = 'feedback' | 'signal' | 'change' | 'exclusion';

/** One recorded fact. Its id is the sender's, and makes sending it twice harmless. */
export interface FactRow {
  readonly kind: FactKind;
  readonly service: string;
  readonly id: string;
  /** When it happened, by its sender. */
  readonly at: number;
  readonly arrivedAt: number;
  /** Who sent it. */
  readonly by: string;
  /** Id of the request that it speaks of, if any. */
  readonly request: string | undefined;
  readonly body: unknown;
}

export interface Facts {
  /**
   * Durable when it resolves. Tells for each row whether it was new; a row with a known id and an equal body is `known`,
   * with another body `contradicts` (and is kept aside, not in its place).
   */
  add(rows: readonly FactRow[]): Promise<readonly ('added' | 'known' | 'contradicts')[]>;
  list(filter: {
    readonly kind: FactKind;
    readonly service?: string | undefined;
    readonly request?: string | undefined;
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    /** Rows that arrived after this cursor, in the order of arrival; without it newest first by `at`. */
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<readonly (FactRow & { readonly cursor: number })[]>;
  get(kind: FactKind, service: string, id: string): Promise<FactRow | undefined>;
}

// --- Directives ------------------------------------------------------------------------------------------------------------

export interface DirectiveRows {
  /** The same id again renews or changes it. */
  put(directive: Directive): Promise<void>;
  /** False when it was not there. */
  remove(id: string): Promise<boolean>;
  /** Those whose expiry lies ahead of `now`. */
  active(now: number): Promise<readonly Directive[]>;
}

// --- Who may do what, and who did ------------------------------------------------------------------------------------------

export type Role = 'viewer' | 'operator' | 'admin';

export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** scrypt of the secret with its own salt; the secret itself is shown once and kept nowhere. */
  readonly hash: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}

export interface Keys {
  add(key: KeyRow): Promise<void>;
  get(id: string): Promise<KeyRow | undefined>;
  list(): Promise<readonly KeyRow[]>;
  /** False when there is no such key, or it was revoked before. */
  revoke(id: string, at: number): Promise<boolean>;
}

export interface AuditEntry {
  readonly at: number;
  readonly by: string;
  /** A verb and its noun: "directive.set". */
  readonly action: string;
  readonly subject: string;
  readonly service: string | undefined;
  readonly detail: unknown;
}

/** Append-only; each entry carries the hash of the one before it, so that a gap or a change shows. */
export interface Audit {
  append(entries: readonly AuditEntry[]): Promise<void>;
  list(filter: {
    readonly service?: string | undefined;
    readonly by?: string | undefined;
    readonly action?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<readonly (AuditEntry & { readonly id: number; readonly hash: string })[]>;
  /** The first entry whose hash is not what it should be; undefined when the chain is whole. */
  verify(): Promise<{ readonly entries: number; readonly brokenAt: number | undefined }>;
}

// --- Documents: incidents, reviews, schedules, silences, experiments, game days, runs, models ------------------------------

export type DocumentKind =
  | 'objective_revision'
  | 'alert'
  | 'incident'
  | 'review'
  | 'schedule'
  | 'silence'
  | 'experiment'
  | 'experiment_run'
  | 'gameday'
  | 'run'
  | 'model'
  | 'monitor'
  | 'baseline'
  | 'state';

/** A record that lives: read, decided on, and written back only if nobody else was faster. */
export interface DocumentRow {
  readonly kind: DocumentKind;
  readonly id: string;
  readonly service: string;
  /** A word to filter by (an incident's state, a run's). */
  readonly state: string;
  /** Another word to filter by (an incident's type, a model's name); may be empty. */
  readonly label: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** 1 after the first write. */
  readonly revision: number;
  readonly body: unknown;
}

/** Things that become true together or not at all. */
export interface Commit {
  /** `revision`: the one that was read, 0 for a new one. */
  readonly puts: readonly DocumentRow[];
  readonly audit: readonly AuditEntry[];
  readonly outbox: readonly OutboxPut[];
  /** The commit fails with `conflict` when this lease is not the newest any more. */
  readonly lease?: Lease | undefined;
}

export interface Documents {
  get(kind: DocumentKind, id: string): Promise<DocumentRow | undefined>;
  /** By id, newest first unless `oldestFirst`. Ids sort by time. */
  list(filter: {
    readonly kind: DocumentKind;
    readonly service?: string | undefined;
    readonly states?: readonly string[] | undefined;
    readonly label?: string | undefined;
    /** By `createdAt`. */
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly after?: string | undefined;
    readonly oldestFirst?: boolean | undefined;
    readonly limit: number;
  }): Promise<readonly DocumentRow[]>;
  /** @throws EvenkeelError conflict naming the document that somebody else changed; nothing is written then */
  commit(commit: Commit): Promise<void>;
}

// --- Outbox ----------------------------------------------------------------------------------------------------------------

export interface OutboxPut {
  /** The idempotency key: the same id again changes nothing. */
  readonly id: string;
  /** Whom it goes to: a notifier's name. */
  readonly destination: string;
  /** Messages of one stream to one destination leave in their order (an incident's id); another destination does not wait for them. */
  readonly stream: string;
  readonly body: unknown;
  readonly createdAt: number;
}

export interface OutboxRow extends OutboxPut {
  readonly state: 'waiting' | 'sent' | 'dead';
  readonly attempts: number;
  readonly nextAt: number;
  readonly lastError: string | undefined;
  readonly sentAt: number | undefined;
}

export interface Outbox {
  /**
   * Takes the first waiting message of each stream to each destination, if it is due, and holds it for `holdMs` so that no other
   * worker takes it. One that is not due, or is held, keeps those behind it waiting.
   */
  take(now: number, limit: number, holdMs: number): Promise<readonly OutboxRow[]>;
  sent(id: string, at: number): Promise<void>;
  failed(id: string, error: string, nextAt: number): Promise<void>;
  dead(id: string, error: string): Promise<void>;
  /** "Send again": back to waiting, attempts from 0. False when it is not dead. */
  revive(id: string, now: number): Promise<boolean>;
  list(filter: {
    readonly state?: OutboxRow['state'] | undefined;
    readonly destination?: string | undefined;
    readonly stream?: string | undefined;
    readonly limit: number;
  }): Promise<readonly OutboxRow[]>;
}

// --- Leases ----------------------------------------------------------------------------------------------------------------

/** The right to lead, for a time. The token grows with every change of hands: a former leader is told by it. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
}

export interface Leases {
  /** Takes or renews; undefined while somebody else holds it. */
  take(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;
  release(lease: Lease): Promise<void>;
}
