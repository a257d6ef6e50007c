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
  // Also ::1, and IPv4 as it was written into IPv6 once.
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, bits, 'ipv6');
}

/** IPv4 behind a translator (RFC 6052, 64:ff9b::/96). */
function translated(address: string): string | undefined {
  const [, high, low] = /^64:ff9b::(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (low === undefined) return undefined;
  const [a, b] = [Number.parseInt(high ?? '0', 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

/** Whether an address belongs to this machine or its network; IPv4 in IPv6 counts as what it carries. */
export function isInside(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  if (family === 4) return inside.check(address, 'ipv4');
  const carried = translated(address);
  // An address of the kind ::ffff:a.b.c.d is checked by the rules of IPv4 too.
  return carried === undefined ? inside.check(address, 'ipv6') : inside.check(carried, 'ipv4');
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

/** For an answer of success that is not the receiver's: it may be there again later. */
export function foreignAnswer(receiver: string, { status, text, retryAfterMs }: Posted): Delivery {
  const said = text.trim().slice(0, 100);
  return {
    kind: 'retry',
    reason: `HTTP ${status}, but not an answer of ${receiver}${said === '' ? '' : `: ${said}`}`,
    afterMs: retryAfterMs,
  };
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

/**
 * Posts and judges; what did not answer is worth trying again.
 * @param confirm reads an answer of success: undefined when it says that the message was taken. Where a receiver has words for
 *   that, another answer is somebody else's (a proxy, a sign-in page), whatever its status.
 */
export async function deliver(
  options: PostOptions,
  confirm: (posted: Posted) => Delivery | undefined = () => undefined,
): Promise<Delivery> {
  try {
    const posted = await post(options);
    const verdict = judged(posted);
    return verdict.kind === 'sent' ? (confirm(posted) ?? verdict) : verdict;
  } catch (error) {
    const reason = describeError(error);
    return reason.includes('inside this network')
      ? { kind: 'dead', reason }
      : { kind: 'retry', reason, afterMs: undefined };
  }
}
