import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { describeError, parseRetryAfter } from '@evenkeel/core';
import type { Delivery } from './notification.ts';

/** Addresses that a user-given URL must not reach: this machine, its network, and the metadata services of clouds. */
const inside = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, bits, 'ipv6');
}

/** Whether an address belongs to this machine or its network; IPv4 in IPv6 counts as what it carries. */
export function isInside(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return inside.check(mapped, 'ipv4');
  return inside.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Looks a name up and refuses inside addresses at the moment of connecting: a name that changes later cannot slip by. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 4);
      return;
    }
    const first = addresses[0];
    if (first === undefined || addresses.some(({ address }) => isInside(address))) {
      callback(
        new Error(`${hostname} is an address inside this network; allow it with "internal: true"`),
        '',
        4,
      );
      return;
    }
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

export interface PostOptions {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** True where the file says that the receiver is inside this network. */
  readonly internal: boolean;
}

export interface Posted {
  readonly status: number;
  /** At most {@link MOST_READ} characters of the answer. */
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

const MOST_READ = 4_096;

/**
 * Posts JSON. Redirects are not followed: where the answer points is not where the file points.
 * @throws when nothing answers in time, or the address is inside
 */
export function post({ url, body, headers, signal, internal }: PostOptions): Promise<Posted> {
  const target = new URL(url);
  if (
    !internal &&
    isIP(target.hostname.replace(/^\[|\]$/g, '')) !== 0 &&
    isInside(target.hostname.replace(/^\[|\]$/g, ''))
  ) {
    return Promise.reject(
      new Error(`${target.hostname} is an address inside this network; allow it with "internal: true"`),
    );
  }
  const request = target.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      target,
      {
        method: 'POST',
        agent: false,
        signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'evenkeel',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
        ...(internal ? {} : { lookup: guardedLookup }),
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          if (text.length < MOST_READ) text += chunk;
          else incoming.destroy();
        });
        incoming.on('error', () => {});
        incoming.on('close', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            text: text.slice(0, MOST_READ),
            retryAfterMs: parseRetryAfter({ retryAfter: incoming.headers['retry-after'] }, Date.now()),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Reads an HTTP answer as what it means for a message: whose fault it was decides whether to try again. */
export function judged({ status, text, retryAfterMs }: Posted): Delivery {
  if (status >= 200 && status < 300) return { kind: 'sent', detail: `HTTP ${status}` };
  const said = text.trim() === '' ? '' : `: ${text.trim().slice(0, 200)}`;
  if (status === 429 || status === 408 || status >= 500) {
    return { kind: 'retry', reason: `HTTP ${status}${said}`, afterMs: retryAfterMs };
  }
  if (status >= 300 && status < 400)
    return { kind: 'dead', reason: `HTTP ${status}: redirects are not followed` };
  return { kind: 'dead', reason: `HTTP ${status}${said}` };
}

/** Posts and judges; what did not answer is worth trying again. */
export async function deliver(options: PostOptions): Promise<Delivery> {
  try {
    return judged(await post(options));
  } catch (error) {
    const reason = describeError(error);
    return reason.includes('inside this network')
      ? { kind: 'dead', reason }
      : { kind: 'retry', reason, afterMs: undefined };
  }
}
