import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, EvenkeelError, isErrorCode } from '@evenkeel/core';
import { z } from 'zod';

/** Where the control plane is, and the key to it. */
export interface Remote {
  readonly url: string;
  readonly key: string | undefined;
}

/** Name of the file in the data directory that holds the key of this machine's owner. */
export const LOCAL_KEY_FILE = 'local.key';

/**
 * `EVENKEEL_URL` and `EVENKEEL_KEY` where they are set; otherwise the control plane on this machine, with the key that its first
 * start has left in the data directory.
 */
export function remoteFrom(env: Readonly<Record<string, string | undefined>>): Remote {
  const url = env.EVENKEEL_URL ?? `http://127.0.0.1:${env.EVENKEEL_CONTROL_PORT ?? '4101'}`;
  if (env.EVENKEEL_KEY !== undefined) return { url, key: env.EVENKEEL_KEY };
  const file = join(env.EVENKEEL_DATA_DIR ?? '.evenkeel', LOCAL_KEY_FILE);
  // A key of this machine is never sent elsewhere.
  const local = /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);
  return { url, key: local && existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined };
}

const problem = z.object({
  error: z.object({ code: z.string(), message: z.string(), action: z.string().optional() }),
});

/** Calls the API. @throws EvenkeelError in the API's own words, or that it cannot be reached */
export interface ApiClient {
  get(path: string): Promise<unknown>;
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  text(path: string): Promise<string>;
}

const TIMEOUT_MS = 30_000;

export function apiClient(remote: Remote): ApiClient {
  async function call(method: string, path: string, body: unknown): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${remote.url}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...(remote.key === undefined ? {} : { authorization: `Bearer ${remote.key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw new EvenkeelError(
        'internal',
        `no control plane at ${remote.url}: ${describeError(cause)}. Start one with "evenkeel serve FILE", or set EVENKEEL_URL`,
      );
    }
    if (response.ok) return response;
    const text = await response.text();
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      raw = undefined;
    }
    const said = problem.safeParse(raw);
    if (!said.success) throw new EvenkeelError('internal', `${method} ${path}: HTTP ${response.status}`);
    const { code, message, action } = said.data.error;
    throw new EvenkeelError(
      isErrorCode(code) ? code : 'internal',
      action === undefined ? message : `${message} (${action})`,
      { status: response.status },
    );
  }
  const parsed = async (response: Response): Promise<unknown> => {
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    get: async (path) => parsed(await call('GET', path, undefined)),
    send: async (method, path, body) => parsed(await call(method, path, body)),
    text: async (path) => (await call('GET', path, undefined)).text(),
  };
}
