import type { FeatureSet } from '@evenkeel/core';

/** What a worker thread is started with. */
export interface WorkerSetup {
  readonly module: string;
  readonly options: unknown;
}

export type ToWorker =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly input: unknown;
      readonly features: FeatureSet | undefined;
    }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'ping' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'result'; readonly id: number; readonly output: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly code: string | undefined;
      readonly message: string;
    }
  | { readonly kind: 'pong' };
