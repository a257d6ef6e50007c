import type { Clock } from '@evenkeel/core';
import type { Audit } from '@evenkeel/store';
import type { ApiCaller } from '../api/route.ts';

/** Writes who did what; durable when it resolves. */
export type Recorder = (
  by: Pick<ApiCaller, 'name'>,
  action: string,
  subject: string,
  service: string | undefined,
  detail: unknown,
) => Promise<void>;

export function auditRecorder(audit: Audit, clock: Clock): Recorder {
  return (by, action, subject, service, detail) =>
    audit.append([{ at: Math.round(clock.wall()), by: by.name, action, subject, service, detail }]);
}
