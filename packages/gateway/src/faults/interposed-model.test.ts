import { Canceller, type FaultSpec, fakeClock, type Prediction, type StreamChunk } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import type { Model, ModelCall } from '../upstreams/model.ts';
import { active, random, request } from './faults.test.rig.ts';
import { interposedModel } from './interposed-model.ts';

const value: Prediction = {
  kind: 'value',
  model: 'primary',
  version: '1',
  output: { label: 'spam', score: 0.9 },
  label: 'spam',
  score: 0.9,
};

async function* chunks(n: number): AsyncGenerator<StreamChunk> {
  for (let i = 1; i < n; i++) yield { data: i, last: i === n - 1 };
}

function rig(answer: () => Prediction | Promise<Prediction> = () => value) {
  const clock = fakeClock();
  const asked: unknown[] = [];
  const model: Model = {
    name: 'primary',
    version: '1',
    call(call) {
      asked.push(call.request.input);
      return answer();
    },
    healthy: async () => true,
    close: async () => {},
  };
  const cancel = new Canceller();
  const call = (part = {}): ModelCall => ({
    request: request(part),
    features: undefined,
    signal: cancel,
    budgetMs: 400,
  });
  return { clock, asked, cancel, call, model: interposedModel(model, { timers: clock, random: random() }) };
}

const failing = (failure: Extract<FaultSpec, { type: 'model_failure' }>['failure'], unhealthy = false) =>
  active({ type: 'model_failure', model: 'primary', rate: 1, failure, unhealthy });

describe('interposedModel', () => {
  it('passes answers through untouched and without a promise when nothing is in force', () => {
    const { model, call } = rig();
    expect(model.call(call())).toBe(value);
    model.interpose([failing({ how: 'error', status: 500 })]);
    model.interpose([]);
    expect(model.call(call())).toBe(value);
  });

  it.each([
    [{ how: 'error', status: 503 } as const, 'upstream_error'],
    [{ how: 'malformed' } as const, 'upstream_malformed'],
    [{ how: 'rate_limited', retryAfterMs: 700 } as const, 'upstream_error'],
    [{ how: 'cut_stream', afterChunks: 3 } as const, 'upstream_cut'],
  ])('fails as %o', async (failure, code) => {
    const { model, call } = rig();
    const fault = failing(failure);
    model.interpose([fault]);
    await expect(async () => model.call(call())).rejects.toMatchObject({
      code,
      ...(failure.how === 'rate_limited' ? { retryAfterMs: 700 } : {}),
    });
    expect(fault.hits).toBe(1);
  });

  it('times out only when the caller gives up, and never asks the model', async () => {
    const { model, call, cancel, asked, clock } = rig();
    model.interpose([failing({ how: 'timeout' })]);
    const pending = Promise.resolve(model.call(call()));
    let settled = false;
    pending.then(
      () => (settled = true),
      () => (settled = true),
    );
    await clock.advanceAsync(1e6);
    expect(settled).toBe(false);
    cancel.abort(new Error('gave up'));
    await expect(pending).rejects.toThrow('gave up');
    expect(asked).toEqual([]);
  });

  it('cuts a stream after the stated chunks and lets its source go', async () => {
    const { model, call } = rig(async () => ({
      kind: 'stream',
      model: 'primary',
      version: '1',
      first: { data: 0, last: false },
      rest: chunks(10),
    }));
    model.interpose([failing({ how: 'cut_stream', afterChunks: 4 })]);
    const answer = await model.call(call({ stream: true }));
    if (answer.kind !== 'stream') throw new Error('no stream');
    const seen: unknown[] = [answer.first.data];
    await expect(async () => {
      for await (const chunk of answer.rest) seen.push(chunk.data);
    }).rejects.toMatchObject({ code: 'upstream_cut' });
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('is late by a constant, gives up with its caller, and drips chunk by chunk', async () => {
    const { model, call, clock, cancel } = rig(async () => ({
      kind: 'stream',
      model: 'primary',
      version: '1',
      first: { data: 0, last: false },
      rest: chunks(3),
    }));
    const latency = (one: Extract<FaultSpec, { type: 'model_latency' }>['latency']) =>
      model.interpose([active({ type: 'model_latency', model: 'primary', rate: 1, latency: one })]);
    latency({ shape: 'constant', ms: 300 });
    let at = -1;
    const pending = Promise.resolve(model.call(call())).then(() => (at = clock.now()));
    await clock.advanceAsync(299);
    expect(at).toBe(-1);
    await clock.advanceAsync(1);
    await pending;
    expect(at).toBe(300);

    latency({ shape: 'drip', firstMs: 100, chunkMs: 50 });
    const times: number[] = [];
    const read = (async () => {
      const answer = await model.call(call({ stream: true }));
      times.push(clock.now() - 300);
      if (answer.kind === 'stream') for await (const _ of answer.rest) times.push(clock.now() - 300);
    })();
    await clock.advanceAsync(1_000);
    await read;
    expect(times).toEqual([100, 150, 200]);

    latency({ shape: 'constant', ms: 300 });
    const left = Promise.resolve(model.call(call()));
    cancel.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(clock.pending()).toBe(0);
  });

  it('has a heavy tail with the stated median and 99th percentile', async () => {
    const { delayOf } = await import('./pause.ts');
    const draw = random();
    const latency = { shape: 'heavy_tail', medianMs: 40, p99Ms: 400, maxMs: 2_000 } as const;
    const delays = Array.from({ length: 20_000 }, () => delayOf(latency, draw)).sort((a, b) => a - b);
    expect(delays[10_000]).toBeGreaterThan(37);
    expect(delays[10_000]).toBeLessThan(43);
    expect(delays[19_800]).toBeGreaterThan(340);
    expect(delays[19_800]).toBeLessThan(470);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2_000);
  });

  it('spoils inputs before and outputs after, the label following its field', async () => {
    const { model, call, asked } = rig();
    model.interpose([
      active({
        type: 'data_quality',
        rate: 1,
        at: 'input',
        model: undefined,
        fault: { how: 'swap', fields: ['text', 'subject'] },
      }),
      {
        ...active({
          type: 'data_quality',
          rate: 1,
          at: 'output',
          model: 'primary',
          fault: { how: 'new_category', fields: ['label'], value: 'martian' },
        }),
        id: 'd-2',
      },
    ]);
    expect(await model.call(call())).toMatchObject({
      label: 'martian',
      output: { label: 'martian', score: 0.9 },
    });
    expect(asked).toEqual([{ text: 'hi', subject: 'hello' }]);
  });

  it('touches its share of users, always the same ones, and its rate of their calls', async () => {
    const { model, call } = rig();
    const spec: FaultSpec = {
      type: 'model_failure',
      model: 'primary',
      rate: 0.5,
      failure: { how: 'error', status: 500 },
      unhealthy: false,
    };
    model.interpose([active(spec, { share: 0.25 })]);
    const hit = new Map<string, number>();
    for (let i = 0; i < 2_000; i++) {
      for (let k = 0; k < 8; k++) {
        const user = `u-${i}`;
        try {
          await model.call(call({ caller: { tenant: 'acme', user, tier: undefined } }));
        } catch {
          hit.set(user, (hit.get(user) ?? 0) + 1);
        }
      }
    }
    // 25 % of 2,000, nearly all of them hit at least once in 8 calls; 4 of 8 each.
    expect(hit.size).toBeGreaterThan(440);
    expect(hit.size).toBeLessThan(560);
    const mean = [...hit.values()].reduce((a, b) => a + b) / hit.size;
    expect(mean).toBeGreaterThan(3.7);
    expect(mean).toBeLessThan(4.3);
  });

  it('fails its health check only when everybody is meant', async () => {
    const { model } = rig();
    const { signal } = new AbortController();
    const whole = failing({ how: 'error', status: 500 }, true);
    model.interpose([whole]);
    await expect(model.healthy(signal)).rejects.toThrow('is gone');
    model.interpose([{ ...whole, fault: { ...whole.fault, radius: { ...whole.fault.radius, share: 0.5 } } }]);
    await expect(model.healthy(signal)).resolves.toBe(true);
  });
});
