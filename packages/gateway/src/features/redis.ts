import { describeError, EvenkeelError } from '@evenkeel/core';
import type { RedisClientType } from '@redis/client';
import { parseEventTime } from './event-time.ts';
import { compileKeyTemplate } from './key-template.ts';
import { type FeatureRow, type FeatureSource, type FeatureValue, failedTogether } from './source.ts';
import { valueOfText } from './text-value.ts';

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** Key of the hash of an entity, such as `sender:{sender}`. */
  readonly key: string;
  /** Names of the entities that stand in `key`. */
  readonly entities: readonly string[];
  /** Fields read: the names of the features. */
  readonly fields: readonly string[];
  /** Field that says when the hash was written: ISO 8601, or seconds or milliseconds since 1970. */
  readonly timestamp?: string;
  /** Milliseconds to connect. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Told what goes wrong with the connection; default: nobody, the calls fail by themselves. */
  readonly onError?: (error: unknown) => void;
}

type Client = RedisClientType<Record<never, never>, Record<never, never>, Record<never, never>, 2>;

/** Commands waiting for their answers at most: a server that hangs must not collect them without end. */
const MAX_COMMANDS = 10_000;
const MAX_RECONNECT_MS = 2_000;

async function clientModule(): Promise<typeof import('@redis/client')> {
  try {
    // Here and not at the top: who uses no Redis neither needs the package nor pays for loading it.
    return await import('@redis/client');
  } catch (cause) {
    throw new EvenkeelError(
      'config_invalid',
      `features.redis needs the package @redis/client: npm install @redis/client (${describeError(cause)})`,
      { cause },
    );
  }
}

/** Rejects when the signal aborts; the command itself may already be on the wire, its answer is then ignored. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new EvenkeelError('upstream_timeout', 'redis did not answer in time'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function rowOf(fields: readonly string[], texts: readonly (string | null)[], stamped: boolean): FeatureRow {
  const known = texts.some((text) => text !== null);
  const eventTime = stamped ? parseEventTime(texts[fields.length]) : undefined;
  const values = fields.map((name, i): FeatureValue => {
    const value = valueOfText(texts[i] ?? '');
    const status = value !== undefined ? 'present' : known ? 'null' : 'not_found';
    return { name, value: value ?? null, status, eventTime };
  });
  return { values };
}

/**
 * Features from Redis hashes, one per entity, read by `HMGET`; the reads of a batch go out as one pipeline. Resolves
 * at once, connected or not: while there is no connection calls fail at once and the client tries to reconnect.
 * @throws EvenkeelError `config_invalid` for a bad template or a missing package
 */
export async function openRedisSource(options: RedisOptions): Promise<FeatureSource> {
  if (!/^rediss?:\/\//.test(options.url) || !URL.canParse(options.url)) {
    // Not quoted: it may carry a password.
    throw new EvenkeelError('config_invalid', 'features.redis.url: expected redis://… or rediss://…');
  }
  const keyOf = compileKeyTemplate(options.key, options.entities);
  const stamped = options.timestamp !== undefined;
  const fields = stamped ? [...options.fields, options.timestamp] : [...options.fields];
  const onError = options.onError ?? ((): void => {});
  const { createClient } = await clientModule();

  function connect(): Client {
    const client: Client = createClient({
      url: options.url,
      // The older protocol is understood by every server and proxy, and HMGET gains nothing from the newer one.
      RESP: 2,
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_COMMANDS,
      socket: {
        connectTimeout: options.connectTimeoutMs ?? 1_000,
        reconnectStrategy: (retries: number) => Math.min(MAX_RECONNECT_MS, 50 * 2 ** Math.min(retries, 6)),
      },
    });
    client.on('error', onError);
    client.connect().catch(onError);
    return client;
  }

  let client = connect();
  let closed = false;

  return {
    async fetch(keys, signal) {
      if (!client.isReady) throw new EvenkeelError('upstream_error', 'there is no connection to redis');
      // Written in one turn, the commands leave as one pipeline.
      const replies = keys.map((entity) => client.hmGet(keyOf(entity), fields));
      const settled = await within(signal, Promise.allSettled(replies));
      return failedTogether(
        settled.map((reply) =>
          reply.status === 'fulfilled'
            ? rowOf(options.fields, reply.value, stamped)
            : { values: [], failed: describeError(reply.reason) },
        ),
      );
    },
    async healthy(signal) {
      if (!client.isReady) return false;
      try {
        return (await within(signal, client.ping())) === 'PONG';
      } catch (error) {
        // A connection that has died without saying so would otherwise be kept until the kernel gives it up.
        if (signal.aborted && !closed) {
          client.destroy();
          client = connect();
        }
        throw error;
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      if (client.isOpen) client.destroy();
    },
  };
}
