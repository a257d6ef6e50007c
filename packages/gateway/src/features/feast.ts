import { EvenkeelError } from '@evenkeel/core';
import { type Dispatcher, Pool } from 'undici';
import { feastErrorText, rowsOfFeastResponse } from './feast-response.ts';
import type { EntityKey, EntityValue, FeatureSource } from './source.ts';

export interface FeastOptions {
  /** Where the feature server listens, with a path in front of its own if a proxy needs one. */
  readonly url: string;
  /** `view:feature` references. Exactly one of `features` and `featureService`. */
  readonly features?: readonly string[];
  readonly featureService?: string;
  /** Sent with every request, for a key or a tenant. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Connections kept open at most. Default 8. */
  readonly connections?: number;
  /** Milliseconds to connect. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Bytes of an answer at most. Default 16 MiB. */
  readonly maxBodyBytes?: number;
}

function question(options: FeastOptions): Readonly<Record<string, unknown>> {
  const { features, featureService } = options;
  if ((features === undefined) === (featureService === undefined)) {
    throw new EvenkeelError(
      'config_invalid',
      'features.feast: exactly one of features and feature_service is needed',
    );
  }
  return featureService === undefined ? { features } : { feature_service: featureService };
}

function columns(keys: readonly EntityKey[]): Record<string, EntityValue[]> {
  const entities: Record<string, EntityValue[]> = {};
  for (const { values } of keys) {
    for (const [name, value] of Object.entries(values)) {
      const column = entities[name];
      if (column === undefined) entities[name] = [value];
      else column.push(value);
    }
  }
  return entities;
}

async function textOf(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) {
      throw new EvenkeelError('upstream_malformed', `the answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EvenkeelError('upstream_malformed', 'the answer is not JSON', { cause });
  }
}

/**
 * Features from a Feast feature server. Speaks through a connection pool of undici's and not through `fetch`, which
 * refuses Feast's default port 6566 as a bad one (WHATWG Fetch, "port blocking").
 * @throws EvenkeelError `config_invalid`
 */
export function createFeastSource(options: FeastOptions): FeatureSource {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new EvenkeelError(
      'config_invalid',
      `features.feast.url: "${options.url}" is not an http or https URL`,
    );
  }
  const asked = question(options);
  const base = url.pathname.replace(/\/+$/, '');
  const maxBodyBytes = options.maxBodyBytes ?? 16 * 1024 * 1024;
  const headers = { ...options.headers, 'content-type': 'application/json', accept: 'application/json' };
  const pool = new Pool(url.origin, {
    connections: options.connections ?? 8,
    connect: { timeout: options.connectTimeoutMs ?? 1_000 },
  });

  return {
    async fetch(keys, signal) {
      const entities = columns(keys);
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: `${base}/get-online-features`,
        headers,
        body: JSON.stringify({ ...asked, entities, full_feature_names: false }),
        signal,
        // The signal ends the call; undici's own timers tick in whole seconds and would only cost.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text = await textOf(body, maxBodyBytes);
      if (statusCode !== 200) throw new EvenkeelError('upstream_error', feastErrorText(statusCode, text));
      return rowsOfFeastResponse(json(text), new Set(Object.keys(entities)), keys.length);
    },
    async healthy(signal) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: `${base}/health`, signal });
      await body.dump();
      return statusCode === 200;
    },
    // The reader has ended its calls; whatever else hangs must not hold up a shutdown.
    close: () => pool.destroy(),
  };
}
