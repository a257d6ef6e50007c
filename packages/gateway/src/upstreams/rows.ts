import { EvenkeelError } from '@evenkeel/core';
import type { InferRequest } from './infer.ts';
import { isRecord } from './record.ts';
import { flatValues, plainOfTensors, type Tensor, tensorOf } from './tensors.ts';

/** Rows that are asked one by one, at most. */
export const MAX_ROWS = 1_000;

const wrong = (detail: string): EvenkeelError =>
  new EvenkeelError('bad_request', detail, { field: 'inputs' });

/**
 * The rows of an infer request, each as a plain object: the first dimension of every input is the row, as KServe, Triton
 * and MLServer have it. Undefined when the inputs do not agree on that dimension: it is one question then.
 * @throws EvenkeelError `bad_request` for no rows, more than {@link MAX_ROWS}, or data that do not fill their shape
 */
export function rowsOfInfer(request: InferRequest): Record<string, unknown>[] | undefined {
  const count = request.inputs[0]?.shape[0];
  if (count === undefined || request.inputs.some(({ shape }) => shape[0] !== count)) return undefined;
  if (count === 0) throw wrong('the inputs have no rows');
  if (count > MAX_ROWS) throw wrong(`${count} rows: at most ${MAX_ROWS} are asked one by one`);
  const flat = request.inputs.map((tensor) => flatValues(tensor, wrong));
  return Array.from({ length: count }, (_, i) =>
    plainOfTensors(
      request.inputs.map((tensor, k): Tensor => {
        const values = flat[k] ?? [];
        const step = values.length / count;
        return {
          name: tensor.name,
          datatype: tensor.datatype,
          shape: tensor.shape.slice(1),
          data: values.slice(i * step, (i + 1) * step),
        };
      }),
      wrong,
    ),
  );
}

/** A column as a tensor; where its rows are not equally long, each goes as JSON text. */
function column(name: string, values: readonly unknown[]): Tensor {
  try {
    return tensorOf(name, values);
  } catch {
    return tensorOf(
      name,
      values.map((value) => JSON.stringify(value ?? null)),
    );
  }
}

/** The answers to rows as tensors, one per field, rows first; what is no object is called `output`. */
export function tensorsOfRows(outputs: readonly unknown[]): Tensor[] {
  const rows = outputs.map((output) => (isRecord(output) ? output : { output }));
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...names].map((name) =>
    column(
      name,
      rows.map((row) => (Object.hasOwn(row, name) ? row[name] : null)),
    ),
  );
}
