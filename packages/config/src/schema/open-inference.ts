import { z } from 'zod';

const tensor = z.strictObject({
  name: z.string().min(1).max(200).describe('Name of the tensor.'),
  datatype: z
    .enum([
      'BOOL',
      'UINT8',
      'UINT16',
      'UINT32',
      'UINT64',
      'INT8',
      'INT16',
      'INT32',
      'INT64',
      'FP16',
      'FP32',
      'FP64',
      'BYTES',
    ])
    .describe('Datatype of the protocol.'),
  shape: z
    .array(z.int().min(-1).max(1_000_000_000))
    .max(32)
    .default([-1])
    .describe('Sizes of its dimensions, the rows first; -1 is any size.'),
});

/** The face of a service towards callers that speak the Open Inference Protocol v2. */
export const openInferenceSchema = z.strictObject({
  rows: z
    .enum(['split', 'whole'])
    .optional()
    .describe(
      'A request of several rows: asked row by row (split), or at once (whole). Default: whole where the model of the top rung is a server of the same protocol, split otherwise.',
    ),
  inputs: z
    .array(tensor)
    .min(1)
    .max(100)
    .optional()
    .describe('What the model metadata names as inputs, where the model does not say it itself.'),
  outputs: z.array(tensor).min(1).max(100).optional().describe('What it names as outputs.'),
});
