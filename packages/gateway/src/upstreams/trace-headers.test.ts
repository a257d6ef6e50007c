import { createServer } from 'node:http';
import { attemptLayer, layerSpanId, type RequestTrace } from '@evenkeel/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { realHost } from '../runtime/host.ts';
import { createJsonModel } from './json.ts';
import type { Model } from './model.ts';
import { createOpenInferenceModel } from './open-inference.ts';
import { createOpenAiModel } from './openai.ts';

const seen: { traceparent: unknown; tracestate: unknown }[] = [];
const answer = JSON.stringify({
  model_name: 'm',
  outputs: [],
  choices: [{ index: 0, message: { role: 'assistant', content: 'x' } }],
});
const server = createServer((request, response) => {
  const { traceparent, tracestate } = request.headers;
  seen.push({ traceparent, tracestate });
  response.setHeader('content-type', 'application/json');
  request.resume().on('end', () => response.end(answer));
});
let models: Model[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const host = realHost();
  models = [
    createJsonModel({ name: 'm', version: '1', baseUrl }, host),
    createOpenAiModel({ name: 'm', baseUrl, upstreamModel: 'm' }, host),
    createOpenInferenceModel({ name: 'm', baseUrl, upstreamModel: 'm' }, host),
  ];
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.close()));
  server.close();
});

async function ask(model: Model, trace: RequestTrace | undefined): Promise<void> {
  const request = {
    id: 'req-1',
    service: 's',
    input: { messages: [{ role: 'user', content: 'x' }] },
    caller: { tenant: 't', user: 'u', tier: undefined },
    priority: 2,
    deadlineMs: 1_000,
    weight: 1,
    stream: false,
    signal: undefined,
    traceId: trace?.traceId,
    trace,
    kind: 'live',
  } as const;
  const { signal } = new AbortController();
  await model.call({ request, features: undefined, rung: 'top', signal, budgetMs: 1_000 });
}

it('every HTTP upstream is handed the caller’s trace, with the attempt at the rung as parent', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const span = layerSpanId('req-1', attemptLayer('top'));
  for (const model of models) {
    seen.length = 0;
    await ask(model, { traceId, parentId: 'b7ad6b7169203331', sampled: false, state: 'a=1,b=2' });
    await ask(model, { traceId, parentId: 'b7ad6b7169203331', sampled: true, state: undefined });
    await ask(model, undefined);
    expect(seen).toEqual([
      { traceparent: `00-${traceId}-${span}-00`, tracestate: 'a=1,b=2' },
      { traceparent: `00-${traceId}-${span}-01`, tracestate: undefined },
      { traceparent: undefined, tracestate: undefined },
    ]);
  }
});
