import { connect, type Socket } from 'node:net';
import {
  type Answer,
  EvenkeelError,
  idMaker,
  type PredictRequest,
  type StreamChunk,
  seededRandom,
} from '@evenkeel/core';
import { realHost } from '../runtime/host.ts';
import { createFront, type Front, type FrontOptions } from './front.ts';
import type { FrontService } from './front-service.ts';

export type Served = Extract<Answer, { outcome: 'served' }>;

/** A served answer of the top rung, but for what the test changes. */
export function served(output: unknown, changes: Partial<Served> = {}): Served {
  return {
    outcome: 'served',
    prediction: { kind: 'value', model: 'm', version: '7', output },
    level: 'full_service',
    rung: 'top',
    qualityImpact: 'none',
    reason: 'ok',
    features: undefined,
    ...changes,
  };
}

export function refused(
  code: ConstructorParameters<typeof EvenkeelError>[0],
  shouldRetry: boolean,
  reason: string,
  options: { status?: number; retryAfterMs?: number } = {},
): Answer {
  return { outcome: 'refused', error: new EvenkeelError(code, reason, options), shouldRetry, reason };
}

/** A chat chunk of the OpenAI API. */
export function chunk(content: string, last = false): StreamChunk {
  return {
    data: {
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content }, finish_reason: last ? 'stop' : null }],
    },
    last,
  };
}

/** A streamed answer whose first chunk has come and whose rest is what the test says. */
export function streamed(first: StreamChunk, rest: AsyncIterable<StreamChunk>): Served {
  return served(undefined, { prediction: { kind: 'stream', model: 'm', version: '7', first, rest } });
}

/** A service in memory that answers with what the test says and keeps what it was asked. */
export interface FakeService extends FrontService {
  readonly asked: PredictRequest[];
}

export function fakeService(
  name: string,
  predict: (request: PredictRequest) => Answer | Promise<Answer>,
  changes: Partial<Omit<FrontService, 'serving' | 'name'>> = {},
): FakeService {
  const asked: PredictRequest[] = [];
  return {
    name,
    type: 'custom',
    deadlineMs: 500,
    maxDeadlineMs: 2_000,
    limits: { bodyBytes: 64 * 1024, headerBytes: 16_384, depth: 32, concurrency: 100 },
    openInference: {
      rows: 'split',
      metadata: async () => ({
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
        outputs: [{ name: 'label', datatype: 'BYTES', shape: [-1] }],
      }),
    },
    serving: {
      name,
      async predict(request) {
        asked.push(request);
        return predict(request);
      },
      onRecord: () => () => {},
      onSeen: () => () => {},
    },
    identify: (_headers, remoteAddress) => ({
      ok: true,
      caller: { tenant: 'anonymous', user: remoteAddress ?? '', tier: undefined },
      knownUser: false,
      maySetPriority: true,
      trusted: true,
    }),
    classify: () => 3,
    budgets: undefined,
    speaksOpenAi: true,
    version: () => '7',
    createdAt: Date.UTC(2026, 0, 1),
    budget: () => undefined,
    ...changes,
    asked,
  };
}

export interface RunningFront {
  readonly front: Front;
  readonly port: number;
  readonly url: string;
  /** What the front called its own failure. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

/** A real server on a free port of loopback, over services in memory. */
export async function startFront(
  services: readonly FrontService[],
  options: Partial<FrontOptions> = {},
): Promise<RunningFront> {
  const { clock, timers } = realHost();
  const errors: unknown[] = [];
  const byName = new Map(services.map((service) => [service.name, service]));
  const front = createFront({
    services: { get: (name) => byName.get(name), names: () => [...byName.keys()] },
    clock,
    timers,
    requestId: idMaker('req', clock, seededRandom(1)),
    ready: () => true,
    onError: (error) => errors.push(error),
    ...options,
  });
  const port = await front.listen(0, '127.0.0.1');
  return {
    front,
    port,
    url: `http://127.0.0.1:${port}`,
    errors,
    async close() {
      await front.drain(0);
    },
  };
}

/** A bare connection: what was received so far, and whether the other side has ended it. */
export interface RawConnection {
  readonly socket: Socket;
  text(): string;
  ended(): boolean;
  /** Resolves when `condition` holds, rejects after `ms` milliseconds. */
  until(condition: () => boolean, ms?: number): Promise<void>;
}

export function rawConnection(port: number, options: { allowHalfOpen?: boolean } = {}): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  let got = '';
  let ended = false;
  socket.on('data', (piece) => {
    got += piece.toString('latin1');
  });
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      ended = true;
    });
  }
  socket.on('error', () => {});
  return {
    socket,
    text: () => got,
    ended: () => ended,
    until: (condition, ms = 3_000) => until(condition, ms, () => `${condition}; got ${got.slice(0, 300)}`),
  };
}

/** Resolves when `condition` holds, rejects after `ms` milliseconds. */
export async function until(
  condition: () => boolean,
  ms = 3_000,
  what: () => string = () => String(condition),
): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
