import { EvenkeelError } from '@evenkeel/core';
import { z } from 'zod';
import { isRecord } from './record.ts';

/** Data types of the Open Inference Protocol v2. */
export const DATATYPES = [
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
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** A tensor as it travels: `data` flat in row-major order, or nested as the shape says. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly unknown[];
}

/** More dimensions than any model has; keeps what walks along them shallow. */
const MAX_RANK = 32;

/** Tensors are checked by shape, and their elements only by how many there are: a large one must stay cheap. */
export const tensorSchema: z.ZodType<Tensor> = z.looseObject({
  name: z.string().min(1),
  shape: z.array(z.int().nonnegative()).max(MAX_RANK),
  datatype: z.string().min(1),
  data: z.array(z.unknown()),
});

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function flat(data: readonly unknown[], into: unknown[]): unknown[] {
  for (const item of data) {
    if (Array.isArray(item)) flat(item, into);
    else into.push(item);
  }
  return into;
}

function nested(
  values: readonly unknown[],
  shape: readonly number[],
  axis: number,
  from: number,
  step: number,
): unknown {
  const size = shape[axis];
  if (size === undefined) return values[from];
  const inner = step / Math.max(1, size);
  return Array.from({ length: size }, (_, i) => nested(values, shape, axis + 1, from + i * inner, inner));
}

/**
 * A tensor's value as plain JSON: nested arrays by its shape; one that holds a single element (shape [], [1], [1, 1])
 * as that element.
 * @returns undefined when data and shape do not agree
 */
export function plainOf(tensor: Tensor): unknown {
  const values = tensor.data.some(Array.isArray) ? flat(tensor.data, []) : tensor.data;
  const size = elements(tensor.shape);
  if (values.length !== size) return undefined;
  if (size === 1) return values[0];
  // Nothing is nothing, however large the other dimensions say they are: [1000000000, 0] must not be filled.
  if (size === 0) return [];
  return nested(values, tensor.shape, 0, 0, size);
}

/** The elements of a tensor in row-major order. @throws what `disagree` makes when they do not fill its shape */
export function flatValues(tensor: Tensor, disagree: (detail: string) => EvenkeelError): readonly unknown[] {
  const values = tensor.data.some(Array.isArray) ? flat(tensor.data, []) : tensor.data;
  if (values.length !== elements(tensor.shape)) throw disagree(unfilled(tensor));
  return values;
}

function unfilled({ name, data, shape }: Tensor): string {
  return `tensor ${name}: ${data.length} elements do not fill [${shape.join(', ')}]`;
}

/**
 * Tensors by name as one plain object.
 * @param disagree makes the error for a tensor whose data and shape do not agree
 */
export function plainOfTensors(
  tensors: readonly Tensor[],
  disagree: (detail: string) => EvenkeelError,
): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const tensor of tensors) {
    const value = plainOf(tensor);
    if (value === undefined) throw disagree(unfilled(tensor));
    // Defined, not assigned: a tensor called __proto__ is a field like any other.
    Object.defineProperty(plain, tensor.name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return plain;
}

function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let current = value; Array.isArray(current); current = current[0]) shape.push(current.length);
  return shape;
}

function datatypeOf(values: readonly unknown[]): Datatype {
  if (values.every((value) => typeof value === 'boolean')) return 'BOOL';
  if (values.every((value) => Number.isSafeInteger(value))) return 'INT64';
  if (values.every((value) => typeof value === 'number')) return 'FP64';
  return 'BYTES';
}

function isRectangular(value: unknown, shape: readonly number[], axis = 0): boolean {
  const size = shape[axis];
  if (size === undefined) return !Array.isArray(value);
  return (
    Array.isArray(value) &&
    value.length === size &&
    value.every((item) => isRectangular(item, shape, axis + 1))
  );
}

/**
 * A plain value as a tensor: scalars have shape [1]; the data type follows from the elements (all booleans BOOL, all
 * integers INT64, all numbers FP64, else BYTES) unless it is given. Elements of BYTES that are no strings go as JSON.
 * @throws EvenkeelError `bad_request` for arrays that are not rectangular
 */
export function tensorOf(name: string, value: unknown, datatype?: string): Tensor {
  const isArray = Array.isArray(value);
  const shape = isArray ? shapeOf(value) : [1];
  if (isArray && !isRectangular(value, shape))
    throw new EvenkeelError('bad_request', `${name}: the rows of an array must be equally long`);
  const values = isArray ? flat(value, []) : [value];
  const type = datatype ?? datatypeOf(values);
  const data =
    type === 'BYTES'
      ? values.map((item) => (typeof item === 'string' ? item : JSON.stringify(item ?? null)))
      : values;
  return { name, shape, datatype: type, data };
}

/**
 * A plain object as tensors, one per field.
 * @throws EvenkeelError `bad_request` when it is no object or has a ragged array
 */
export function tensorsOf(plain: unknown, datatypes: Readonly<Record<string, string>> = {}): Tensor[] {
  if (!isRecord(plain)) throw new EvenkeelError('bad_request', 'only an object can be sent as tensors');
  return Object.entries(plain).map(([name, value]) => tensorOf(name, value, datatypes[name]));
}
