import type { RequestRecord } from '@evenkeel/core';
import type { Attributes } from '@opentelemetry/api';

/** Who answers, in the words of `gen_ai.provider.name`; asked with undefined for the gateway itself. */
export type ProviderOf = (model: string | undefined) => string;

/** Whether a request belongs to the conventions for generative AI: chats and embeddings, and whatever counts tokens. */
export function generativeOperation(record: RequestRecord): 'chat' | 'embeddings' | undefined {
  if (record.operation === 'chat' || record.operation === 'embeddings') return record.operation;
  if (record.operation !== undefined) return undefined;
  return record.inputTokens !== undefined || record.outputTokens !== undefined ? 'chat' : undefined;
}

/** Attributes that are set where there is a value. */
export function present(attributes: Attributes): Attributes {
  const set: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) set[name] = value;
  return set;
}

/**
 * Attributes of the operation as the caller sees it (semantic conventions for generative AI, in development, of 2026):
 * callers ask for a service by the name of a model.
 */
export function serverAttributes(
  record: RequestRecord,
  operation: 'chat' | 'embeddings',
  providerOf: ProviderOf,
): Attributes {
  return present({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': providerOf(undefined),
    'gen_ai.request.model': record.service,
    'gen_ai.response.model': record.model,
    'error.type': record.error,
  });
}
