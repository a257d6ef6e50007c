import type { ValuePrediction } from '@evenkeel/core';
import { recordOf } from './answer.ts';
import { createAttempts } from './attempts.ts';
import type { WholeAnswer } from './body-reader.ts';
import { malformed } from './failure.ts';
import { createHttpClient, type HttpOptions, type UpstreamHost } from './http-client.ts';
import { looksLikeInfer, parseInferRequest, parseInferResponse, parseModelMetadata } from './infer.ts';
import { healthyAt } from './json.ts';
import type { Model, ModelCall } from './model.ts';
import { createPicker, type PickOptions } from './pick.ts';
import { plainOfTensors, tensorsOf } from './tensors.ts';
import { traceHeaders } from './trace-headers.ts';

/** `baseUrl` is the server's root: `/v2/…` is added. Paths of facts start at the outputs by name: `label`, `probs[1]`. */
export interface OpenInferenceModelOptions extends HttpOptions, PickOptions {
  readonly name: string;
  /** Default: what the answer says, `unversioned` until it has said so. */
  readonly version?: string | undefined;
  readonly upstreamModel: string;
  /** Asks for this version of the model by path. */
  readonly upstreamVersion?: string | undefined;
  /** With features, each becomes one more input tensor. Default `input`. */
  readonly send?: 'input' | 'input_and_features' | undefined;
  /** Data types of input tensors by name, where the guess from JSON is not what the model wants (FP32, say). */
  readonly datatypes?: Readonly<Record<string, string>> | undefined;
}

/**
 * A model behind the Open Inference Protocol v2 (KServe, Triton, MLServer). Input that is an infer request already
 * passes through, and so does its answer; a plain object goes as one tensor per field, and its answer comes back as a
 * plain object.
 * @throws EvenkeelError `config_invalid`
 */
export function createOpenInferenceModel(options: OpenInferenceModelOptions, host: UpstreamHost): Model {
  const { name, upstreamModel, upstreamVersion, datatypes } = options;
  const pick = createPicker(options);
  const client = createHttpClient(options, host);
  const attempts = createAttempts(options, host);
  const versioned = upstreamVersion === undefined ? '' : `/versions/${encodeURIComponent(upstreamVersion)}`;
  const path = `/v2/models/${encodeURIComponent(upstreamModel)}${versioned}`;
  const version = options.version ?? upstreamVersion ?? 'unversioned';

  function bodyOf(call: ModelCall, passes: boolean): string {
    const { input } = call.request;
    const features =
      options.send === 'input_and_features' && call.features !== undefined
        ? tensorsOf(call.features.values, datatypes)
        : [];
    if (!passes)
      return JSON.stringify({ id: call.request.id, inputs: [...tensorsOf(input, datatypes), ...features] });
    const request = parseInferRequest(input);
    return JSON.stringify(
      features.length === 0 ? request : { ...request, inputs: [...request.inputs, ...features] },
    );
  }

  const readPlain = (answer: WholeAnswer): ValuePrediction => predictionOf(answer, false);
  const readPassing = (answer: WholeAnswer): ValuePrediction => predictionOf(answer, true);

  function predictionOf(answer: WholeAnswer, passes: boolean): ValuePrediction {
    const response = parseInferResponse(recordOf(answer, host.clock), malformed);
    const plain = plainOfTensors(response.outputs, malformed);
    const picked = pick(plain);
    return {
      kind: 'value',
      model: name,
      version: options.version ?? response.model_version ?? version,
      ...picked,
      output: passes ? response : picked.output,
    };
  }

  return {
    name,
    version,
    call(call) {
      const passes = looksLikeInfer(call.request.input);
      const body = bodyOf(call, passes);
      const headers = traceHeaders(call);
      const read = passes ? readPassing : readPlain;
      return attempts(call, ({ signal, budgetMs }) =>
        client.ask({ method: 'POST', path: `${path}/infer`, body, headers, signal, budgetMs }, read),
      );
    },
    metadata: (signal) =>
      client.ask({ method: 'GET', path, signal, budgetMs: Number.POSITIVE_INFINITY }, (answer) =>
        parseModelMetadata(recordOf(answer, host.clock), malformed),
      ),
    healthy: (signal) => healthyAt(client, `${path}/ready`, signal),
    close: () => client.close(),
  };
}
