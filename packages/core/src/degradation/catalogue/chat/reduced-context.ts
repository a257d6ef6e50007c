import { DATA, type Fields } from '../read.ts';
import { type ChatMessage, readChat } from './messages.ts';

/** A chat body with less to read, for the same model or a smaller one. */
export interface ReducedContext {
  /** The body to send: every other field as it came, `max_tokens` lowered where the data say so. */
  readonly input: Fields;
  readonly dropped: number;
  /** Estimated tokens before and after. */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

/** Groups that must stay or go together: an assistant's call of tools and the results that follow it. */
function turns(messages: readonly ChatMessage[]): ChatMessage[][] {
  const groups: ChatMessage[][] = [];
  for (const message of messages) {
    const last = groups[groups.length - 1];
    const answersCall = message.role === 'tool' || message.role === 'function';
    if (answersCall && last !== undefined) last.push(message);
    else groups.push([message]);
  }
  return groups;
}

const cost = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, message) => sum + message.tokens, 0);

function lowered(value: unknown, most: number): number {
  return typeof value === 'number' && value < most ? value : most;
}

/**
 * `reduced_context`: not an answer but a shorter question. Keeps every system and developer message and as many of the
 * last messages as fit into `tokens` (an estimate, see {@link estimateTokens}) and `messages`; what the person said last
 * stays whatever it costs. The results of tools never stay without the call that asked for them.
 * Data: `model` (which model is asked: the host's business, not read here), `tokens` (default 2 000), `messages`
 * (default 20), `max_tokens` (upper bound of the answer's, default: none).
 */
export function reducedContext(data: unknown): (input: unknown) => ReducedContext {
  const fields = DATA.fields(data ?? {}, 'with', ['model', 'tokens', 'messages', 'max_tokens']);
  const mostTokens = DATA.number(fields.tokens, 'with.tokens', {
    min: 1,
    max: 10_000_000,
    integer: true,
    fallback: 2000,
  });
  const mostMessages = DATA.number(fields.messages, 'with.messages', {
    min: 1,
    max: 10_000,
    integer: true,
    fallback: 20,
  });
  const maxTokens =
    fields.max_tokens === undefined
      ? undefined
      : DATA.number(fields.max_tokens, 'with.max_tokens', { min: 1, max: 1_000_000, integer: true });

  return (input) => {
    const chat = readChat(input);
    const standing = chat.messages.filter(
      (message) => message.role === 'system' || message.role === 'developer',
    );
    const kept = new Set<ChatMessage>(standing);
    const said = turns(chat.messages.filter((message) => !kept.has(message)));
    const lastAsked = said.findLastIndex((turn) => turn[0]?.role === 'user');
    let left = mostTokens - cost(standing);
    let places = mostMessages;
    for (let i = said.length - 1; i >= 0; i--) {
      const turn = said[i];
      if (turn === undefined) continue;
      // From the last question on everything stays: an answer without its question helps nobody.
      const must = i >= lastAsked;
      if (!must && (cost(turn) > left || turn.length > places)) break;
      left -= cost(turn);
      places -= turn.length;
      for (const message of turn) kept.add(message);
    }
    const messages = chat.messages.filter((message) => kept.has(message));
    const limits: Record<string, number> = {};
    if (maxTokens !== undefined) {
      const name = chat.body.max_completion_tokens === undefined ? 'max_tokens' : 'max_completion_tokens';
      limits[name] = lowered(chat.body[name], maxTokens);
    }
    return {
      input: { ...chat.body, messages: messages.map((message) => message.raw), ...limits },
      dropped: chat.messages.length - messages.length,
      tokensBefore: cost(chat.messages),
      tokensAfter: cost(messages),
    };
  };
}
