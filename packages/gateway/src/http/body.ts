import type { IncomingMessage } from 'node:http';
import { EvenkeelError } from '@evenkeel/core';

export interface BodyLimits {
  readonly bodyBytes: number;
  /** Deepest nesting of objects and lists. */
  readonly depth: number;
}

/**
 * Reads a body of bounded size.
 * Rejects with `payload_too_large` as soon as that is known, or `client_closed` when the caller goes before its end.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const tooLarge = (): EvenkeelError =>
    new EvenkeelError('payload_too_large', `the body has more than ${maxBytes} bytes`);
  if (announced > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | undefined;
    let first: Buffer | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        reject(tooLarge());
      } else if (first === undefined) first = chunk;
      else if (chunks === undefined) chunks = [first, chunk];
      else chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks !== undefined ? Buffer.concat(chunks) : (first ?? Buffer.alloc(0))),
    );
    request.on('error', () => reject(new EvenkeelError('client_closed')));
    request.on('aborted', () => reject(new EvenkeelError('client_closed')));
  });
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Whether JSON text nests deeper than allowed; looks at bytes only, so it costs little and cannot overflow a stack. */
export function nestsDeeper(text: Buffer, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (inString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 123 || byte === 91) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === 125 || byte === 93) depth -= 1;
  }
  return false;
}

/** @throws EvenkeelError bad_request with the place of the mistake */
export function parseJson(text: Buffer, limits: BodyLimits): unknown {
  if (text.length === 0) throw new EvenkeelError('bad_request', 'the body is empty: expected JSON');
  if (nestsDeeper(text, limits.depth)) {
    throw new EvenkeelError('bad_request', `the body nests deeper than ${limits.depth} levels`);
  }
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (error) {
    const detail =
      error instanceof Error ? error.message.replace(/^Unexpected/, 'unexpected').slice(0, 120) : '';
    throw new EvenkeelError('bad_request', `the body is not valid JSON: ${detail}`);
  }
}

/** @throws EvenkeelError unsupported_media_type */
export function requireJson(request: IncomingMessage): void {
  const type = request.headers['content-type'];
  if (
    type === 'application/json' ||
    type === undefined ||
    /^application\/(json|[\w.+-]+\+json)\b/i.test(type)
  )
    return;
  throw new EvenkeelError(
    'unsupported_media_type',
    `the body must be application/json, not "${type.slice(0, 60)}"`,
  );
}
