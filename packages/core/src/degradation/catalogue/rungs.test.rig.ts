import { isEvenkeelError } from '../../kernel/errors.ts';
import { type FakeClock, fakeClock } from '../../kernel/fake-clock.ts';
import type {
  CatalogueHandler,
  CatalogueHost,
  CataloguePrediction,
  CatalogueRequest,
  Hold,
} from './contract.ts';
import { type Fields, isFields } from './read.ts';

export function request(input: unknown, id = 'r-1'): CatalogueRequest {
  return { id, input, caller: { tenant: 'acme', user: 'ann' } };
}

export function host(hold?: Hold): CatalogueHost & { readonly clock: FakeClock } {
  return { clock: fakeClock(), hold };
}

/** What was thrown, as `code: message`; fails when nothing was. */
export function thrown(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    if (isEvenkeelError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('expected it to throw');
}

export function fieldsOf(value: unknown): Fields {
  if (!isFields(value)) throw new Error('expected an object');
  return value;
}

/** Ids of the answer's list `name`, in order. */
export function idsOf(prediction: CataloguePrediction, name: 'items' | 'results'): string[] {
  const list = fieldsOf(prediction.output)[name];
  if (!Array.isArray(list)) throw new Error(`expected output.${name}`);
  return list.map((entry) => String(fieldsOf(entry).id));
}

/** Share of requests for which `right` holds; an abstention is not right. */
export function accuracy<T>(
  handler: CatalogueHandler,
  items: readonly T[],
  input: (item: T) => unknown,
  right: (item: T, prediction: CataloguePrediction) => number,
): number {
  let sum = 0;
  for (const item of items) {
    try {
      sum += right(item, handler(request(input(item))));
    } catch (error) {
      if (!isEvenkeelError(error) || error.code !== 'no_answer') throw error;
    }
  }
  return sum / items.length;
}
