import type { Host } from '@evenkeel/gateway';
import type { Otel } from '@evenkeel/otel';

/** `a=1,b=2`, percent-encoded, as OpenTelemetry writes headers in the environment. */
function headersFrom(text: string | undefined): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    const [name = '', ...value] = pair.split('=');
    if (name.trim() !== '') headers[name.trim()] = decodeURIComponent(value.join('=').trim());
  }
  return headers;
}

/**
 * The OpenTelemetry exporter, where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector; its packages are only loaded then.
 * `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_SERVICE_NAME` are honoured.
 */
export async function openOtel(
  env: Readonly<Record<string, string | undefined>>,
  version: string,
  host: Host,
): Promise<Otel | undefined> {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || endpoint === '') return undefined;
  const { createOtel } = await import('@evenkeel/otel');
  return createOtel(
    {
      endpoint,
      headers: headersFrom(env.OTEL_EXPORTER_OTLP_HEADERS),
      serviceName: env.OTEL_SERVICE_NAME,
      serviceVersion: version,
    },
    host,
  );
}
