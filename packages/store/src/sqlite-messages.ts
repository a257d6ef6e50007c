/** What SQLite can hold; booleans and dates are encoded before they get here, because its drivers disagree on them. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/** Statements that take effect together or not at all. */
export type Operation = readonly Statement[];

/** Rows are those of the operation's last statement that returns any. */
export type OperationResult =
  | {
      readonly ok: true;
      readonly rows: readonly Readonly<Record<string, SqlValue>>[];
      readonly changes: number;
    }
  | { readonly ok: false; readonly message: string };

export type ToWorker =
  | { readonly kind: 'operations'; readonly batch: number; readonly operations: readonly Operation[] }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'results'; readonly batch: number; readonly results: readonly OperationResult[] }
  | { readonly kind: 'closed' };
