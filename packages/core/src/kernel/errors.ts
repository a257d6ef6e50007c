/**
 * Every error that evenkeel reports, in one place: `docs/errors.md` is generated from this table.
 * `status` is the HTTP status when the error leaves by HTTP, `retry` whether the same call may succeed later,
 * `action` what the reader can do.
 */
export const ERRORS = {
  bad_request: {
    status: 400,
    retry: false,
    message: 'The request is not valid.',
    action: 'Correct the request; the detail says what was expected and where.',
  },
  unauthorized: {
    status: 401,
    retry: false,
    message: 'The request carries no valid key.',
    action: 'Send a key as "authorization: Bearer …".',
  },
  forbidden: {
    status: 403,
    retry: false,
    message: 'The caller may not do this.',
    action: 'Use a key with the needed role.',
  },
  not_found: {
    status: 404,
    retry: false,
    message: 'There is no such thing.',
    action: 'Check the name; the detail lists the nearest one.',
  },
  unknown_service: {
    status: 404,
    retry: false,
    message: 'No service has this name.',
    action: 'Use one of the services that GET /v1/models lists.',
  },
  method_not_allowed: {
    status: 405,
    retry: false,
    message: 'The path does not take this method.',
    action: 'Use the method that the allow header names.',
  },
  request_timeout: {
    status: 408,
    retry: true,
    message: 'The request did not arrive in time.',
    action: 'Send headers and body without pauses.',
  },
  conflict: {
    status: 409,
    retry: false,
    message: 'Somebody else changed it first.',
    action: 'Read it again and decide anew.',
  },
  payload_too_large: {
    status: 413,
    retry: false,
    message: 'The body is larger than allowed.',
    action: 'Send a smaller body, or raise limits.body in the file.',
  },
  unsupported_media_type: {
    status: 415,
    retry: false,
    message: 'The body is not JSON.',
    action: 'Send "content-type: application/json".',
  },
  output_blocked: {
    status: 422,
    retry: false,
    message: 'The output safety check turned the answer down.',
    action: 'Change the input; the record of the request names the rule.',
  },
  no_answer: {
    status: 503,
    retry: false,
    message: 'The rung has no answer to this request.',
    action: 'Nothing: the rung below answers; the data of this one does not cover the request.',
  },
  rate_limited: {
    status: 429,
    retry: true,
    message: 'The caller is over its budget.',
    action: 'Wait for as long as retry-after says.',
  },
  shed: {
    status: 429,
    retry: true,
    message: 'The service is overloaded and this request was not important enough to be kept.',
    action: 'Wait for as long as retry-after says; do not multiply the request.',
  },
  header_too_large: {
    status: 431,
    retry: false,
    message: 'The headers are larger than allowed.',
    action: 'Send fewer or shorter headers.',
  },
  client_closed: {
    status: 499,
    retry: false,
    message: 'The caller went away before the answer.',
    action: 'Nothing: this is only for the record.',
  },
  internal: {
    status: 500,
    retry: true,
    message: 'evenkeel itself failed.',
    action: 'Report it with the request id.',
  },
  upstream_error: {
    status: 502,
    retry: true,
    message: 'The model answered with an error.',
    action: 'Look at the model; the record of the request names it.',
  },
  upstream_malformed: {
    status: 502,
    retry: true,
    message: 'The model answered with something that is not an answer.',
    action: 'Look at the model; the record of the request names it.',
  },
  upstream_cut: {
    status: 502,
    retry: true,
    message: 'The model broke the answer off.',
    action: 'Do not use the part that has arrived as if it were whole.',
  },
  exhausted: {
    status: 503,
    retry: true,
    message: 'Every rung of the ladder failed.',
    action: 'Look at the steps in the record of the request.',
  },
  store_unavailable: {
    status: 503,
    retry: true,
    message: 'What keeps the data does not answer.',
    action: 'Nothing was changed. Look at the database; serving goes on without it.',
  },
  state_invalid: {
    status: 400,
    retry: false,
    message: 'What was kept cannot be restored.',
    action: 'Use a state that this version has written, or start from a fresh one.',
  },
  queue_full: {
    status: 503,
    retry: true,
    message: 'The review queue takes no more.',
    action: 'Work off the queue, or raise its bound.',
  },
  draining: {
    status: 503,
    retry: true,
    message: 'This replica is shutting down.',
    action: 'Send the request again; another replica will take it.',
  },
  upstream_timeout: {
    status: 504,
    retry: true,
    message: 'The model did not answer in time.',
    action: 'Look at the latency of the model against its budget.',
  },
  deadline_exceeded: {
    status: 504,
    retry: true,
    message: 'The deadline passed before any rung answered.',
    action: 'Give more time, or add a rung that answers faster.',
  },
  config_invalid: {
    status: 400,
    retry: false,
    message: 'The file has mistakes.',
    action: 'Run "evenkeel check FILE".',
  },
} as const;

/** A stable name of an error; see {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** Whether a word that came from outside names an error of the registry. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** The one error class: what went wrong is its `code`, not its type. */
export class EvenkeelError extends Error {
  override readonly name = 'EvenkeelError';
  /** Survives two copies of this package in one process, which `instanceof` does not. */
  readonly isEvenkeelError = true;
  readonly code: ErrorCode;
  /** HTTP status: the registry's, unless the thrower knew better (429 or 503 for a shed request). */
  readonly status: number;
  readonly retryable: boolean;
  /** Milliseconds after which trying again makes sense, where known. */
  readonly retryAfterMs: number | undefined;
  /** The field of the request that is wrong, where it is one. */
  readonly field: string | undefined;

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { cause?: unknown; status?: number; retryAfterMs?: number; field?: string | undefined } = {},
  ) {
    super(detail ?? ERRORS[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? ERRORS[code].status;
    this.retryable = ERRORS[code].retry;
    this.retryAfterMs = options.retryAfterMs;
    this.field = options.field;
  }
}

export function isEvenkeelError(error: unknown): error is EvenkeelError {
  return error instanceof Error && 'isEvenkeelError' in error && error.isEvenkeelError === true;
}

/** A one-line account of anything thrown, without a stack. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  return typeof error === 'string' ? error : `thrown: ${String(error)}`;
}
