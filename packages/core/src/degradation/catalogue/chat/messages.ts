import { type Fields, REQUEST } from '../read.ts';

/** What is read of one chat message; `raw` is the message as it came, with whatever else it holds. */
export interface ChatMessage {
  readonly role: string;
  /** All text of the message. */
  readonly text: string;
  /** The assistant asks for tools: their results must follow it. */
  readonly callsTools: boolean;
  readonly tokens: number;
  readonly raw: Fields;
}

/** A chat-completions body. */
export interface ChatInput {
  readonly body: Fields;
  readonly messages: readonly ChatMessage[];
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;
/** What an image, a sound or a file is taken to cost: there is no telling without the model. */
const OTHER_PART_TOKENS = 800;
/** Each message carries a role and separators. */
const MESSAGE_TOKENS = 4;
const DENSE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/gu;

/**
 * A guess at the tokens of a text without a tokeniser: four characters to a token, one for scripts whose characters are
 * whole syllables or words. Within some 20 % for English prose; code and rare scripts cost more than it says.
 */
export function estimateTokens(text: string): number {
  const dense = text.match(DENSE)?.length ?? 0;
  return Math.ceil((text.length - dense) / 4) + dense;
}

function readMessage(value: unknown, where: string): ChatMessage {
  const raw = REQUEST.fields(value, where);
  const role = REQUEST.choice(raw.role, `${where}.role`, ROLES);
  const content = raw.content;
  const callsTools = Array.isArray(raw.tool_calls) && raw.tool_calls.length > 0;
  let text = '';
  let tokens = MESSAGE_TOKENS;
  if (typeof content === 'string') {
    text = content;
  } else if (Array.isArray(content)) {
    const texts: string[] = [];
    content.forEach((part, i) => {
      const fields = REQUEST.fields(part, `${where}.content[${i}]`);
      if (fields.type === 'text') texts.push(REQUEST.text(fields.text, `${where}.content[${i}].text`));
      else tokens += OTHER_PART_TOKENS;
    });
    text = texts.join('\n');
  } else if ((content === null || content === undefined) && role === 'assistant') {
    text = '';
  } else {
    REQUEST.fail(`${where}.content`, 'text or a list of parts', content);
  }
  tokens += estimateTokens(text);
  if (callsTools) tokens += estimateTokens(JSON.stringify(raw.tool_calls));
  return { role, text, callsTools, tokens, raw };
}

/** Reads a chat-completions body: `messages` of at least one entry; everything else is left as it is. */
export function readChat(input: unknown): ChatInput {
  const body = REQUEST.fields(input, 'input');
  const messages = REQUEST.list(body.messages, 'input.messages', { min: 1, max: 10_000 });
  return { body, messages: messages.map((message, i) => readMessage(message, `input.messages[${i}]`)) };
}

/** What the person said last; undefined when only others have spoken. */
export function lastUserText(chat: ChatInput): string | undefined {
  return chat.messages.findLast((message) => message.role === 'user')?.text;
}
