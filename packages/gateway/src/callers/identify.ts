import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { AddressTrust, CallersConfig } from '@evenkeel/config';
import type { Caller } from '@evenkeel/core';

/** Who is calling, as far as it is known and trusted. */
export type Identity =
  | {
      readonly ok: true;
      readonly caller: Caller;
      /** A trusted header or key names the person or session. */
      readonly knownUser: boolean;
      readonly maySetPriority: boolean;
      /** Headers beside the caller's own may be believed. */
      readonly trusted: boolean;
    }
  /** A key was sent, and it is none of ours. */
  | { readonly ok: false };

export type Identify = (headers: IncomingHttpHeaders, remoteAddress: string | undefined) => Identity;

const MAX_NAME = 128;

function addressTest(trust: AddressTrust): (address: string | undefined) => boolean {
  if (trust === 'none') return () => false;
  const list = new BlockList();
  for (const range of trust === 'loopback' ? ['127.0.0.0/8', '::1/128'] : trust) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  const known = new Map<string, boolean>();
  return (remote) => {
    if (remote === undefined) return false;
    let trusted = known.get(remote);
    if (trusted === undefined) {
      // An IPv4 peer of a dual-stack socket comes as ::ffff:1.2.3.4.
      const address = remote.startsWith('::ffff:') ? remote.slice(7) : remote;
      const family = isIP(address);
      trusted = family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
      if (known.size > 10_000) known.clear();
      known.set(remote, trusted);
    }
    return trusted;
  };
}

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** A name out of a header: printable, of bounded length, or nothing. */
function nameOf(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  const clean = text.trim();
  return clean.length > 0 && clean.length <= MAX_NAME && /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(clean)
    ? clean
    : undefined;
}

/** The key of a request: `authorization: Bearer …` or `x-api-key`. */
function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7).trim() : undefined;
  }
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : undefined;
}

/**
 * Compiles a service's rules of who is believed. A service without keys takes any key: clients of the OpenAI API send
 * one whether or not there is anything to open.
 */
export function createIdentify(config: CallersConfig): Identify {
  const trustsHeaders = addressTest(config.trustHeadersFrom);
  const maySetPriority = addressTest(config.maySetPriorityFrom);
  const keys = config.keys.map((entry) => ({ ...entry, digest: digest(entry.key.reveal()) }));
  const names = config.headers;

  return (headers, remoteAddress) => {
    let entry: (typeof keys)[number] | undefined;
    if (keys.length > 0) {
      const key = keyOf(headers);
      if (key !== undefined) {
        const wanted = digest(key);
        // All are compared, whichever matches: the time taken tells nothing.
        for (const candidate of keys) if (timingSafeEqual(candidate.digest, wanted)) entry = candidate;
        if (entry === undefined) return { ok: false };
      }
    }
    const trusted = entry?.trustHeaders === true || trustsHeaders(remoteAddress);
    const user = trusted ? nameOf(headers[names.user]) : undefined;
    const tenant = entry?.tenant ?? (trusted ? nameOf(headers[names.tenant]) : undefined) ?? 'anonymous';
    return {
      ok: true,
      caller: {
        tenant,
        user: user ?? entry?.name ?? remoteAddress ?? 'anonymous',
        tier: entry?.tier ?? (trusted ? nameOf(headers[names.tier]) : undefined),
        cohort: trusted ? nameOf(headers[names.cohort]) : undefined,
      },
      knownUser: user !== undefined || entry !== undefined,
      maySetPriority: entry?.maySetPriority === true || maySetPriority(remoteAddress),
      trusted,
    };
  };
}
