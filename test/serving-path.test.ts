import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultMock, startFaultMock } from './faults/mock.ts';
import { type Evenkeel, type ServiceFile, startEvenkeel, until } from './process/evenkeel.ts';

let mock: FaultMock;
let evenkeel: Evenkeel;

const json = (model: string): object => ({ version: model, json: { url: `${mock.url}/json/${model}` } });
const top = { level: 'full_service', model: 'm', budget: '1s', depends_on: [] };
const last = {
  level: 'static_fallback',
  use: 'static',
  with: { output: { label: 'held' } },
  quality: 'nothing is known',
};
const base = { type: 'custom', deadline: '2s', callers: { trust_headers_from: 'loopback' } };

beforeAll(async () => {
  mock = await startFaultMock();
  evenkeel = await startEvenkeel([
    { ...base, service: 'plain', models: { m: json('ok') }, ladder: [top, last] },
    {
      ...base,
      service: 'segments',
      models: {
        m: { ...json('ok-slow-1'), canary: { model: 'next', segment: { cohort: ['beta'], tier: ['gold'] } } },
        next: json('ok-slow-2'),
      },
      ladder: [top],
    },
    {
      ...base,
      service: 'narrow',
      limits: { headers: '2KiB' },
      models: { m: json('ok-slow-3') },
      ladder: [top],
    },
    {
      ...base,
      service: 'tensors',
      models: { m: { version: '1', open_inference: { url: mock.url, model: 'ok-slow-4' } } },
      ladder: [top, last],
    },
  ]);
}, 60_000);
afterAll(async () => {
  await evenkeel.stop();
  await mock.close();
});

async function post(path: string, body: object, headers: Record<string, string> = {}, to = evenkeel) {
  const answer = await request(`${to.gateway}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.statusCode, headers: answer.headers, body: Object(await answer.body.json()) };
}

const tensor = (data: readonly string[]): object => ({
  inputs: [{ name: 'text', shape: [data.length], datatype: 'BYTES', data }],
});

describe('the trace of a caller', () => {
  it('goes on to the model, with the attempt as parent and the rest of it untouched', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await post(
      '/v1/predict/plain',
      { text: 'x' },
      { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'vendor=abc' },
    );
    const headers = mock.last('ok')?.headers;
    expect(headers?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(headers?.traceparent).not.toContain('b7ad6b7169203331');
    expect(headers?.tracestate).toBe('vendor=abc');
  });
});

describe('a batch of the Open Inference Protocol', () => {
  it('is as many predictions as it has rows where the model takes one', async () => {
    const before = mock.calls('ok');
    const reply = await post('/v2/models/plain/infer', tensor(['a', 'b', 'c']));
    expect(reply.status).toBe(200);
    expect(mock.calls('ok') - before).toBe(3);
    for (const output of reply.body.outputs) expect(output.shape[0]).toBe(3);
  });

  it('goes on at once, as it is, to a server of the same protocol', async () => {
    const body = { inputs: [{ name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] }] };
    const before = mock.calls('ok-slow-4');
    const reply = await post('/v2/models/tensors/infer', body);
    expect(reply.body).toMatchObject({
      model_name: 'tensors',
      parameters: { evenkeel_level: 'full_service' },
    });
    expect(mock.calls('ok-slow-4') - before).toBe(1);
    expect(mock.last('ok-slow-4')?.body).toMatchObject(body);
  });
});

describe('a canary by segment', () => {
  it('answers those of whom all of it is said by somebody who may say it', async () => {
    const model = async (headers: Record<string, string>): Promise<unknown> =>
      (await post('/v1/predict/segments', { text: 'x' }, headers)).headers['evenkeel-model'];
    expect(await model({ 'x-cohort': 'beta', 'x-tier': 'gold' })).toBe('next@ok-slow-2');
    expect(await model({ 'x-cohort': 'beta' })).toBe('m@ok-slow-1');
    expect(await model({ 'x-tier': 'gold' })).toBe('m@ok-slow-1');
  });
});

describe('the bound on headers', () => {
  it('is each service’s own', async () => {
    const filler = { 'x-filler': 'x'.repeat(3_000) };
    expect((await post('/v1/predict/narrow', {}, filler)).status).toBe(431);
    expect((await post('/v1/predict/narrow', {})).status).toBe(200);
    expect((await post('/v1/predict/plain', {}, filler)).status).toBe(200);
  });
});

describe('a breaker that was open', () => {
  it('is open after a restart, too: the model is not asked until it is due', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'evenkeel-data-'));
    const file: ServiceFile = {
      ...base,
      service: 'broken',
      models: { m: { ...json('500'), breaker: { failures: 2, recovery: '5m' } } },
      ladder: [top, last],
    };
    const options = { args: ['--data-dir', dataDir] };
    const first = await startEvenkeel([file], options);
    for (let i = 0; i < 4; i++) await post('/v1/predict/broken', {}, {}, first);
    await first.stop();
    const asked = mock.calls('500');
    expect(asked).toBe(2);
    const second = await startEvenkeel([file], options);
    const reply = await post('/v1/predict/broken', {}, {}, second);
    expect(reply.headers['evenkeel-level']).toBe('static_fallback');
    expect(mock.calls('500')).toBe(asked);
    await second.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 30_000);
});

describe('the metadata of a model', () => {
  it('names its inputs and outputs, whichever says them', async () => {
    await until(async () => {
      const answer = await request(`${evenkeel.gateway}/v2/models/tensors`);
      const body = Object(await answer.body.json());
      return answer.statusCode === 200 && Array.isArray(body.inputs) && body.inputs.length > 0;
    });
  });
});
