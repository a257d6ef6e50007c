import { EvenkeelError } from '@evenkeel/core';
import type { Role } from '@evenkeel/store';
import { z } from 'zod';

/** Who is calling, by its key; on loopback without keys, the machine itself. */
export interface ApiCaller {
  readonly name: string;
  readonly role: Role;
}

/** What every handler is given beside its own input. */
export interface CallContext {
  /** Values of the `{name}` parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly caller: ApiCaller;
  readonly headers: Headers;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

/** An answer that is not plain JSON, or not the route's usual status. */
export class Reply {
  readonly status: number;
  readonly body: string | ReadableStream<Uint8Array> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body: Reply['body'], headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

interface Common {
  /** As OpenAPI writes it: `/api/v1/objectives/{service}/{name}`. */
  readonly path: string;
  /** Least role that may call it; `public` needs no key. */
  readonly role: Role | 'public';
  /** The noun that it belongs to. */
  readonly tag: string;
  /** One line for the API document. */
  readonly summary: string;
  /** Status of a plain answer: 200 unless said, 204 when the handler returns undefined. */
  readonly status?: number;
  /** Shape of the answer, for the API document. */
  readonly answer?: z.ZodType;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface ReadRoute<Q> extends Common {
  readonly query: z.ZodType<Q>;
  readonly handle: (query: Q, call: CallContext) => unknown;
}

export interface WriteRoute<B> extends Common {
  readonly method: Exclude<Method, 'get'>;
  readonly body: z.ZodType<B>;
  readonly handle: (body: B, call: CallContext) => unknown;
  /** Largest body in bytes; 256 KiB unless said. */
  readonly maxBody?: number;
}

/** A body that is not JSON (NDJSON, a webhook whose signature covers its bytes): the handler reads the text. */
export interface TextRoute extends Common {
  readonly method: Exclude<Method, 'get'>;
  /** Content types that it takes. */
  readonly types: readonly string[];
  readonly handle: (text: string, call: CallContext) => unknown;
  readonly maxBody?: number;
}

/** A route whose types have done their work: input goes through its schema in `run`. */
export interface Route extends Common {
  readonly method: Method;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly types: readonly string[];
  readonly maxBody: number;
  /** `query` are the parameters of the address, `body` the parsed JSON or the text. */
  readonly run: (query: unknown, body: unknown, call: CallContext) => Promise<unknown>;
}

const MAX_BODY = 256 * 1024;
const JSON_TYPES = ['application/json'];

/** For routes that take no parameters. An unknown one is refused: a misspelt filter must not mean "all". */
export const noQuery = z.strictObject({});
/** For writes that need nothing but their address. */
export const noBody = z.strictObject({}).optional();

/** @throws EvenkeelError bad_request naming every field that is wrong */
export function valid<T>(raw: unknown, schema: z.ZodType<T>, where: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  throw new EvenkeelError('bad_request', wrong.join('; '));
}

export function read<Q>(options: ReadRoute<Q>): Route {
  const { query, handle, ...common } = options;
  return {
    ...common,
    method: 'get',
    query,
    body: undefined,
    types: [],
    maxBody: 0,
    run: async (raw, _, call) => handle(valid(raw, query, 'query'), call),
  };
}

export function write<B>(options: WriteRoute<B>): Route {
  const { body, handle, maxBody = MAX_BODY, ...common } = options;
  return {
    ...common,
    query: undefined,
    body,
    types: JSON_TYPES,
    maxBody,
    run: async (_, raw, call) => handle(valid(raw, body, 'body'), call),
  };
}

export function writeText(options: TextRoute): Route {
  const { handle, maxBody = MAX_BODY, ...common } = options;
  const text = z.string();
  return {
    ...common,
    query: undefined,
    body: undefined,
    maxBody,
    run: async (_, raw, call) => handle(valid(raw, text, 'body'), call),
  };
}
