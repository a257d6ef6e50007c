import {
  attemptLayer,
  childTraceparent,
  type FakeClock,
  fakeClock,
  isEvenkeelError,
  type KeptRecord,
  layerSpanId,
  parseTraceparent,
  type RequestRecord,
  requestSpanId,
  traceOf,
} from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Collector,
  type DecodedMetric,
  type DecodedSpan,
  startCollector,
} from './collector.test.support.ts';
import { createOtel, type Otel, type OtelOptions } from './otel.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const AT = 1_767_225_600_123.5;

function recordOf(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'req-1',
    traceId: TRACE,
    trace: { traceId: TRACE, parentId: PARENT, sampled: false },
    service: 'helpdesk',
    kind: 'live',
    operation: 'chat',
    at: AT,
    durationMs: 250,
    firstChunkMs: 90,
    tenant: 'acme',
    user: 'ada@example.com',
    priority: 1,
    level: 'simpler_model',
    rung: 'small',
    model: 'llama-small',
    version: '7',
    confidence: undefined,
    score: undefined,
    label: undefined,
    inputTokens: 120,
    outputTokens: 41,
    status: 200,
    error: undefined,
    reason: 'large: took over 100 ms',
    entry: 'large',
    entryReason: 'ok',
    features: { source: 'cache', reason: 'ok', ageMs: 4_000, missing: ['a'], durationMs: 3 },
    safety: { verdict: 'allow', reason: 'ok', durationMs: 2 },
    steps: [
      {
        rung: 'huge',
        level: 'full_service',
        outcome: 'skipped',
        reason: 'breaker: open',
        startMs: 0,
        durationMs: 0,
      },
      {
        rung: 'large',
        level: 'full_service',
        outcome: 'timed_out',
        reason: 'took over 100 ms',
        startMs: 1,
        durationMs: 100,
      },
      {
        rung: 'small',
        level: 'simpler_model',
        outcome: 'answered',
        reason: 'ok',
        startMs: 101,
        durationMs: 60,
      },
    ],
    ...changes,
  };
}

const kept = (record: RequestRecord): KeptRecord => ({ record, weight: 2.5, kept: 'degraded' });

describe('the OpenTelemetry adapter', () => {
  let collector: Collector;
  const otelTo = (options: Partial<OtelOptions> = {}, clock: FakeClock = fakeClock()): Otel => {
    return createOtel({ endpoint: collector.endpoint, ...options }, { clock, timers: clock });
  };
  beforeEach(async () => {
    collector = await startCollector();
  });
  afterEach(async () => {
    await collector.close();
  });

  const spanNamed = (name: string): DecodedSpan => {
    const found = collector.spans().find((span) => span.name === name);
    expect(found, name).toBeDefined();
    return found ?? expect.fail();
  };
  const metricNamed = (name: string): DecodedMetric => {
    const found = collector.metrics().find((metric) => metric.name === name);
    expect(found, name).toBeDefined();
    return found ?? expect.fail();
  };

  it('sends one span for the request and one for each layer, in the trace of the caller', async () => {
    const otel = otelTo({
      headers: { 'x-collector-key': 'k' },
      serviceName: 'gateway',
      serviceVersion: '1.2.3',
      instance: 'r1',
    });
    otel.onKept([kept(recordOf())]);
    await otel.flush();
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'x-collector-key': 'k' },
    });
    expect(collector.resources()[0]).toMatchObject({
      'service.name': 'gateway',
      'service.version': '1.2.3',
      'service.instance.id': 'r1',
    });
    expect(collector.spans().map(({ name }) => name)).toEqual([
      'chat helpdesk',
      'features',
      'chat large',
      'chat llama-small',
      'safety',
    ]);
    expect(new Set(collector.spans().map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));

    const request = spanNamed('chat helpdesk');
    expect(request).toMatchObject({
      spanId: requestSpanId('req-1'),
      parentSpanId: PARENT,
      kind: 'SPAN_KIND_SERVER',
      startTimeUnixNano: AT,
      endTimeUnixNano: AT + 250,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'evenkeel',
        'gen_ai.request.model': 'helpdesk',
        'gen_ai.response.model': 'llama-small',
        'gen_ai.usage.input_tokens': 120,
        'gen_ai.usage.output_tokens': 41,
        'http.response.status_code': 200,
        'evenkeel.request.id': 'req-1',
        'evenkeel.level': 'simpler_model',
        'evenkeel.degraded': true,
        'evenkeel.reason': 'large: took over 100 ms',
        'evenkeel.sample.weight': 2.5,
        'evenkeel.sample.rule': 'degraded',
      },
    });
    // What names a person stays here.
    expect(JSON.stringify(collector.spans())).not.toContain('ada@example.com');
    expect(request.events).toMatchObject([
      {
        name: 'evenkeel.rung.passed_over',
        timeUnixNano: AT,
        attributes: { 'evenkeel.rung': 'huge', 'evenkeel.step.reason': 'breaker: open' },
      },
    ]);
    for (const span of collector.spans().slice(1)) expect(span.parentSpanId).toBe(request.spanId);

    expect(spanNamed('chat large')).toMatchObject({
      kind: 'SPAN_KIND_CLIENT',
      startTimeUnixNano: AT + 1,
      endTimeUnixNano: AT + 101,
      status: { code: 'STATUS_CODE_ERROR', message: 'took over 100 ms' },
      attributes: { 'error.type': 'timed_out', 'evenkeel.rung': 'large', 'gen_ai.request.model': 'large' },
    });
    expect(spanNamed('chat llama-small')).toMatchObject({
      kind: 'SPAN_KIND_CLIENT',
      attributes: {
        'gen_ai.request.model': 'llama-small',
        'gen_ai.provider.name': 'openai',
        'evenkeel.original_model': 'helpdesk',
        'evenkeel.model.version': '7',
      },
    });
    expect(spanNamed('features').attributes).toMatchObject({
      'evenkeel.features.source': 'cache',
      'evenkeel.features.age_ms': 4_000,
      'evenkeel.features.missing': ['a'],
    });
    expect(spanNamed('safety')).toMatchObject({ startTimeUnixNano: AT + 161, endTimeUnixNano: AT + 163 });
  });

  it('gives the attempt the id that went upstream, with and without a trace of the caller', async () => {
    const otel = otelTo();
    const { trace, ...untraced } = recordOf({ id: 'req-2', traceId: undefined });
    otel.onKept([kept(recordOf()), kept(untraced)]);
    await otel.flush();
    const sent = parseTraceparent(childTraceparent(trace, 'req-1', 'large'));
    const own = collector.spans().find(({ spanId }) => spanId === sent?.parentId);
    expect(own).toMatchObject({ traceId: sent?.traceId, name: 'chat large' });
    const begun = collector.spans().filter(({ traceId }) => traceId === traceOf(undefined, 'req-2').traceId);
    expect(begun).toHaveLength(5);
    expect(begun[0]?.parentSpanId).toBeUndefined();
    expect(begun.some(({ spanId }) => spanId === layerSpanId('req-2', attemptLayer('small')))).toBe(true);
  });

  it('calls it an error only where it is ours', async () => {
    const otel = otelTo({ metrics: false });
    const failed = { level: 'failed', steps: [], model: undefined } as const;
    otel.onKept([
      kept(recordOf({ ...failed, service: 'a', error: 'exhausted', status: 503 })),
      kept(recordOf({ ...failed, service: 'b', error: 'bad_request', status: 400 })),
      kept(
        recordOf({
          service: 'c',
          operation: 'predict',
          rung: 'rules',
          level: 'rule_based',
          steps: [
            {
              rung: 'rules',
              level: 'rule_based',
              outcome: 'answered',
              reason: 'ok',
              startMs: 0,
              durationMs: 1,
            },
          ],
        }),
      ),
    ]);
    await otel.flush();
    expect(spanNamed('chat a').status?.code).toBe('STATUS_CODE_ERROR');
    expect(spanNamed('chat b').status?.code ?? 'STATUS_CODE_UNSET').toBe('STATUS_CODE_UNSET');
    expect(spanNamed('chat b').attributes['error.type']).toBe('bad_request');
    const predict = spanNamed('predict c').attributes;
    expect(Object.keys(predict).filter((name) => name.startsWith('gen_ai.'))).toEqual([]);
    expect(spanNamed('rung llama-small').kind).toBe('SPAN_KIND_INTERNAL');
    expect(collector.requests.every(({ path }) => path === '/v1/traces')).toBe(true);
  });

  it('counts requests into metrics, generative ones by their conventions', async () => {
    const otel = otelTo({ traces: false });
    for (let i = 0; i < 3; i++) otel.onRecord(recordOf());
    otel.onRecord(recordOf({ kind: 'shadow' }));
    otel.onRecord(recordOf({ service: 'fraud', operation: 'predict' }));
    otel.onKept([kept(recordOf())]);
    await otel.flush();
    expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/metrics']);
    const requests = metricNamed('evenkeel.requests').sum;
    expect(requests).toMatchObject({
      isMonotonic: true,
      aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
    });
    expect(
      requests?.dataPoints.map(({ attributes, asDouble, asInt }) => [
        attributes['evenkeel.service'],
        asDouble ?? Number(asInt),
      ]),
    ).toEqual([
      ['helpdesk', 3],
      ['fraud', 1],
    ]);
    const duration = metricNamed('gen_ai.server.request.duration');
    expect(duration.unit).toBe('s');
    expect(duration.histogram?.dataPoints).toMatchObject([
      {
        count: 3,
        sum: expect.closeTo(0.75),
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'helpdesk' },
      },
    ]);
    expect(duration.histogram?.dataPoints[0]?.explicitBounds).toContain(0.64);
    expect(metricNamed('gen_ai.server.time_to_first_token').histogram?.dataPoints[0]?.sum).toBeCloseTo(0.27);
    // (250 - 90) ms over the 40 tokens behind the first.
    expect(metricNamed('gen_ai.server.time_per_output_token').histogram?.dataPoints[0]?.sum).toBeCloseTo(
      0.012,
    );
    expect(metricNamed('gen_ai.client.operation.duration').histogram?.dataPoints[0]?.sum).toBeCloseTo(0.18);
    const tokens = metricNamed('gen_ai.client.token.usage').histogram?.dataPoints ?? [];
    expect(tokens.map(({ attributes, sum }) => [attributes['gen_ai.token.type'], sum])).toEqual([
      ['input', 360],
      ['output', 123],
    ]);
  });

  it('tells a bounded number of combinations apart, and loses none of what it counts', async () => {
    const otel = otelTo({ traces: false });
    for (let i = 0; i < 2_500; i++) otel.onRecord(recordOf({ model: `m${i}` }));
    await otel.flush();
    const points = metricNamed('gen_ai.client.operation.duration').histogram?.dataPoints ?? [];
    expect(points).toHaveLength(2_001);
    expect(points.reduce((total, { count }) => total + count, 0)).toBe(2_500);
    expect(points.find(({ attributes }) => attributes['otel.metric.overflow'] === true)?.count).toBe(500);
  });

  it('sends by itself, and what is left when it closes', async () => {
    const clock = fakeClock();
    const otel = otelTo({ traceIntervalMs: 1_000, metrics: false }, clock);
    otel.onKept([kept(recordOf())]);
    clock.advance(1_000);
    await expect.poll(() => otel.figures().traces.sent).toBe(1);
    otel.onKept([kept(recordOf({ id: 'req-2' })), kept(recordOf({ id: 'req-3' }))]);
    await otel.close();
    expect(otel.figures().traces).toMatchObject({ sent: 3, queued: 0, dropped: 0 });
    expect(collector.spans()).toHaveLength(15);
    otel.onKept([kept(recordOf())]);
    expect(otel.figures().traces.queued).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  it('is not felt when the collector refuses, hangs or is gone: bounded, counted, and well again afterwards', async () => {
    const otel = otelTo({ mostQueued: 10, batch: 4, timeoutMs: 300 });
    collector.answerWith(400);
    for (let i = 0; i < 25; i++) otel.onKept([kept(recordOf({ id: `req-${i}` }))]);
    expect(otel.figures().traces).toMatchObject({ queued: 10, dropped: 15, sent: 0 });
    otel.onRecord(recordOf());
    await otel.flush();
    // One batch was refused; the others wait for the next time.
    expect(otel.figures()).toMatchObject({ traces: { queued: 6, dropped: 19, sent: 0 }, metricsFailed: 1 });
    expect(otel.figures().traces.lastError).toBeDefined();

    collector.answerWith(undefined);
    await otel.flush();
    expect(otel.figures().traces).toMatchObject({ queued: 2, dropped: 23 });
    expect(collector.spans()).toHaveLength(0);

    collector.answerWith(200);
    await otel.flush();
    expect(otel.figures()).toMatchObject({
      traces: { queued: 0, sent: 2, lastError: undefined },
      metricsError: undefined,
    });
    expect(collector.spans()).toHaveLength(10);
    // What failed is not lost where counts add up: the metrics have everything.
    expect(metricNamed('evenkeel.requests').sum?.dataPoints[0]).toMatchObject({ asDouble: 1 });
  });

  it('costs the caller nothing but a slot while nothing answers', async () => {
    await collector.close();
    const otel = otelTo({ mostQueued: 100, timeoutMs: 200 });
    for (let i = 0; i < 1_000; i++) otel.onKept([kept(recordOf({ id: `req-${i}` }))]);
    const sending = otel.flush();
    for (let i = 0; i < 1_000; i++) otel.onKept([kept(recordOf({ id: `later-${i}` }))]);
    await sending;
    const { traces } = otel.figures();
    expect(traces.sent).toBe(0);
    expect(traces.queued + traces.dropped).toBe(2_000);
    expect(traces.queued).toBeLessThanOrEqual(100);
    collector = await startCollector();
  });

  it.each(['collector:4318', '', 'file:///etc/passwd', 'grpc://x'])(
    'refuses the endpoint "%s"',
    (endpoint) => {
      try {
        createOtel({ endpoint }, { clock: fakeClock(), timers: fakeClock() });
        expect.unreachable();
      } catch (error) {
        expect(isEvenkeelError(error) && error.code).toBe('config_invalid');
      }
    },
  );
});
