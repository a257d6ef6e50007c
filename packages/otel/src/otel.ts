import {
  type CancelTimer,
  type Clock,
  describeError,
  EvenkeelError,
  type KeptRecord,
  type RequestRecord,
  type Timers,
} from '@evenkeel/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ProviderOf } from './gen-ai.ts';
import { createInstruments } from './instruments.ts';
import { type OutboundFigures, outbound } from './outbound.ts';
import { hrTime, spansOf } from './spans.ts';

export interface OtelOptions {
  /** Base address of a collector that takes OTLP over HTTP: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** Sent with every export, for example a collector's key. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `service.name`. Default `evenkeel`. */
  readonly serviceName?: string | undefined;
  /** `service.version`. */
  readonly serviceVersion?: string | undefined;
  /** `service.instance.id`: the replica. */
  readonly instance?: string | undefined;
  /** Default true. */
  readonly traces?: boolean | undefined;
  /** Default true. */
  readonly metrics?: boolean | undefined;
  /** `gen_ai.provider.name` of a model. Default `openai` for models (their protocol), `evenkeel` for the gateway. */
  readonly providerOf?: ProviderOf | undefined;
  /** Milliseconds between two exports of spans. Default 2000. */
  readonly traceIntervalMs?: number | undefined;
  /** Milliseconds between two exports of metrics. Default 15000. */
  readonly metricIntervalMs?: number | undefined;
  /** Milliseconds for one export, retries included. Default 10000. */
  readonly timeoutMs?: number | undefined;
  /** Kept records that wait to be exported, at most. Default 5000. */
  readonly mostQueued?: number | undefined;
  /** Records (some five spans each) of one export. Default 200. */
  readonly batch?: number | undefined;
}

export interface OtelFigures {
  /** In kept records, not spans. */
  readonly traces: OutboundFigures;
  /** Exports of metrics that the collector did not take; nothing is lost by one, the counts are cumulative. */
  readonly metricsFailed: number;
  readonly metricsError: string | undefined;
}

/** Tells an OpenTelemetry collector of requests. Nothing here is waited for by a request. */
export interface Otel {
  /** Counts a finished request into metrics. */
  onRecord(record: RequestRecord): void;
  /** Queues the traces of records that the sampler has kept: what is kept is exported, and nothing else. */
  onKept(kept: readonly KeptRecord[]): void;
  /** Sends what is there now; never rejects. */
  flush(): Promise<void>;
  figures(): OtelFigures;
  /** Sends what is there, for as long as one export may take, and stops. */
  close(): Promise<void>;
}

const SCOPE = { name: '@evenkeel/otel' };

interface ExportOutcome {
  readonly code: number;
  readonly error?: Error;
}

/** An exporter's call as a promise. */
function exported(start: (done: (outcome: ExportOutcome) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start(({ code, error }) => {
      if (code === 0) resolve();
      else reject(error ?? new Error('the collector did not take it'));
    });
  });
}

function baseOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new EvenkeelError(
      'config_invalid',
      `the collector's address is no http or https URL: "${endpoint}"`,
    );
  }
  return endpoint.replace(/\/+$/, '');
}

/** @throws EvenkeelError config_invalid when the endpoint is not an HTTP address */
export function createOtel(
  options: OtelOptions,
  host: { readonly clock: Clock; readonly timers: Timers },
): Otel {
  const { clock, timers } = host;
  const base = baseOf(options.endpoint);
  const wanted = { traces: options.traces ?? true, metrics: options.metrics ?? true };
  const timeoutMillis = options.timeoutMs ?? 10_000;
  const providerOf: ProviderOf =
    options.providerOf ?? ((model) => (model === undefined ? 'evenkeel' : 'openai'));
  const resource = resourceFromAttributes({
    'service.name': options.serviceName ?? 'evenkeel',
    ...(options.serviceVersion === undefined ? {} : { 'service.version': options.serviceVersion }),
    ...(options.instance === undefined ? {} : { 'service.instance.id': options.instance }),
  });
  const config = { headers: { ...options.headers }, timeoutMillis };

  const traceExporter = wanted.traces
    ? new OTLPTraceExporter({ ...config, url: `${base}/v1/traces` })
    : undefined;
  const frame = { resource, scope: SCOPE, providerOf };
  const traces = outbound<KeptRecord>(
    Math.max(1, options.mostQueued ?? 5_000),
    Math.max(1, options.batch ?? 200),
    async (kept) => {
      if (traceExporter === undefined) return;
      // Spans are made when they are sent: a queue of records is smaller, and what is dropped costs nothing.
      const spans = kept.flatMap((one) => spansOf(one, frame));
      await exported((done) => traceExporter.export(spans, done));
    },
  );

  const metricExporter = wanted.metrics
    ? new OTLPMetricExporter({ ...config, url: `${base}/v1/metrics` })
    : undefined;
  const instruments = createInstruments(providerOf);
  const startedAt = hrTime(clock.wall());
  let metricsFailed = 0;
  let metricsError: string | undefined;
  let sendingMetrics: Promise<void> | undefined;

  async function exportMetrics(): Promise<void> {
    if (metricExporter === undefined) return;
    try {
      const metrics = instruments.collect(startedAt, hrTime(clock.wall()));
      if (metrics.length === 0) return;
      const scopeMetrics = [{ scope: SCOPE, metrics }];
      await exported((done) => metricExporter.export({ resource, scopeMetrics }, done));
      metricsError = undefined;
    } catch (error) {
      metricsFailed += 1;
      metricsError = describeError(error);
    }
  }
  const sendMetrics = (): Promise<void> => {
    sendingMetrics ??= exportMetrics().finally(() => {
      sendingMetrics = undefined;
    });
    return sendingMetrics;
  };

  const cancels = new Set<CancelTimer>();
  let closed = false;
  function every(ms: number, run: () => Promise<void>): void {
    const cancel = timers.after(ms, () => {
      cancels.delete(cancel);
      void run().then(() => {
        if (!closed) every(ms, run);
      });
    });
    cancels.add(cancel);
  }
  if (wanted.traces) every(options.traceIntervalMs ?? 2_000, traces.send);
  if (wanted.metrics) every(options.metricIntervalMs ?? 15_000, sendMetrics);

  const flush = async (): Promise<void> => {
    await Promise.all([traces.send(), sendMetrics()]);
  };

  return {
    onRecord(record) {
      if (wanted.metrics) instruments.onRecord(record);
    },
    onKept(kept) {
      if (!wanted.traces || closed) return;
      for (const one of kept) traces.offer(one);
    },
    flush,
    figures: () => ({ traces: traces.figures(), metricsFailed, metricsError }),
    async close() {
      if (closed) return;
      closed = true;
      for (const cancel of cancels) cancel();
      let cancel: CancelTimer = () => {};
      const patience = new Promise<void>((resolve) => {
        cancel = timers.after(timeoutMillis, resolve);
      });
      // A send that was under way may have begun before the last records came.
      await Promise.race([traces.send().then(flush), patience]);
      cancel();
      const quiet = (error: unknown): void => {
        metricsError ??= describeError(error);
      };
      await Promise.race([
        Promise.all([traceExporter?.shutdown().catch(quiet), metricExporter?.shutdown().catch(quiet)]),
        patience,
      ]);
    },
  };
}
