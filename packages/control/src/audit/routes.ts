import type { Audit } from '@evenkeel/store';
import { z } from 'zod';
import { noQuery, type Route, read } from '../api/route.ts';

const filter = z.strictObject({
  service: z.string().optional(),
  by: z.string().optional(),
  action: z.string().optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export function auditRoutes(audit: Audit): readonly Route[] {
  return [
    read({
      path: '/api/v1/audit',
      role: 'operator',
      tag: 'audit',
      summary: 'Who did what, newest first.',
      query: filter,
      handle: async (wanted) => ({ entries: await audit.list(wanted) }),
    }),
    read({
      path: '/api/v1/audit/verify',
      role: 'operator',
      tag: 'audit',
      summary: 'Whether the chain of hashes is whole: nothing was changed, taken out or put in.',
      query: noQuery,
      handle: () => audit.verify(),
    }),
  ];
}
