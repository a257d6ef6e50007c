import type { IncomingMessage, ServerResponse } from 'node:http';
import { EvenkeelError, type Timers } from '@evenkeel/core';
import { mistakeIn } from './json-mistake.ts';

export interface BodyLimits {
  readonly bodyBytes: number;
  /** Deepest nesting of objects and lists. */
  readonly depth: number;
}

const announced = (request: IncomingMessage): number => Number(request.headers['content-length'] ?? 0);

const tooLarge = (maxBytes: number): EvenkeelError =>
  new EvenkeelError('payload_too_large', `the body has more than ${maxBytes} bytes`);

/** A body up to this size that nobody wants is read over, in bytes: cheaper than a new connection. */
const WORTH_READING_OVER = 65_536;
/** Of a larger one at most this much is read over before the connection is closed, in bytes. */
const MOST_READ_OVER = 4 * 1_048_576;

/** Whether the connection can go on after an answer that did not wait for the request's body. */
export function willDiscard(request: IncomingMessage): boolean {
  if (request.complete) return true;
  // Whoever waits for leave to send may, when refused, send the body or not: what comes next cannot be told apart.
  return (
    request.headers['transfer-encoding'] === undefined &&
    request.headers.expect === undefined &&
    announced(request) <= WORTH_READING_OVER
  );
}

/**
 * Reads over the rest of a body, then calls `done`. Closing at once would make the kernel answer what is still on its
 * way with a reset, and a reset overtakes the answer: the client would see a broken connection instead of its 413
 * (RFC 9112, 9.6). Bounded by `ms` milliseconds and 4 MiB.
 */
export function discardRest(request: IncomingMessage, done: () => void, timers: Timers, ms: number): void {
  let size = 0;
  const cancel = timers.after(ms, finish);
  function finish(): void {
    cancel();
    request.off('data', onData).off('end', finish).off('close', finish);
    done();
  }
  function onData(piece: Buffer): void {
    size += piece.length;
    if (size > MOST_READ_OVER) finish();
  }
  request.removeAllListeners('data');
  request.on('data', onData).on('end', finish).on('close', finish).resume();
}

/**
 * Reads a body of bounded size.
 * Rejects with `payload_too_large` as soon as that is known, or `client_closed` when the caller goes before its end.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Buffer> {
  if (announced(request) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  // The client waits for leave to send (RFC 9110, 10.1.1): only now is it sure that the body is wanted.
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | undefined;
    let first: Buffer | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        reject(tooLarge(maxBytes));
      } else if (first === undefined) first = chunk;
      else if (chunks === undefined) chunks = [first, chunk];
      else chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks !== undefined ? Buffer.concat(chunks) : (first ?? Buffer.alloc(0))),
    );
    request.on('error', () => reject(new EvenkeelError('client_closed')));
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

const tooDeep = (depth: number): EvenkeelError =>
  new EvenkeelError('bad_request', `the body nests deeper than ${depth} levels`);

/**
 * @param depth deepest nesting of objects and lists
 * @throws EvenkeelError bad_request with the place of the mistake; nothing of the body itself is repeated
 */
export function parseJson(bytes: Buffer, depth: number): unknown {
  if (bytes.length === 0) throw new EvenkeelError('bad_request', 'the body is empty: expected JSON');
  if (nestsDeeper(bytes, depth)) throw tooDeep(depth);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new EvenkeelError('bad_request', `the body is not valid JSON: ${mistakeIn(text) ?? 'unreadable'}`);
  }
}

/** @throws EvenkeelError payload_too_large, or bad_request for one that nests too deep */
export function requireWithin(bytes: Buffer, limits: BodyLimits): void {
  if (bytes.length > limits.bodyBytes) throw tooLarge(limits.bodyBytes);
  if (nestsDeeper(bytes, limits.depth)) throw tooDeep(limits.depth);
}

/**
 * The head of a request, in bytes, against the limit of its service.
 * @param enforced what the server lets in at all: under it there is nothing to count
 * @throws EvenkeelError header_too_large
 */
export function requireHeadersWithin(request: IncomingMessage, limit: number, enforced: number): void {
  if (limit >= enforced) return;
  // Names and values alternate; a colon, a space and a line's end come with each pair.
  let bytes = (request.url?.length ?? 0) + 2 * request.rawHeaders.length;
  for (const text of request.rawHeaders) bytes += text.length;
  if (bytes > limit) throw new EvenkeelError('header_too_large', `the headers have more than ${limit} bytes`);
}

/** @throws EvenkeelError unsupported_media_type */
export function requireJson(request: IncomingMessage): void {
  const packed = request.headers['content-encoding'];
  if (packed !== undefined && packed.toLowerCase() !== 'identity') {
    throw new EvenkeelError(
      'unsupported_media_type',
      `the body must not be compressed: got content-encoding "${packed.slice(0, 60)}"`,
    );
  }
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
