/** The protocols the mock speaks; which one a request uses follows from its path. */
export type Protocol = 'chat' | 'embeddings' | 'infer' | 'json';

export const REPLY = 'The quick brown fox jumps over the lazy dog again';
export const TOKENS: readonly string[] = REPLY.split(' ').map((word, i) => (i === 0 ? word : ` ${word}`));

/** A good whole answer, with a field that no protocol knows so that pass-through can be seen. */
export function goodAnswer(protocol: Protocol, model: string, calls: number): Record<string, unknown> {
  switch (protocol) {
    case 'chat':
      return {
        id: `chatcmpl-${calls}`,
        object: 'chat.completion',
        created: 1_700_000_000,
        model: `${model}-2026-01-01`,
        choices: [
          { index: 0, message: { role: 'assistant', content: REPLY }, logprobs: null, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 7, completion_tokens: TOKENS.length, total_tokens: 7 + TOKENS.length },
        vendor_extra: { kept: true },
      };
    case 'embeddings':
      return {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.2, 0.3] }],
        model: `${model}-2026-01-01`,
        usage: { prompt_tokens: 3, total_tokens: 3 },
        vendor_extra: { kept: true },
      };
    case 'infer':
      return {
        model_name: model,
        model_version: '7',
        id: `infer-${calls}`,
        outputs: [
          { name: 'label', shape: [1], datatype: 'BYTES', data: ['spam'] },
          { name: 'probs', shape: [1, 2], datatype: 'FP32', data: [0.125, 0.875] },
        ],
        vendor_extra: { kept: true },
      };
    case 'json':
      return { result: { label: 'spam', scores: [{ value: 0.875 }] }, vendor_extra: { kept: true } };
  }
}

/** An error in the protocol's own shape: an object for OpenAI, a string for Open Inference. */
export function errorAnswer(protocol: Protocol, message: string, code: string): unknown {
  if (protocol === 'infer') return { error: message };
  if (protocol === 'json') return { message };
  return { error: { message, type: 'server_error', param: null, code } };
}
