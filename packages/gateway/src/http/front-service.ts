import type { IncomingHttpHeaders } from 'node:http';
import type { Priority, ServingService, TenantBudgets } from '@evenkeel/core';
import type { Identify, Identity } from '../callers/index.ts';

/** One service as the HTTP front needs it. */
export interface FrontService {
  readonly name: string;
  readonly type: string;
  readonly deadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly limits: { readonly bodyBytes: number; readonly depth: number; readonly concurrency: number };
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
