import { EvenkeelError } from '@evenkeel/core';
import { z } from 'zod';
import { parseEventTime } from './event-time.ts';
import type { FeatureRow, FeatureStatus, FeatureValue } from './source.ts';

const vector = z.object({
  values: z.array(z.unknown()),
  statuses: z.array(z.string()).optional(),
  event_timestamps: z.array(z.union([z.string(), z.number(), z.null()])).optional(),
});

type Vector = z.infer<typeof vector>;

const response = z.object({
  metadata: z.object({ feature_names: z.array(z.string()) }),
  results: z.array(vector),
});

const STATUSES: ReadonlyMap<string, FeatureStatus> = new Map([
  ['PRESENT', 'present'],
  ['NULL_VALUE', 'null'],
  ['NOT_FOUND', 'not_found'],
  ['OUTSIDE_MAX_AGE', 'outside_max_age'],
  ['INVALID', 'invalid'],
]);

function malformed(detail: string): EvenkeelError {
  return new EvenkeelError('upstream_malformed', `not an answer of a Feast feature server: ${detail}`);
}

function hasLength(v: Vector, length: number): boolean {
  return (
    v.values.length === length &&
    (v.statuses === undefined || v.statuses.length === length) &&
    (v.event_timestamps === undefined || v.event_timestamps.length === length)
  );
}

/**
 * Which way round the matrix is. Feature servers answer with one vector per feature; old ones answered with one per
 * entity. A square matrix fits both and is read the current way.
 */
function orientation(results: readonly Vector[], features: number, entities: number): 'columns' | 'rows' {
  if (results.length === features && results.every((v) => hasLength(v, entities))) return 'columns';
  if (results.length === entities && results.every((v) => hasLength(v, features))) return 'rows';
  throw malformed(
    `${results.length} vectors of ${results[0]?.values.length ?? 0} values for ${features} features of ${entities} entities`,
  );
}

function valueAt(name: string, v: Vector | undefined, index: number): FeatureValue {
  const value = v?.values[index] ?? null;
  const word = v?.statuses?.[index];
  const status =
    word === undefined ? (value === null ? 'null' : 'present') : (STATUSES.get(word) ?? 'invalid');
  return { name, value, status, eventTime: parseEventTime(v?.event_timestamps?.[index]) };
}

/**
 * Reads the answer to `POST /get-online-features`.
 * @param entityNames columns of these names repeat the question and are left out
 * @throws EvenkeelError `upstream_malformed`
 */
export function rowsOfFeastResponse(
  body: unknown,
  entityNames: ReadonlySet<string>,
  entityCount: number,
): readonly FeatureRow[] {
  const parsed = response.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(
      issue === undefined ? 'unknown shape' : `${issue.path.join('.') || 'body'}: ${issue.message}`,
    );
  }
  const { results } = parsed.data;
  const names = parsed.data.metadata.feature_names;
  const way = orientation(results, names.length, entityCount);
  const rows: FeatureRow[] = [];
  for (let e = 0; e < entityCount; e++) {
    const values: FeatureValue[] = [];
    for (const [f, name] of names.entries()) {
      if (entityNames.has(name)) continue;
      values.push(way === 'columns' ? valueAt(name, results[f], e) : valueAt(name, results[e], f));
    }
    rows.push({ values });
  }
  return rows;
}

/** Longest piece of somebody else's error that is passed on. */
const MAX_ERROR_LENGTH = 300;

const feastError = z.looseObject({
  class: z.string().optional(),
  message: z.string().optional(),
  detail: z.unknown().optional(),
});

function messageOf(body: unknown, depth = 0): string {
  if (typeof body === 'string') {
    // Feast puts its own errors as JSON into a JSON string.
    if (depth === 0 && body.startsWith('{')) {
      try {
        return messageOf(JSON.parse(body), 1);
      } catch {
        return body;
      }
    }
    return body;
  }
  const parsed = feastError.safeParse(body);
  if (!parsed.success) return JSON.stringify(body) ?? '';
  const { class: kind, message, detail } = parsed.data;
  if (message !== undefined) return kind === undefined ? message : `${kind}: ${message}`;
  if (detail !== undefined) return typeof detail === 'string' ? detail : messageOf(detail, 1);
  return JSON.stringify(body) ?? '';
}

/** The error a feature server meant: FeastError objects, FastAPI's `detail`, bare JSON strings, or plain text. */
export function feastErrorText(status: number, text: string): string {
  let message = text;
  try {
    message = messageOf(JSON.parse(text));
  } catch {
    // Not JSON: a proxy's page, most likely.
  }
  const line = message.replace(/\s+/g, ' ').trim().slice(0, MAX_ERROR_LENGTH);
  return line === '' ? `status ${status}` : `status ${status}: ${line}`;
}
