import { EvenkeelError, type Prediction } from '@evenkeel/core';
import { z } from 'zod';
import type { ModelMetadata, TensorMetadata } from './model.ts';
import { isRecord } from './record.ts';
import { plainOfTensors, type Tensor, tensorSchema, tensorsOf } from './tensors.ts';

/** `POST /v2/models/{name}/infer` of the Open Inference Protocol. Unknown fields are kept. */
export interface InferRequest {
  readonly id?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  readonly inputs: readonly Tensor[];
}

/** Its answer. */
export interface InferResponse {
  readonly model_name: string;
  readonly model_version?: string | undefined;
  readonly id?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  readonly outputs: readonly Tensor[];
}

const requestSchema: z.ZodType<InferRequest> = z.looseObject({
  id: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  inputs: z.array(tensorSchema).min(1),
});

const responseSchema: z.ZodType<InferResponse> = z.looseObject({
  model_name: z.string(),
  model_version: z.string().optional(),
  id: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  outputs: z.array(tensorSchema),
});

const tensorMetadata: z.ZodType<TensorMetadata> = z.looseObject({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int()),
});
const metadataSchema: z.ZodType<ModelMetadata> = z.object({
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
});

function said(error: z.ZodError): string {
  const [first] = error.issues;
  return first === undefined ? 'not valid' : `${first.path.join('.') || 'the body'}: ${first.message}`;
}

/** Whether a request's input is an infer request already, and goes on as it is. */
export function looksLikeInfer(input: unknown): boolean {
  if (!isRecord(input) || !Array.isArray(input.inputs)) return false;
  const first: unknown = input.inputs[0];
  return isRecord(first) && 'datatype' in first && 'shape' in first;
}

/** @throws EvenkeelError `bad_request` naming the first field that is wrong */
export function parseInferRequest(body: unknown): InferRequest {
  const parsed = requestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new EvenkeelError('bad_request', said(parsed.error));
}

/** @param malformed makes the error for an answer that is none */
export function parseInferResponse(
  body: unknown,
  malformed: (detail: string) => EvenkeelError,
): InferResponse {
  const parsed = responseSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw malformed(said(parsed.error));
}

/**
 * Answer of `GET /v2/models/{name}`: what it says of its tensors.
 * @param malformed makes the error for an answer that is none
 */
export function parseModelMetadata(
  body: unknown,
  malformed: (detail: string) => EvenkeelError,
): ModelMetadata {
  const parsed = metadataSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw malformed(said(parsed.error));
}

/** What an infer request means to a model that speaks plain JSON: its tensors by name. */
export function plainOfInfer(request: InferRequest): Record<string, unknown> {
  return plainOfTensors(request.inputs, (detail) => new EvenkeelError('bad_request', detail));
}

/**
 * Any whole prediction as an infer response: one that has come from an Open Inference upstream as it is, a plain object
 * as one tensor per field, anything else as one tensor called `output`.
 * @param parameters what is said beside the answer, where the protocol leaves room
 */
export function inferOfPrediction(
  prediction: Prediction & { readonly kind: 'value' },
  service: string,
  id: string | undefined,
  parameters: Readonly<Record<string, unknown>>,
): InferResponse {
  const { output } = prediction;
  const own = isRecord(output) ? responseSchema.safeParse(output) : undefined;
  if (own?.success === true) {
    return {
      ...own.data,
      model_name: service,
      ...(id === undefined ? {} : { id }),
      parameters: { ...own.data.parameters, ...parameters },
    };
  }
  return {
    model_name: service,
    model_version: prediction.version,
    ...(id === undefined ? {} : { id }),
    parameters,
    outputs: tensorsOf(isRecord(output) ? output : { output }),
  };
}
