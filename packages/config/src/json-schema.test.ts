import { describe, expect, it } from 'vitest';
import { jsonSchema } from './json-schema.ts';

interface Field {
  readonly at: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every property of every object in a JSON Schema. */
function fields(schema: unknown, at = ''): Field[] {
  if (Array.isArray(schema)) return schema.flatMap((part) => fields(part, at));
  if (!isRecord(schema)) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key !== 'properties' || !isRecord(value)) return key === 'default' ? [] : fields(value, at);
    return Object.entries(value).flatMap(([name, part]): Field[] => [
      ...(isRecord(part) ? [{ at: `${at}.${name}`, schema: part }] : []),
      ...fields(part, `${at}.${name}`),
    ]);
  });
}

describe('the JSON Schema for editors', () => {
  const all = fields(jsonSchema());

  it('says of every field what it is', () => {
    expect(all.length).toBeGreaterThan(150);
    expect(all.filter(({ schema }) => typeof schema.description !== 'string').map(({ at }) => at)).toEqual(
      [],
    );
  });

  it('gives defaults as one would write them', () => {
    const defaultOf = (at: string): unknown => all.find((field) => field.at === at)?.schema.default;
    expect(defaultOf('.deadline')).toBe('500ms');
    expect(defaultOf('.limits.body')).toBe('1MiB');
    expect(defaultOf('.step_up.share')).toBe('5%');
    expect(defaultOf('.queue.keep_content_for')).toBe('7d');
    expect(defaultOf('.admission.thresholds')).toEqual(['70%', '85%', '95%']);
  });

  it('has no default that the file itself would not take', () => {
    for (const { at, schema } of all) {
      if (schema.type === 'string' && 'default' in schema) expect(typeof schema.default, at).toBe('string');
      if (isRecord(schema.default)) expect(schema.default, at).toEqual({});
    }
  });
});
