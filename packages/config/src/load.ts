import { dirname } from 'node:path';
import type { z } from 'zod';
import { type PathStep, parseSource, type SourceDocument } from './document.ts';
import { isDoubtful, mend } from './mend.ts';
import type { Problem } from './problem.ts';
import { resolveChaos } from './resolve/chaos.ts';
import { resolveFeatures } from './resolve/features.ts';
import { resolveIncidents } from './resolve/incidents.ts';
import { resolveLadder } from './resolve/ladder.ts';
import { resolveModels } from './resolve/models.ts';
import { resolveMonitors } from './resolve/monitors.ts';
import { resolveObjectives } from './resolve/objectives.ts';
import { resolvePolicies } from './resolve/policies.ts';
import { checkSanity } from './resolve/sanity.ts';
import { type Scope, scopeOf } from './resolve/scope.ts';
import {
  checkTimeZone,
  resolveAdmission,
  resolveCallers,
  resolvePriority,
  resolveSafety,
} from './resolve/traffic.ts';
import { objectiveSchema } from './schema/objectives.ts';
import { type RawService, serviceSchema } from './schema/service.ts';
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
  if (!source.ok) return { ok: false, problems: source.problems.sort(byPlace) };
  const { document } = source;
  const problems = [...source.problems];
  const warnings: Problem[] = [];
  const host = { directory: dirname(options.path), env: options.env, exists: options.exists };
  const checked = checkSchema(document, serviceSchema);
  if (!checked.ok) {
    problems.push(...checked.problems, ...problemsBeside(document, checked.issues, host));
    return { ok: false, problems: distinct(problems) };
  }
  const service = resolveService(checked.value, scopeOf(document, host, problems, warnings));
  if (problems.length > 0) return { ok: false, problems: distinct(problems) };
  return { ok: true, service, warnings: distinct(warnings) };
}

function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Map(
    problems.map((problem) => [`${problem.line} ${problem.column} ${problem.message}`, problem]),
  );
  return [...seen.values()].sort(byPlace);
}

/** Rounds of mending: taking a broken part out can leave its parent without something it needs. */
const ROUNDS = 5;

/** What else is wrong in a file that the schema refuses: names, files and variables in its sound parts. */
function problemsBeside(
  document: SourceDocument,
  issues: readonly z.core.$ZodIssue[],
  host: Parameters<typeof scopeOf>[1],
): Problem[] {
  const doubtful: (readonly PathStep[])[] = [];
  let value = document.value;
  let left = issues;
  for (let round = 0; round < ROUNDS; round++) {
    const mended = mend(value, left);
    if (mended === undefined) return [];
    doubtful.push(...mended.doubtful);
    value = mended.value;
    const parsed = serviceSchema.safeParse(value);
    if (parsed.success) {
      const problems: Problem[] = [];
      const silent = (at: readonly PathStep[]): boolean => isDoubtful(at, doubtful);
      resolveService(parsed.data, scopeOf(document, host, problems, [], silent));
      return problems;
    }
    left = parsed.error.issues;
  }
  return [];
}

/** From what the file says to what is served; mistakes go to the scope. */
function resolveService(raw: RawService, scope: Scope): ServiceConfig {
  checkTimeZone(raw, scope);
  const maxDeadlineMs = raw.max_deadline ?? raw.deadline;
  if (maxDeadlineMs < raw.deadline)
    scope.fail(['max_deadline'], `is shorter than the deadline of ${raw.deadline} ms`);
  if (raw.step_up.max_hold < raw.step_up.hold) scope.fail(['step_up', 'max_hold'], 'is shorter than hold');
  checkSanity(raw, scope);
  const objectives = resolveObjectives(raw, (written) => objectiveSchema.parse(written), scope);
  return {
    name: raw.service,
    type: raw.type,
    owner: raw.owner,
    description: raw.description,
    timeZone: raw.timezone,
    deadlineMs: raw.deadline,
    maxDeadlineMs,
    limits: {
      bodyBytes: raw.limits.body,
      headerBytes: raw.limits.headers,
      depth: raw.limits.depth,
      concurrency: raw.limits.concurrency,
      retainedRecords: raw.limits.retained_records,
    },
    models: resolveModels(
      raw.models,
      objectives.map(({ name }) => name),
      scope,
    ),
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
    openInference: {
      rows: raw.open_inference?.rows,
      inputs: raw.open_inference?.inputs,
      outputs: raw.open_inference?.outputs,
    },
    safety: raw.safety === undefined ? undefined : resolveSafety(raw.safety, scope),
    incidents: resolveIncidents(raw.incidents, raw.owner, scope),
    queue: { capacity: raw.queue.capacity, keepContentMs: raw.queue.keep_content_for },
    monitors: resolveMonitors(raw.monitors, raw, scope),
    objectives,
    policies: resolvePolicies(raw, objectives, scope),
    chaos: resolveChaos(raw.chaos, raw.timezone, scope),
  };
}
