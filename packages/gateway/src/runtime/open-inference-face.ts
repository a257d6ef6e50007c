import type { ServiceConfig, TensorConfig } from '@evenkeel/config';
import {
  type Clock,
  EvenkeelError,
  type Prediction,
  type PredictRequest,
  type RungContext,
  type RungHandler,
} from '@evenkeel/core';
import type { FrontService } from '../http/index.ts';
import {
  looksLikeInfer,
  type Model,
  type ModelMetadata,
  parseInferRequest,
  plainOfInfer,
  rowsOfInfer,
  tensorsOfRows,
} from '../upstreams/index.ts';

/** What a model says of its tensors changes with its version: asked for again after this long, in milliseconds. */
const METADATA_MS = 60_000;
const METADATA_TIMEOUT_MS = 1_000;

const UNKNOWN: readonly TensorConfig[] = [{ name: 'input', datatype: 'BYTES', shape: [-1] }];
const UNKNOWN_OUTPUT: readonly TensorConfig[] = [{ name: 'output', datatype: 'BYTES', shape: [-1] }];

/** Whether a request of several rows goes to the ladder at once: by the file, or as the model at its top takes it. */
export function rowsOf(config: ServiceConfig): 'split' | 'whole' {
  if (config.openInference.rows !== undefined) return config.openInference.rows;
  const target = config.ladder[0]?.target;
  const top = target?.kind === 'model' ? config.models.get(target.model) : undefined;
  return top?.source.kind === 'open_inference' ? 'whole' : 'split';
}

/** The face of a service in the Open Inference Protocol: the top rung's model speaks for itself where it can. */
export function openInferenceFace(
  config: ServiceConfig,
  models: ReadonlyMap<string, Model>,
  clock: Clock,
): FrontService['openInference'] {
  const { inputs, outputs } = config.openInference;
  const target = config.ladder[0]?.target;
  const model = target?.kind === 'model' ? models.get(target.model) : undefined;
  const said: ModelMetadata = { inputs: inputs ?? UNKNOWN, outputs: outputs ?? UNKNOWN_OUTPUT };
  let known: ModelMetadata = said;
  let dueAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<ModelMetadata> | undefined;

  async function ask(): Promise<ModelMetadata> {
    try {
      known = (await model?.metadata?.(AbortSignal.timeout(METADATA_TIMEOUT_MS))) ?? known;
      dueAt = clock.now() + METADATA_MS;
    } catch {
      // What it said last, or what the file says, is better than no answer.
    } finally {
      asking = undefined;
    }
    return known;
  }

  return {
    rows: rowsOf(config),
    metadata() {
      if (model?.metadata === undefined || clock.now() < dueAt) return Promise.resolve(known);
      asking ??= ask();
      return asking;
    },
  };
}

/** Rows of one request at a rung at once. */
const ROWS_AT_ONCE = 16;

/**
 * For a rung that takes one thing at a time, in a service whose requests come as tensors: asks it row by row, and gives
 * back the outputs as tensors. Anything but an infer request goes through as it is.
 */
export function rowByRow(handler: RungHandler): RungHandler {
  return (request, context) => {
    if (!looksLikeInfer(request.input)) return handler(request, context);
    const infer = parseInferRequest(request.input);
    const rows = rowsOfInfer(infer);
    if (rows === undefined) return handler({ ...request, input: plainOfInfer(infer) }, context);
    return askRows(handler, request, context, rows);
  };
}

async function askRows(
  handler: RungHandler,
  request: PredictRequest,
  context: RungContext,
  rows: readonly unknown[],
): Promise<Prediction> {
  const answers: Prediction[] = [];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < rows.length && !context.cancellation.aborted) {
      const i = next++;
      answers[i] = await handler({ ...request, input: rows[i] }, context);
    }
  }
  await Promise.all(Array.from({ length: Math.min(ROWS_AT_ONCE, rows.length) }, lane));
  const [first] = answers;
  if (first === undefined || first.kind === 'stream')
    throw new EvenkeelError('upstream_malformed', 'the model answered rows with a stream');
  const outputs = answers.map((answer) => (answer.kind === 'value' ? answer.output : null));
  const { model, version } = first;
  return {
    kind: 'value',
    model,
    version,
    output: { model_name: model, model_version: version, outputs: tensorsOfRows(outputs) },
    // One row says of itself what a single answer does; many have no label in common.
    ...(rows.length === 1 ? { label: first.label, confidence: first.confidence, score: first.score } : {}),
  };
}
