import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Outcome } from './tally.ts';

/** Beyond this many unanswered requests the player is the bottleneck: more are not sent, and counted. */
export const MOST_IN_FLIGHT = 2_000;

export interface Sender {
  send(body: string): Promise<Outcome>;
  readonly inFlight: number;
  close(): void;
}

/** Sends bodies over connections that are kept. An answer is over at its last byte; streams are read to their end. */
export function sender(url: URL, headers: Readonly<Record<string, string>>, timeoutMs: number): Sender {
  const secure = url.protocol === 'https:';
  const options = { keepAlive: true, maxSockets: MOST_IN_FLIGHT };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  const request = secure ? httpsRequest : httpRequest;
  let inFlight = 0;
  return {
    send(body) {
      inFlight += 1;
      const began = performance.now();
      return new Promise<Outcome>((resolve) => {
        const failed = (error: Error): void => {
          const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
          resolve({ status: undefined, level: code, ms: performance.now() - began });
        };
        const call = request(
          url,
          {
            method: 'POST',
            agent,
            headers: {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
              ...headers,
            },
          },
          (response) => {
            response.resume();
            response.on('error', failed);
            response.on('end', () => {
              const level = response.headers['evenkeel-level'];
              resolve({
                status: response.statusCode,
                level: typeof level === 'string' ? level : 'no level',
                ms: performance.now() - began,
              });
            });
          },
        );
        call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
        call.on('error', failed);
        call.end(body);
      }).finally(() => {
        inFlight -= 1;
      });
    },
    get inFlight() {
      return inFlight;
    },
    close: () => agent.destroy(),
  };
}
