import { EvenkeelError } from '@evenkeel/core';
import type { MailInput } from './corpus.ts';

function field(input: object, name: string): unknown {
  return Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined;
}

function text(input: object, name: string): string {
  const value = field(input, name);
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string')
    throw new EvenkeelError('bad_request', `input.${name}: expected a text, found ${typeof value}`);
  return value;
}

/**
 * The mail in a request. `sender` and `subject` may be missing; a mail without subject and text has nothing to judge.
 * @throws EvenkeelError `bad_request`
 */
export function readInput(input: unknown): MailInput {
  if (typeof input === 'string') return readInput({ text: input });
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new EvenkeelError(
      'bad_request',
      'input: expected an object with text, and subject and sender if known',
    );
  const mail = { sender: text(input, 'sender'), subject: text(input, 'subject'), text: text(input, 'text') };
  if (mail.subject.trim() === '' && mail.text.trim() === '')
    throw new EvenkeelError('bad_request', 'input: subject and text are both empty');
  return mail;
}
