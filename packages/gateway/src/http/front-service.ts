import type { IncomingHttpHeaders } from 'node:http';
import type { Priority, ServingService, TenantBudgets } from '@evenkeel/core';
import type { Identify, Identity } from '../callers/index.ts';
import type { ModelMetadata } from '../upstreams/index.ts';

/** One service as the HTTP front needs it. */
export interface FrontService {
  readonly name: string;
  readonly type: string;
  readonly deadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly limits: {
    readonly bodyBytes: number;
    readonly headerBytes: number;
    readonly depth: number;
    readonly concurrency: number;
  };
  readonly openInference: {
    /** Requests of several rows: row by row, or at once, as the tensors they are. */
    readonly rows: 'split' | 'whole';
    /** Never rejects. */
    metadata(): Promise<ModelMetadata>;
  };
  readonly serving: ServingService;
  readonly identify: Identify;
  /** The class of a request by the file's rules. */
  classify(headers: IncomingHttpHeaders, identity: Extract<Identity, { ok: true }>, input: unknown): Priority;
  /** Requests and tokens per tenant; undefined when nobody is bounded. */
  readonly budgets: TenantBudgets | undefined;
  /** True when it takes OpenAI-shaped requests. */
  readonly speaksOpenAi: boolean;
  /** Version of the model on the top rung. */
  version(): string;
  readonly createdAt: number;
  /** Value of `evenkeel-budget`; undefined when there are no objectives. */
  budget(): string | undefined;
}

export interface ServiceDirectory {
  get(name: string): FrontService | undefined;
  names(): readonly string[];
}
