import { createServer, type IncomingHttpHeaders } from 'node:http';
import { fileURLToPath } from 'node:url';
// biome-ignore lint/correctness/noUndeclaredDependencies: tests only
import protobuf from 'protobufjs';
// biome-ignore lint/correctness/noUndeclaredDependencies: tests only
import { z } from 'zod';

const root = protobuf.loadSync(fileURLToPath(new URL('./proto/otlp.proto', import.meta.url)));

const anyValue = z
  .object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: z.string().transform(Number).optional(),
    doubleValue: z.number().optional(),
    arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string().optional() })) }).optional(),
  })
  .transform(
    (value) =>
      value.stringValue ??
      value.boolValue ??
      value.intValue ??
      value.doubleValue ??
      value.arrayValue?.values.map(({ stringValue }) => stringValue),
  );
const attributes = z
  .array(z.object({ key: z.string(), value: anyValue }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const id = z.string().transform((base64) => Buffer.from(base64, 'base64').toString('hex'));
const nanos = z.string().transform((text) => Number(BigInt(text) / 1_000n) / 1_000);

const span = z.object({
  traceId: id,
  spanId: id,
  parentSpanId: id.optional(),
  name: z.string(),
  kind: z.string(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: z.array(z.object({ timeUnixNano: nanos, name: z.string(), attributes })).default([]),
  status: z.object({ message: z.string().optional(), code: z.string().optional() }).optional(),
});
const traceRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
});
const metric = z.object({
  name: z.string(),
  unit: z.string().default(''),
  sum: z
    .object({
      isMonotonic: z.boolean(),
      aggregationTemporality: z.string(),
      dataPoints: z.array(
        z.object({ attributes, asDouble: z.number().optional(), asInt: z.string().optional() }),
      ),
    })
    .optional(),
  histogram: z
    .object({
      dataPoints: z.array(
        z.object({
          attributes,
          count: z.string().transform(Number),
          sum: z.number(),
          explicitBounds: z.array(z.number()),
        }),
      ),
    })
    .optional(),
});
const metricRequest = z.object({
  resourceMetrics: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeMetrics: z.array(z.object({ metrics: z.array(metric) })),
    }),
  ),
});

export type DecodedSpan = z.infer<typeof span>;
export type DecodedMetric = z.infer<typeof metric>;

/** What a collector was sent, decoded by the published messages. */
export interface Collector {
  readonly endpoint: string;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  spans(): readonly DecodedSpan[];
  /** Of the last export of metrics. */
  metrics(): readonly DecodedMetric[];
  resources(): readonly Readonly<Record<string, unknown>>[];
  /** Answer from now on with this status; undefined: do not answer at all. */
  answerWith(status: number | undefined): void;
  close(): Promise<void>;
}

function decode(type: string, body: Buffer): unknown {
  const message = root.lookupType(`otlp.${type}`);
  return message.toObject(message.decode(body), { longs: String, enums: String, bytes: String });
}

/** A server on loopback that records and decodes what OTLP clients send. */
export async function startCollector(): Promise<Collector> {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const spans: DecodedSpan[] = [];
  const resources: Record<string, unknown>[] = [];
  let metrics: DecodedMetric[] = [];
  let status: number | undefined = 200;

  function take(path: string, body: Buffer): void {
    if (path === '/v1/traces') {
      for (const one of traceRequest.parse(decode('ExportTraceServiceRequest', body)).resourceSpans) {
        resources.push(one.resource.attributes);
        for (const scope of one.scopeSpans) spans.push(...scope.spans);
      }
    } else {
      const decoded = metricRequest.parse(decode('ExportMetricsServiceRequest', body));
      metrics = decoded.resourceMetrics.flatMap((one) => one.scopeMetrics.flatMap((scope) => scope.metrics));
      for (const one of decoded.resourceMetrics) resources.push(one.resource.attributes);
    }
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      requests.push({ path, headers: request.headers });
      if (status === undefined) return;
      if (status === 200) take(path, Buffer.concat(parts));
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    spans: () => spans,
    metrics: () => metrics,
    resources: () => resources,
    answerWith(next) {
      status = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
