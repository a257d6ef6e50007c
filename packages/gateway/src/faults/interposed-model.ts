import {
  EvenkeelError,
  type FaultSpec,
  isUnbounded,
  type Prediction,
  type Random,
  type StreamChunk,
  type StreamPrediction,
  type Timers,
} from '@evenkeel/core';
import { failure, malformed } from '../upstreams/failure.ts';
import type { Model, ModelCall } from '../upstreams/model.ts';
import { type ActiveFault, touches } from './active-fault.ts';
import { delayOf, forever, pause } from './pause.ts';
import { type Spoiler, spoiler } from './spoil.ts';

/** A model that can be broken on purpose. With no fault in force it costs one comparison. */
export interface InterposedModel extends Model {
  /** From now on these are in force; undefined: none. */
  interpose(faults: readonly ActiveFault[] | undefined): void;
}

interface Host {
  readonly timers: Timers;
  readonly random: Random;
}

/** Tokens that a whole answer is taken to have when it does not say. */
const TOKENS = 16;

/** Kinds of fault that strike at a model. */
export function strikesModel(spec: FaultSpec, model: string): boolean {
  if (spec.type === 'model_failure' || spec.type === 'model_latency') return spec.model === model;
  return (
    spec.type === 'data_quality' &&
    spec.at !== 'features' &&
    (spec.model === undefined || spec.model === model)
  );
}

function dripping(prediction: StreamPrediction, chunkMs: number, timers: Timers): StreamPrediction {
  async function* rest(): AsyncGenerator<StreamChunk> {
    for await (const chunk of prediction.rest) {
      await pause(chunkMs, timers, undefined);
      yield chunk;
    }
  }
  return { ...prediction, rest: rest() };
}

function cut(prediction: StreamPrediction, afterChunks: number): StreamPrediction {
  async function* rest(): AsyncGenerator<StreamChunk> {
    let left = afterChunks - 1;
    for await (const chunk of prediction.rest) {
      if (left-- <= 0 || chunk.last) break;
      yield chunk;
    }
    throw failure('connection', 'upstream_cut', 'chaos: the stream was cut off');
  }
  return { ...prediction, rest: rest() };
}

function respelt(prediction: Prediction, one: Spoiler): Prediction {
  if (prediction.kind !== 'value') return prediction;
  const output = one.spoil(prediction.output);
  if (output === prediction.output || typeof output !== 'object' || output === null) return prediction;
  // What the answer says of itself was read from its fields: it follows them.
  const label: unknown = Reflect.get(output, 'label');
  const score: unknown = Reflect.get(output, 'score');
  const confidence: unknown = Reflect.get(output, 'confidence');
  return {
    ...prediction,
    output,
    ...(typeof label === 'string' ? { label } : {}),
    ...(typeof score === 'number' ? { score } : {}),
    ...(typeof confidence === 'number' ? { confidence } : {}),
  };
}

async function struck(
  model: Model,
  call: ModelCall,
  hits: readonly ActiveFault[],
  spoilers: ReadonlyMap<string, Spoiler>,
  host: Host,
): Promise<Prediction> {
  const { timers, random } = host;
  let asked = call;
  let waitMs = 0;
  for (const { id, fault } of hits) {
    const { spec } = fault;
    if (spec.type === 'model_failure') {
      const { failure: how } = spec;
      switch (how.how) {
        case 'error':
          throw failure('server_error', 'upstream_error', `chaos: status ${how.status}`);
        case 'timeout':
          return await forever(call.signal);
        case 'malformed':
          throw malformed('chaos: the model answered with something that is not an answer');
        case 'rate_limited':
          throw failure('overload', 'upstream_error', 'chaos: status 429', {
            retryAfterMs: how.retryAfterMs,
          });
        case 'cut_stream':
          break;
      }
    } else if (spec.type === 'model_latency') waitMs += delayOf(spec.latency, random);
    else if (spec.type === 'data_quality' && spec.at === 'input') {
      const input = spoilers.get(id)?.spoil(asked.request.input);
      asked = { ...asked, request: { ...asked.request, input } };
    }
  }
  if (waitMs > 0) await pause(waitMs, timers, call.signal);
  let prediction = await model.call(asked);
  for (const { id, fault } of hits) {
    const { spec } = fault;
    if (spec.type === 'model_latency' && spec.latency.shape === 'drip') {
      const { chunkMs } = spec.latency;
      if (prediction.kind === 'stream') prediction = dripping(prediction, chunkMs, timers);
      else await pause(chunkMs * (prediction.usage?.outputTokens ?? TOKENS), timers, call.signal);
    } else if (spec.type === 'model_failure' && spec.failure.how === 'cut_stream') {
      if (prediction.kind !== 'stream')
        throw failure('connection', 'upstream_cut', 'chaos: the answer was cut off');
      prediction = cut(prediction, spec.failure.afterChunks);
    } else if (spec.type === 'data_quality' && spec.at === 'output') {
      const one = spoilers.get(id);
      if (one !== undefined) prediction = respelt(prediction, one);
    }
  }
  return prediction;
}

export function interposedModel(model: Model, host: Host): InterposedModel {
  let faults: readonly ActiveFault[] | undefined;
  let spoilers: ReadonlyMap<string, Spoiler> = new Map();
  const unhealthy = (): ActiveFault | undefined =>
    faults?.find(
      ({ fault: { spec, radius } }) => spec.type === 'model_failure' && spec.unhealthy && isUnbounded(radius),
    );
  return {
    name: model.name,
    version: model.version,
    call(call) {
      if (faults === undefined) return model.call(call);
      const hits = faults.filter(
        (one) =>
          touches(one, call.request) &&
          ('rate' in one.fault.spec ? one.fault.spec.rate >= 1 || host.random() < one.fault.spec.rate : true),
      );
      if (hits.length === 0) return model.call(call);
      for (const one of hits) one.struck(1);
      return struck(model, call, hits, spoilers, host);
    },
    async healthy(signal) {
      const fault = unhealthy();
      if (fault !== undefined) throw new EvenkeelError('upstream_error', `chaos: ${model.name} is gone`);
      return await model.healthy(signal);
    },
    close: () => model.close(),
    interpose(next) {
      const kept = new Map<string, Spoiler>();
      for (const { id, fault } of next ?? []) {
        if (fault.spec.type !== 'data_quality') continue;
        kept.set(id, spoilers.get(id) ?? spoiler(fault.spec.fault, host.random));
      }
      spoilers = kept;
      faults = next === undefined || next.length === 0 ? undefined : next;
    },
  };
}
