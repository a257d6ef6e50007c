import type { IncomingHttpHeaders } from 'node:http';
import type { EvenkeelError } from '@evenkeel/core';
import type { Exchange, ResponseSink } from './exchange.ts';
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

/** Collects a whole body up to a bound, and hands on what `read` makes of it, or throws at it. */
export class BodyReader<T> implements ResponseSink {
  readonly #maxBytes: number;
  readonly #read: (answer: WholeAnswer) => T;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #only: Buffer | undefined;
  #chunks: Buffer[] | undefined;
  #size = 0;

  constructor(
    maxBytes: number,
    read: (answer: WholeAnswer) => T,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#read = read;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  started(exchange: Exchange, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    const error = unreadable(headers, this.#maxBytes);
    if (error !== undefined) exchange.abort(error);
  }

  data(exchange: Exchange, chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) exchange.abort(malformed(`larger than ${this.#maxBytes} bytes`));
    else if (this.#only === undefined) this.#only = chunk;
    else if (this.#chunks === undefined) this.#chunks = [this.#only, chunk];
    else this.#chunks.push(chunk);
    return true;
  }

  ended(): void {
    const whole = this.#chunks === undefined ? this.#only : Buffer.concat(this.#chunks, this.#size);
    const text = whole === undefined ? '' : whole.toString();
    let value: T;
    try {
      value = this.#read({ status: this.#status, headers: this.#headers, text });
    } catch (error) {
      this.#reject(error);
      return;
    }
    this.#resolve(value);
  }

  failed(error: EvenkeelError): void {
    this.#chunks = this.#only = undefined;
    this.#reject(error);
  }
}
