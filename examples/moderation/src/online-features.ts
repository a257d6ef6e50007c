import { z } from 'zod';
import { type SenderFacts, withMail } from './sender-history.ts';

// The part of Feast's feature server (its Python one, 0.40 and later) that a client of this example needs, in its shapes.

const VIEW = 'sender_history';
const FEATURES = ['mails_seen', 'spam_share', 'first_seen'] as const;
type Feature = (typeof FEATURES)[number];
const ENTITY = 'sender';
/** Feature services: names for lists of features. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  moderation: FEATURES.map((name) => `${VIEW}:${name}`),
};
const MOST_ENTITIES = 10_000;

/** An answer as it goes out. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

interface Row {
  readonly facts: SenderFacts;
  /** Wall milliseconds at which this was last known to hold. */
  readonly at: number;
}

export interface OnlineFeatures {
  getOnlineFeatures(body: unknown): Reply;
  push(body: unknown): Reply;
  /** Says that all history is as it is now: nothing has come in since that is not counted. */
  restamp(): void;
  size(): number;
  /** Labelled mails taken in since the start. */
  pushed(): number;
}

/** Errors as FastAPI writes them: `detail` with the place for a bad body, else Feast's own error as a JSON text. */
function invalid(error: z.ZodError): Reply {
  const detail = error.issues.map((issue) => ({
    type: issue.code,
    loc: ['body', ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))],
    msg: issue.message,
  }));
  return { status: 422, body: { detail } };
}

function feastError(status: number, kind: string, message: string): Reply {
  return { status, body: { detail: JSON.stringify({ module: 'feast.errors', class: kind, message }) } };
}

const question = z.object({
  features: z.array(z.string()).min(1).optional(),
  feature_service: z.string().optional(),
  entities: z.record(z.string(), z.array(z.union([z.string(), z.number()])).max(MOST_ENTITIES)),
  full_feature_names: z.boolean().default(false),
});

const pushed = z.object({
  push_source_name: z.string(),
  df: z.record(z.string(), z.array(z.unknown()).max(MOST_ENTITIES)),
  to: z.enum(['online', 'offline', 'online_and_offline']).default('online'),
});

const sender = z.string().min(1).max(320);
const moment = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = typeof value === 'number' ? (value < 1e11 ? value * 1000 : value) : Date.parse(value);
  if (Number.isFinite(ms)) return ms;
  context.addIssue({ code: 'custom', message: `expected a point in time, found ${JSON.stringify(value)}` });
  return z.NEVER;
});
/** As Feast's own pushes: the new values of the view. */
const historyRow = z.object({
  sender,
  mails_seen: z.int().min(1),
  spam_share: z.number().min(0).max(1),
  first_seen: moment,
  event_timestamp: moment,
});
/** As a stream feature view: one labelled mail, counted into the history here. */
const mailRow = z.object({ sender, label: z.enum(['spam', 'ham']), event_timestamp: moment });

function isFeature(name: string): name is Feature {
  return FEATURES.some((feature) => feature === name);
}

/** Columns to rows; or what is wrong with the columns. */
function rowsOf(df: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown>[] | string {
  const lengths = new Set(Object.values(df).map((column) => column.length));
  if (lengths.size > 1) return 'All arrays must be of the same length';
  const [length = 0] = lengths;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(Object.entries(df).map(([name, column]) => [name, column[i]])),
  );
}

function factValue(facts: SenderFacts, feature: Feature): string | number {
  if (feature === 'mails_seen') return facts.mailsSeen;
  return feature === 'spam_share' ? facts.spamShare : new Date(facts.firstSeen).toISOString();
}

/**
 * @param history what is known at the start; copied
 * @param wall milliseconds since 1970
 */
export function createOnlineFeatures(
  history: ReadonlyMap<string, SenderFacts>,
  wall: () => number,
): OnlineFeatures {
  const started = wall();
  const rows = new Map<string, Row>();
  for (const [name, facts] of history) rows.set(name, { facts, at: started });
  let stampedAt = started;

  function wanted(features: readonly string[] | undefined, service: string | undefined): Feature[] | Reply {
    if ((features === undefined) === (service === undefined))
      return feastError(422, 'ValueError', 'Exactly one of features and feature_service must be given');
    const own = service !== undefined && Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined;
    if (service !== undefined && own === undefined)
      return feastError(404, 'FeatureServiceNotFoundException', `Feature service ${service} does not exist`);
    const names: Feature[] = [];
    for (const reference of features ?? own ?? []) {
      const [view, name = ''] = reference.split(':');
      if (view !== VIEW)
        return feastError(404, 'FeatureViewNotFoundException', `Feature view ${view ?? ''} does not exist`);
      if (!isFeature(name))
        return feastError(
          400,
          'FeatureNameError',
          `${name} is no feature of ${VIEW}: it has ${FEATURES.join(', ')}`,
        );
      names.push(name);
    }
    return names;
  }

  let told = 0;
  return {
    getOnlineFeatures(body) {
      const parsed = question.safeParse(body);
      if (!parsed.success) return invalid(parsed.error);
      const names = wanted(parsed.data.features, parsed.data.feature_service);
      if (!Array.isArray(names)) return names;
      const { entities, full_feature_names } = parsed.data;
      const keys = entities[ENTITY];
      const others = Object.keys(entities).filter((name) => name !== ENTITY);
      if (keys === undefined || others.length > 0)
        return feastError(
          400,
          'EntityNotFoundException',
          keys === undefined ? `entities has no ${ENTITY}` : `Entity ${others[0] ?? ''} does not exist`,
        );
      const found = keys.map((key) => rows.get(String(key)));
      const stamps = found.map((row) =>
        new Date(row === undefined ? 0 : Math.max(row.at, stampedAt)).toISOString(),
      );
      return {
        status: 200,
        body: {
          metadata: {
            feature_names: [ENTITY, ...names.map((name) => (full_feature_names ? `${VIEW}__${name}` : name))],
          },
          results: [
            {
              values: keys,
              statuses: keys.map(() => 'PRESENT'),
              event_timestamps: keys.map(() => new Date(0).toISOString()),
            },
            ...names.map((name) => ({
              values: found.map((row) => (row === undefined ? null : factValue(row.facts, name))),
              statuses: found.map((row) => (row === undefined ? 'NOT_FOUND' : 'PRESENT')),
              event_timestamps: stamps,
            })),
          ],
        },
      };
    },

    push(body) {
      const parsed = pushed.safeParse(body);
      if (!parsed.success) return invalid(parsed.error);
      const { push_source_name: source, df, to } = parsed.data;
      if (source !== 'sender_history' && source !== 'labelled_mail')
        return feastError(404, 'PushSourceNotFoundException', `Unable to find push source '${source}'.`);
      if (to !== 'online')
        return feastError(400, 'ValueError', 'There is no offline store here: push to online');
      const table = rowsOf(df);
      if (typeof table === 'string') return feastError(400, 'ValueError', table);
      // All rows or none: a caller who corrects a bad one sends the whole again.
      if (source === 'sender_history') {
        const good = z.array(historyRow).safeParse(table);
        if (!good.success) return invalid(good.error);
        for (const row of good.data) {
          const facts = { mailsSeen: row.mails_seen, spamShare: row.spam_share, firstSeen: row.first_seen };
          rows.set(row.sender.toLowerCase(), { facts, at: row.event_timestamp });
        }
      } else {
        const good = z.array(mailRow).safeParse(table);
        if (!good.success) return invalid(good.error);
        for (const row of good.data) {
          const key = row.sender.toLowerCase();
          const facts = withMail(rows.get(key)?.facts, row.label === 'spam', row.event_timestamp);
          rows.set(key, { facts, at: row.event_timestamp });
        }
        told += good.data.length;
      }
      return { status: 200, body: null };
    },

    restamp() {
      stampedAt = wall();
    },
    size: () => rows.size,
    pushed: () => told,
  };
}
