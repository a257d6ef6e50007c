import type { Clock } from '../../../kernel/clock.ts';
import type { CataloguePrediction, CatalogueRequest } from '../contract.ts';
import { type ChatInput, estimateTokens } from './messages.ts';

/** What a built-in rung says, and what it knows about it. */
export interface Reply {
  readonly text: string;
  readonly label?: string;
  readonly confidence?: number;
  readonly score?: number;
}

/** Puts a reply into the shape of a chat completion, as an OpenAI-compatible upstream would send it. */
export function completion(
  request: CatalogueRequest,
  chat: ChatInput,
  clock: Clock,
  from: { readonly model: string; readonly version: string },
  reply: Reply,
): CataloguePrediction {
  const { text, ...facts } = reply;
  const inputTokens = chat.messages.reduce((sum, message) => sum + message.tokens, 0);
  const outputTokens = estimateTokens(text);
  return {
    kind: 'value',
    output: {
      id: `chatcmpl-${request.id}`,
      object: 'chat.completion',
      created: Math.floor(clock.wall() / 1000),
      model: from.model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
    },
    ...from,
    ...facts,
    usage: { inputTokens, outputTokens },
  };
}
