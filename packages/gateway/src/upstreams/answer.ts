import type { Clock } from '@evenkeel/core';
import type { WholeAnswer } from './body-reader.ts';
import { failure, malformed } from './failure.ts';
import { isRecord } from './record.ts';
import { messageOf, statusFailure } from './status.ts';

/**
 * The parsed body of a good answer.
 * @throws EvenkeelError of what a bad status means, or `upstream_malformed`: empty, not JSON, cut short, a page
 */
export function bodyOf(answer: WholeAnswer, clock: Clock): unknown {
  if (answer.status < 200 || answer.status > 299)
    throw statusFailure(answer.status, answer.headers, answer.text, clock.wall());
  if (answer.text.trim() === '') throw malformed(`status ${answer.status} with an empty body`);
  try {
    const body: unknown = JSON.parse(answer.text);
    return body;
  } catch (cause) {
    const type = answer.headers['content-type'] ?? 'no content type';
    throw malformed(`status ${answer.status} with a body that is not whole JSON (${type})`, cause);
  }
}

/** A body that is an object and does not say `error` under a good status. */
export function recordOf(answer: WholeAnswer, clock: Clock): Readonly<Record<string, unknown>> {
  const body = bodyOf(answer, clock);
  if (!isRecord(body)) throw malformed('the answer is JSON, but not an object');
  if (body.error !== undefined && body.error !== null)
    throw failure(
      'server_error',
      'upstream_error',
      `status ${answer.status}, yet an error: ${messageOf(body) ?? 'without a message'}`,
    );
  return body;
}
