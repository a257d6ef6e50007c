import { connect } from 'node:net';
import { EvenkeelError, type ValuePrediction } from '@evenkeel/core';
import { bodyOf } from './answer.ts';
import { createAttempts } from './attempts.ts';
import type { WholeAnswer } from './body-reader.ts';
import { createHttpClient, type HttpClient, type HttpOptions, type UpstreamHost } from './http-client.ts';
import type { Model } from './model.ts';
import { createPicker, type PickOptions } from './pick.ts';
import type { AttemptLimits } from './retry.ts';
import { traceHeaders } from './trace-headers.ts';

export interface JsonModelOptions extends HttpOptions, PickOptions {
  readonly name: string;
  readonly version: string;
  /** `input`: the request's input as it is. `input_and_features`: `{"input": …, "features": {…}}`. Default `input`. */
  readonly send?: 'input' | 'input_and_features' | undefined;
  /** GET this path below the base URL's origin to check health; 2xx is up. Without one, being able to connect is. */
  readonly healthPath?: string | undefined;
}

/** Resolves when the port takes connections. */
function canConnect(url: URL, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    // An IPv6 host stands in brackets in a URL and without them everywhere else.
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  });
}

/** GET, and up when the status is 2xx. The body is read, so that the connection can be used again. */
export function healthyAt(client: HttpClient, path: string, signal: AbortSignal): Promise<boolean> {
  const request = { method: 'GET', path, signal, budgetMs: Number.POSITIVE_INFINITY } as const;
  return client.ask(request, ({ status }) => {
    if (status >= 200 && status <= 299) return true;
    throw new EvenkeelError('upstream_error', `${path}: status ${status}`);
  });
}

/**
 * A model behind any HTTP endpoint that takes and answers JSON by POST at `baseUrl`.
 * @throws EvenkeelError `config_invalid`
 */
export function createJsonModel(options: JsonModelOptions, host: UpstreamHost): Model {
  const pick = createPicker(options);
  const client = createHttpClient(options, host);
  const health =
    options.healthPath === undefined
      ? undefined
      : createHttpClient({ ...options, baseUrl: client.url.origin, connections: 1 }, host);
  const attempts = createAttempts(options, host);
  const { name, version } = options;
  const withFeatures = options.send === 'input_and_features';

  function read(answer: WholeAnswer): ValuePrediction {
    const { output, label, confidence, score } = pick(bodyOf(answer, host.clock));
    return { kind: 'value', model: name, version, output, label, confidence, score };
  }

  function attempt(
    body: string,
    headers: readonly string[] | undefined,
    { signal, budgetMs }: AttemptLimits,
  ): Promise<ValuePrediction> {
    return client.ask({ method: 'POST', path: '', body, headers, signal, budgetMs }, read);
  }

  return {
    name,
    version,
    call(call) {
      const { input } = call.request;
      const body = JSON.stringify(withFeatures ? { input, features: call.features?.values ?? {} } : input);
      const headers = traceHeaders(call);
      return attempts(call, (limits) => attempt(body, headers, limits));
    },
    healthy: (signal) =>
      health === undefined || options.healthPath === undefined
        ? canConnect(client.url, signal)
        : healthyAt(health, options.healthPath, signal),
    async close() {
      await Promise.all([client.close(), health?.close()]);
    },
  };
}
