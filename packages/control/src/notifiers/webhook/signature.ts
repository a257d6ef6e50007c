import { createHmac, timingSafeEqual } from 'node:crypto';

/** A signature older or newer than this is a replay or a wrong clock, in milliseconds. */
export const REPLAY_WINDOW_MS = 5 * 60_000;

/**
 * HMAC-SHA256 (RFC 2104) over `<time stamp>.<body>`, as `t=<seconds>,v1=<hex>`: the time stamp is signed, so that an old
 * message cannot be sent again as a new one.
 */
export function sign(body: string, secret: string, wallNow: number): string {
  const seconds = Math.floor(wallNow / 1_000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

/** @returns what is wrong with a signature; undefined when it holds. Compares in constant time. */
export function wrongSignature(
  body: string,
  header: string | undefined,
  secret: string,
  wallNow: number,
): string | undefined {
  if (header === undefined) return 'the signature is missing';
  const [, time, mac] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header.trim()) ?? [];
  if (time === undefined || mac === undefined) return 'the signature is not of the form t=<seconds>,v1=<hex>';
  const age = Math.abs(wallNow - Number(time) * 1_000);
  if (age > REPLAY_WINDOW_MS) return `the signature is ${Math.round(age / 1_000)} s away from now`;
  const wanted = createHmac('sha256', secret).update(`${time}.${body}`).digest();
  return timingSafeEqual(wanted, Buffer.from(mac, 'hex')) ? undefined : 'the signature does not match';
}
