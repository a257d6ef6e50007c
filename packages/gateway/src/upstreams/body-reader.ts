import type { IncomingHttpHeaders } from 'node:http';
import type { EvenkeelError } from '@evenkeel/core';
import type { ResponseSink } from './exchange.ts';
import { malformed } from './failure.ts';

export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Why a body could not be read as text, from its headers alone; undefined when it can. */
function unreadable(headers: IncomingHttpHeaders, maxBytes: number): EvenkeelError | undefined {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return malformed(`encoded as ${encoding}, though asked for as it is`);
  if (Number(headers['content-length']) > maxBytes) return malformed(`larger than ${maxBytes} bytes`);
  return undefined;
}

/** Collects a whole body up to a bound. */
export function bodyReader(
  maxBytes: number,
  resolve: (answer: WholeAnswer) => void,
  reject: (error: EvenkeelError) => void,
): ResponseSink {
  let status = 0;
  let headers: IncomingHttpHeaders = {};
  let chunks: Buffer[] = [];
  let size = 0;
  return {
    started(exchange, gotStatus, gotHeaders) {
      status = gotStatus;
      headers = gotHeaders;
      const error = unreadable(headers, maxBytes);
      if (error !== undefined) exchange.abort(error);
    },
    data(exchange, chunk) {
      size += chunk.length;
      if (size > maxBytes) exchange.abort(malformed(`larger than ${maxBytes} bytes`));
      else chunks.push(chunk);
      return true;
    },
    ended() {
      const [only] = chunks;
      const text = (
        only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size)
      ).toString();
      resolve({ status, headers, text });
    },
    failed(error) {
      chunks = [];
      reject(error);
    },
  };
}
