import { currentKey } from './session.ts';

/** What the API says went wrong, in its own words. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** What to do about it. */
  readonly action: string;
  constructor(status: number, code: string, message: string, action: string) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.action = action;
  }
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;

/** Reads the API's one shape of errors; anything else (a proxy's page) is told by its status. */
export function problemOf(status: number, body: unknown): Problem {
  const error = fields(fields(body)?.error);
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  return new Problem(
    status,
    text(error?.code, 'unknown'),
    text(error?.message, `the server answered ${status}`),
    text(error?.action, ''),
  );
}

const OFFLINE = new Problem(0, 'offline', 'the control plane does not answer', 'it is asked again by itself');

/** Values that are undefined or empty are left out: an empty filter means all. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export function authorization(): Readonly<Record<string, string>> {
  const key = currentKey();
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/**
 * Calls the API. What comes back is taken to be what its document says: the page is served by the process that answers, so both are of
 * one version.
 * @throws Problem
 */
export async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...authorization(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw OFFLINE;
  }
  if (response.status === 204) return JSON.parse('null');
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!response.ok) throw problemOf(response.status, parsed);
  return JSON.parse(parsed === undefined ? JSON.stringify(text) : text);
}

/** The message for a person, whatever was thrown. */
export function problemText(error: unknown): string {
  if (error instanceof Problem)
    return error.action === '' ? error.message : `${error.message}. ${error.action}`;
  return error instanceof Error ? error.message : String(error);
}
