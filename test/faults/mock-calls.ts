import type {
  FeatureSet,
  Prediction,
  PredictRequest,
  StreamPrediction,
  ValuePrediction,
} from '@evenkeel/core';
import type { Model, UpstreamHost } from '../../packages/gateway/src/upstreams/index.ts';

/** The real world, for tests of real sockets. */
export const realTime: UpstreamHost = {
  clock: { now: () => performance.now(), wall: () => Date.now() },
  timers: {
    after(ms, fn) {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  },
  random: Math.random,
};

export interface CallWish {
  readonly input?: unknown;
  readonly stream?: boolean;
  readonly signal?: AbortSignal;
  readonly budgetMs?: number;
  readonly features?: FeatureSet;
}

export const CHAT = {
  model: 'my-service',
  messages: [{ role: 'user', content: 'hello' }],
  vendor_field: { a: 1 },
};

/** Calls a model as a rung would, with the request filled in. */
export async function ask(model: Model, wish: CallWish = {}): Promise<Prediction> {
  const signal = wish.signal ?? new AbortController().signal;
  const request: PredictRequest = {
    id: 'request-1',
    service: 'my-service',
    input: wish.input ?? CHAT,
    caller: { tenant: 'anonymous', user: 'anonymous', tier: undefined },
    priority: 2,
    deadlineMs: wish.budgetMs ?? 5_000,
    weight: 1,
    stream: wish.stream ?? false,
    signal: undefined,
    traceId: undefined,
    kind: 'live',
  };
  return model.call({ request, features: wish.features, signal, budgetMs: wish.budgetMs ?? 5_000 });
}

export async function askWhole(model: Model, wish: CallWish = {}): Promise<ValuePrediction> {
  const prediction = await ask(model, wish);
  if (prediction.kind !== 'value') throw new Error('a whole answer was expected');
  return prediction;
}

export async function askStream(model: Model, wish: CallWish = {}): Promise<StreamPrediction> {
  const prediction = await ask(model, { ...wish, stream: true });
  if (prediction.kind !== 'stream') throw new Error('a stream was expected');
  return prediction;
}
