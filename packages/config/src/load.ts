import { dirname } from 'node:path';
import { parseSource } from './document.ts';
import type { Problem } from './problem.ts';
import { resolveFeatures } from './resolve/features.ts';
import { resolveLadder } from './resolve/ladder.ts';
import { resolveModels } from './resolve/models.ts';
import { scopeOf } from './resolve/scope.ts';
import {
  checkTimeZone,
  resolveAdmission,
  resolveCallers,
  resolvePriority,
  resolveSafety,
} from './resolve/traffic.ts';
import { serviceSchema } from './schema/service.ts';
import { checkSchema } from './schema-problems.ts';
import type { ServiceConfig } from './service-config.ts';

export interface LoadOptions {
  /** Path of the file: for messages, and what the paths in it are relative to. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a file is there; left out, files are not looked for. */
  readonly exists?: (path: string) => boolean;
}

export type Loaded =
  | { readonly ok: true; readonly service: ServiceConfig; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

/** Reads one service file; all its mistakes at once, in the order of their lines. Never throws. */
export function loadServiceFile(text: string, options: LoadOptions): Loaded {
  const source = parseSource(text, options.path);
  if (!source.ok) return source;
  const { document } = source;
  const checked = checkSchema(document, serviceSchema);
  if (!checked.ok) return { ok: false, problems: checked.problems.sort(byPlace) };
  const raw = checked.value;
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const host = { directory: dirname(options.path), env: options.env, exists: options.exists };
  const scope = scopeOf(document, host, problems, warnings);

  checkTimeZone(raw, scope);
  const maxDeadlineMs = raw.max_deadline ?? raw.deadline;
  if (maxDeadlineMs < raw.deadline)
    scope.fail(['max_deadline'], `is shorter than the deadline of ${raw.deadline} ms`);
  if (raw.step_up.max_hold < raw.step_up.hold) scope.fail(['step_up', 'max_hold'], 'is shorter than hold');
  const service: ServiceConfig = {
    name: raw.service,
    type: raw.type,
    owner: raw.owner,
    description: raw.description,
    timeZone: raw.timezone,
    deadlineMs: raw.deadline,
    maxDeadlineMs,
    limits: {
      bodyBytes: raw.limits.body,
      depth: raw.limits.depth,
      concurrency: raw.limits.concurrency,
      retainedRecords: raw.limits.retained_records,
    },
    models: resolveModels(raw.models, scope),
    features: raw.features === undefined ? undefined : resolveFeatures(raw.features, scope),
    ladder: resolveLadder(raw, scope),
    stepUp: {
      share: raw.step_up.share,
      successes: raw.step_up.successes,
      holdMs: raw.step_up.hold,
      maxHoldMs: raw.step_up.max_hold,
    },
    health: {
      everyMs: raw.health.every,
      timeoutMs: raw.health.timeout,
      downAfter: raw.health.down_after,
      upAfter: raw.health.up_after,
    },
    retryBudget: { share: raw.retry_budget.share, floorPerSecond: raw.retry_budget.floor_per_second },
    admission: resolveAdmission(raw, scope),
    priority: resolvePriority(raw, scope),
    callers: resolveCallers(raw, scope),
    safety: raw.safety === undefined ? undefined : resolveSafety(raw.safety, scope),
    queue: { capacity: raw.queue.capacity, keepContentMs: raw.queue.keep_content_for },
  };
  if (problems.length > 0) return { ok: false, problems: problems.sort(byPlace) };
  return { ok: true, service, warnings: warnings.sort(byPlace) };
}
