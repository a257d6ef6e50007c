import { z } from 'zod';
import { serviceSchema } from './schema/service.ts';

/** JSON Schema (2020-12) of the file, for editors. */
export function jsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(serviceSchema, { io: 'input', unrepresentable: 'any' }),
    title: 'evenkeel service',
  };
}
