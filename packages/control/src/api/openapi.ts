import { ERRORS } from '@evenkeel/core';
import { z } from 'zod';
import type { Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  // What JSON Schema cannot say (a transform's result, a date) is described by its input, or left open.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}

function parameters(route: Route): Json[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  if (route.query === undefined) return inPath;
  const { properties, required } = schemaOf(route.query, 'input');
  const needed = new Set(Array.isArray(required) ? required : []);
  const fields = typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
  return [
    ...inPath,
    ...fields.map(([name, schema]) => ({ name, in: 'query', required: needed.has(name), schema })),
  ];
}

function operation(route: Route): Json {
  const content =
    route.body !== undefined
      ? { 'application/json': { schema: schemaOf(route.body, 'input') } }
      : Object.fromEntries(route.types.map((type) => [type, { schema: { type: 'string' } }]));
  const done = {
    description: 'Done.',
    ...(route.answer === undefined
      ? {}
      : { content: { 'application/json': { schema: schemaOf(route.answer, 'output') } } }),
  };
  return {
    tags: [route.tag],
    summary: route.summary,
    operationId: `${route.method}_${route.path.replace(/^\/api\/v1\//, '').replace(/\W+/g, '_')}`,
    parameters: parameters(route),
    ...(Object.keys(content).length === 0 ? {} : { requestBody: { content } }),
    responses: {
      [String(route.status ?? 200)]: done,
      default: { $ref: '#/components/responses/Problem' },
    },
    security: route.role === 'public' ? [] : [{ key: [] }],
    'x-evenkeel-role': route.role,
  };
}

/** The OpenAPI 3.1 document of the routes: made from the schemas that the routes themselves apply. */
export function openApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method] = operation(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'evenkeel', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      responses: {
        Problem: {
          description: 'What went wrong, and what to do.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['error'],
                properties: {
                  error: {
                    type: 'object',
                    required: ['code', 'message', 'action'],
                    properties: {
                      code: { type: 'string', enum: Object.keys(ERRORS) },
                      message: { type: 'string' },
                      action: { type: 'string' },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
}
