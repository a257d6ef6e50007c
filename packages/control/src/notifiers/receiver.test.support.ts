import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { Notification } from './notification.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

/** A server that writes down what it is sent, and answers as it is told. */
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** How it answers from now on; 200 and nothing unless told. */
  answer(how: (response: ServerResponse, received: Received) => void): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  let how: (response: ServerResponse, received: Received) => void = (response) => response.end();
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        json = undefined;
      }
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        text,
        json,
      };
      received.push(one);
      how(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    answer(next) {
      how = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const AT: number = Date.UTC(2026, 5, 1, 12);

export function notification(
  changes: Partial<Notification> = {},
  incident: Partial<Notification['incident']> = {},
): Notification {
  return {
    id: 'INC-1/3/opened/pager',
    event: 'opened',
    page: true,
    recipient: 'ann',
    at: AT,
    ...changes,
    incident: {
      id: 'INC-1',
      service: 'mail',
      type: 'model_outage',
      severity: 'SEV1',
      title: 'the model does not answer',
      summary: 'Since 12:00 UTC: users get canned answers.',
      state: 'detected',
      openedAt: AT - 60_000,
      link: 'http://dashboard.example/#/incidents/INC-1',
      evidence: ['breaker of m is open', '93 % of requests were degraded'],
      runbook: ['look at the model server'],
      ...incident,
    },
  };
}

export const soon = (): AbortSignal => AbortSignal.timeout(5_000);
