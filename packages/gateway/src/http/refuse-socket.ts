import type { Duplex } from 'node:stream';
import { describeError, EvenkeelError, type Timers } from '@evenkeel/core';
import { headerText } from './reply.ts';

/** What `clientError` tells. */
export type SocketError = Error & { readonly code?: string };

function meaningOf(error: SocketError): EvenkeelError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new EvenkeelError('header_too_large');
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new EvenkeelError('request_timeout');
  const detail = headerText(describeError(error));
  return new EvenkeelError('bad_request', `this is not HTTP that can be read: ${detail}`);
}

/**
 * Answers what never became a request: no HTTP, headers that are too large, or too slow.
 * @param lingerMs the connection is gone after this long, also when its client keeps its own side open
 */
export function refuseSocket(
  error: SocketError,
  socket: Duplex,
  requestId: string,
  timers: Timers,
  lingerMs: number,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const known = meaningOf(error);
  const body = JSON.stringify({ error: { code: known.code, message: known.message } });
  const lines = [
    `HTTP/1.1 ${known.status} ${known.code}`,
    'connection: close',
    `evenkeel-request-id: ${requestId}`,
    `x-request-id: ${requestId}`,
    'evenkeel-level: failed',
    `evenkeel-reason: ${headerText(known.message)}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const cancel = timers.after(lingerMs, () => socket.destroy());
  socket.once('close', cancel);
}
