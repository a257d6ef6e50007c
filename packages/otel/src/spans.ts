import {
  attemptLayer,
  type KeptRecord,
  layerSpanId,
  type RequestRecord,
  requestSpanId,
  type Step,
  traceOf,
} from '@evenkeel/core';
import {
  type Attributes,
  type HrTime,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { generativeOperation, type ProviderOf, present, serverAttributes } from './gen-ai.ts';

/** What is the same for all spans. */
export interface SpanFrame {
  readonly resource: Resource;
  readonly scope: ReadableSpan['instrumentationScope'];
  readonly providerOf: ProviderOf;
}

/** Milliseconds as OpenTelemetry's seconds and nanoseconds. */
export function hrTime(ms: number): HrTime {
  const safe = Number.isFinite(ms) && ms > 0 ? ms : 0;
  const seconds = Math.floor(safe / 1_000);
  // Microseconds are what is left of a time since 1970 in a double.
  const nanos = Math.round((safe - seconds * 1_000) * 1_000) * 1_000;
  return nanos >= 1e9 ? [seconds + 1, 0] : [seconds, nanos];
}

interface Layer {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly remoteParent: boolean;
  readonly startMs: number;
  readonly durationMs: number;
  readonly error: string | undefined;
  readonly attributes: Attributes;
  readonly events: ReadableSpan['events'];
}

function isAttempt(step: Step): boolean {
  return step.outcome !== 'skipped' && step.outcome !== 'full';
}

/** Rungs that need no model are answered here; all others are calls to something else. */
function isLocal(step: Step): boolean {
  return step.level === 'rule_based' || step.level === 'static_fallback';
}

function requestLayer({ record, weight, kept }: KeptRecord, providerOf: ProviderOf): Layer {
  const operation = generativeOperation(record);
  const failed = record.error !== undefined && record.status >= 500;
  return {
    name: `${operation ?? record.operation ?? 'predict'} ${record.service}`,
    kind: SpanKind.SERVER,
    spanId: requestSpanId(record.id),
    parentSpanId: record.trace?.parentId,
    remoteParent: true,
    startMs: 0,
    durationMs: record.durationMs,
    error: failed ? record.reason : undefined,
    attributes: {
      ...(operation === undefined ? {} : serverAttributes(record, operation, providerOf)),
      ...present({
        'gen_ai.usage.input_tokens': operation === undefined ? undefined : record.inputTokens,
        'gen_ai.usage.output_tokens': operation === undefined ? undefined : record.outputTokens,
        'error.type': record.error,
        'http.response.status_code': record.status,
        'evenkeel.request.id': record.id,
        'evenkeel.service': record.service,
        'evenkeel.kind': record.kind,
        'evenkeel.tenant': record.tenant,
        'evenkeel.priority': record.priority,
        'evenkeel.level': record.level,
        'evenkeel.degraded': record.error === undefined && record.level !== 'full_service',
        'evenkeel.reason': record.reason,
        'evenkeel.rung': record.rung,
        'evenkeel.entry': record.entry,
        'evenkeel.entry.reason': record.entryReason,
        'evenkeel.model': record.model,
        'evenkeel.model.version': record.version,
        'evenkeel.confidence': record.confidence,
        'evenkeel.first_chunk_ms': record.firstChunkMs,
        'evenkeel.sample.weight': weight,
        'evenkeel.sample.rule': kept,
      }),
    },
    // Rungs that were passed over took no time worth a span.
    events: record.steps
      .filter((step) => !isAttempt(step))
      .map((step) => ({
        name: 'evenkeel.rung.passed_over',
        time: hrTime(record.at + step.startMs),
        attributes: {
          'evenkeel.rung': step.rung,
          'evenkeel.level': step.level,
          'evenkeel.step.outcome': step.outcome,
          'evenkeel.step.reason': step.reason,
        },
      })),
  };
}

function attemptLayerOf(record: RequestRecord, step: Step, parent: string, providerOf: ProviderOf): Layer {
  const operation = isLocal(step) ? undefined : generativeOperation(record);
  const answered = step.outcome === 'answered';
  const model = answered ? record.model : undefined;
  return {
    name: `${operation ?? 'rung'} ${model ?? step.rung}`,
    kind: isLocal(step) ? SpanKind.INTERNAL : SpanKind.CLIENT,
    spanId: layerSpanId(record.id, attemptLayer(step.rung)),
    parentSpanId: parent,
    remoteParent: false,
    startMs: step.startMs,
    durationMs: step.durationMs,
    error: answered ? undefined : step.reason,
    attributes: present({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': operation === undefined ? undefined : providerOf(model),
      'gen_ai.request.model': operation === undefined ? undefined : (model ?? step.rung),
      // What callers asked for, which is not what the model is called.
      'evenkeel.original_model': operation === undefined ? undefined : record.service,
      'gen_ai.usage.input_tokens': answered && operation !== undefined ? record.inputTokens : undefined,
      'gen_ai.usage.output_tokens': answered && operation !== undefined ? record.outputTokens : undefined,
      'error.type': answered ? undefined : step.outcome,
      'evenkeel.rung': step.rung,
      'evenkeel.level': step.level,
      'evenkeel.step.outcome': step.outcome,
      'evenkeel.step.reason': step.reason,
      'evenkeel.model.version': answered ? record.version : undefined,
    }),
    events: [],
  };
}

/** Features are read inside the step of the first rung that needs them. */
function featureLayer(record: RequestRecord, parent: string): Layer | undefined {
  const { features, steps } = record;
  if (features === undefined) return undefined;
  const reader = steps.find((step) => step.outcome !== 'skipped' || step.reason.startsWith('features:'));
  return {
    name: 'features',
    kind: SpanKind.INTERNAL,
    spanId: layerSpanId(record.id, 'features'),
    parentSpanId: parent,
    remoteParent: false,
    startMs: reader?.startMs ?? 0,
    durationMs: features.durationMs,
    error: features.source === 'none' ? features.reason : undefined,
    attributes: present({
      'evenkeel.features.source': features.source,
      'evenkeel.features.reason': features.reason,
      'evenkeel.features.age_ms': features.ageMs,
      'evenkeel.features.missing': [...features.missing],
    }),
    events: [],
  };
}

/** The check begins where the rung has answered; for a stream it is the check of the first chunk. */
function safetyLayer(record: RequestRecord, parent: string): Layer | undefined {
  const { safety, steps } = record;
  if (safety === undefined) return undefined;
  const answered = steps.findLast((step) => step.outcome === 'answered');
  return {
    name: 'safety',
    kind: SpanKind.INTERNAL,
    spanId: layerSpanId(record.id, 'safety'),
    parentSpanId: parent,
    remoteParent: false,
    startMs: answered === undefined ? 0 : answered.startMs + answered.durationMs,
    durationMs: safety.durationMs,
    error: undefined,
    attributes: { 'evenkeel.safety.verdict': safety.verdict, 'evenkeel.safety.reason': safety.reason },
    events: [],
  };
}

/** The spans of a kept record: the request, and below it features, one attempt per rung that was tried, and safety. */
export function spansOf(kept: KeptRecord, frame: SpanFrame): ReadableSpan[] {
  const { record } = kept;
  const trace = record.trace ?? traceOf(undefined, record.id);
  const traceId = record.traceId ?? trace.traceId;
  // Exported means sampled, whatever was known when the request came.
  const context = (spanId: string, isRemote: boolean): SpanContext => ({
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote,
  });
  const request = requestLayer(kept, frame.providerOf);
  const layers = [
    request,
    featureLayer(record, request.spanId),
    ...record.steps
      .filter(isAttempt)
      .map((step) => attemptLayerOf(record, step, request.spanId, frame.providerOf)),
    safetyLayer(record, request.spanId),
  ];
  const spans: ReadableSpan[] = [];
  for (const layer of layers) {
    if (layer === undefined) continue;
    const own = context(layer.spanId, false);
    const parent = layer.parentSpanId;
    const span = {
      name: layer.name,
      kind: layer.kind,
      spanContext: () => own,
      startTime: hrTime(record.at + layer.startMs),
      endTime: hrTime(record.at + layer.startMs + layer.durationMs),
      duration: hrTime(layer.durationMs),
      status:
        layer.error === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: layer.error },
      attributes: layer.attributes,
      links: [],
      events: layer.events,
      ended: true,
      resource: frame.resource,
      instrumentationScope: frame.scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
    spans.push(
      parent === undefined ? span : { ...span, parentSpanContext: context(parent, layer.remoteParent) },
    );
  }
  return spans;
}
