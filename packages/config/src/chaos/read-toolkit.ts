import {
  type Activity,
  type Experiment,
  type ExperimentStep,
  nearestName,
  type Probe,
  type Provider,
  RADIUS_SHARES,
  type Tolerance,
} from '@evenkeel/core';
import { parseSource } from '../document.ts';
import type { Problem } from '../problem.ts';
import { checkSchema } from '../schema-problems.ts';
import { radiusOf, radiusSchema } from './fault-schema.ts';
import {
  type Toolkit,
  type ToolkitActivity,
  type ToolkitProbe,
  type ToolkitProvider,
  type ToolkitStep,
  toolkitSchema,
} from './toolkit-schema.ts';
import { argumentsOf, filledIn, toolkitValues } from './toolkit-values.ts';

export type ReadToolkit =
  | { readonly ok: false; readonly problems: readonly Problem[] }
  | {
      readonly ok: true;
      /** As it stands in the file, for the journal. */
      readonly source: Toolkit;
      /** What can be run; undefined when something in it is refused. */
      readonly experiment: Experiment | undefined;
      /** What is valid and still not run here, each by its name. */
      readonly refusals: readonly string[];
      readonly warnings: readonly string[];
    };

export interface ToolkitOptions {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The service that it is run on: the format does not say. */
  readonly service: string;
}

const isReference = (step: ToolkitStep | ToolkitProbe): step is { ref: string } =>
  'ref' in step && typeof step.ref === 'string';

/** Every activity that a `ref` can mean. */
function named(toolkit: Toolkit): Map<string, ToolkitActivity | ToolkitProbe> {
  const all = [
    ...(toolkit['steady-state-hypothesis']?.probes ?? []),
    ...toolkit.method,
    ...(toolkit.rollbacks ?? []),
  ];
  const found = new Map<string, ToolkitActivity | ToolkitProbe>();
  for (const one of all)
    if (!isReference(one) && 'name' in one && typeof one.name === 'string' && !found.has(one.name))
      found.set(one.name, one);
  return found;
}

/**
 * Reads an experiment of the Chaos Toolkit, JSON or YAML: every mistake at its place. What is valid but belongs to its own
 * Python world (functions, controls) is named and not run. Never throws.
 */
export function readToolkit(text: string, options: ToolkitOptions): ReadToolkit {
  const parsed = parseSource(text, options.path);
  if (!parsed.ok) return { ok: false, problems: parsed.problems };
  const { document } = parsed;
  const problems: Problem[] = [...parsed.problems];
  const checked = checkSchema(document, toolkitSchema);
  if (!checked.ok) return { ok: false, problems: [...problems, ...checked.problems] };
  const toolkit = checked.value;
  const names = named(toolkit);
  const places = [
    ['steady-state-hypothesis', toolkit['steady-state-hypothesis']?.probes ?? [], 'probes'],
    ['method', toolkit.method, undefined],
    ['rollbacks', toolkit.rollbacks ?? [], undefined],
  ] as const;
  for (const [part, list, inner] of places)
    for (const [i, one] of list.entries()) {
      if (!isReference(one) || names.has(one.ref)) continue;
      const near = nearestName(one.ref, names.keys());
      const at = inner === undefined ? [part, i, 'ref'] : [part, inner, i, 'ref'];
      const hint = near === undefined ? undefined : `did you mean "${near}"?`;
      problems.push(document.problem(at, `no activity is called "${one.ref}"`, hint));
    }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, source: toolkit, ...converted(toolkit, names, options) };
}

function converted(
  toolkit: Toolkit,
  names: ReadonlyMap<string, ToolkitActivity | ToolkitProbe>,
  options: ToolkitOptions,
): { experiment: Experiment | undefined; refusals: string[]; warnings: string[] } {
  const values = toolkitValues(toolkit, options.env);
  const refusals = [...values.refusals];
  const warnings: string[] = [];
  const fill = (text: string): string => filledIn(text, values.known);
  const ms = (raw: unknown, otherwise: number): number => {
    const first: unknown = Array.isArray(raw) ? raw.at(-1) : raw;
    const number = typeof first === 'string' ? Number(fill(first)) : first;
    return typeof number === 'number' && Number.isFinite(number) ? number * 1_000 : otherwise;
  };
  if ((toolkit.controls ?? []).length > 0)
    refusals.push(
      `controls: ${toolkit.controls?.map(({ name }) => name).join(', ')}: controls are Python and not run`,
    );

  function providerOf(name: string, raw: ToolkitProvider): Provider | undefined {
    switch (raw.type) {
      case 'python':
        refusals.push(
          `${name}: the python provider (${raw.module}.${raw.func}) is not run; use http, process or evenkeel`,
        );
        return undefined;
      case 'evenkeel':
        return {
          type: 'evenkeel',
          fault: raw.fault,
          forMs: raw.for === undefined ? undefined : raw.for * 1_000,
        };
      case 'process':
        return {
          type: 'process',
          path: fill(raw.path),
          arguments: argumentsOf(raw.arguments).map(fill),
          timeoutMs: ms(raw.timeout, 30_000),
        };
      case 'http': {
        const headers = Object.entries(raw.headers ?? {}).map(([key, value]) => [key, fill(String(value))]);
        return {
          type: 'http',
          url: fill(raw.url),
          method: (raw.method ?? 'GET').toUpperCase(),
          headers: Object.fromEntries(headers),
          body: raw.arguments,
          timeoutMs: ms(raw.timeout, 30_000),
        };
      }
    }
  }

  function activityOf(step: ToolkitStep | ToolkitProbe): Activity | undefined {
    const one = isReference(step) ? names.get(step.ref) : step;
    if (one === undefined || isReference(one) || !('provider' in one)) return undefined;
    const known: ToolkitActivity = { ...one };
    for (const control of known.controls ?? [])
      refusals.push(`${known.name}: the control ${control.name} is Python and not run`);
    const provider = providerOf(known.name, known.provider);
    if (provider === undefined) return undefined;
    return {
      name: known.name,
      type: known.type,
      provider,
      pauseBeforeMs: ms(known.pauses?.before, 0),
      pauseAfterMs: ms(known.pauses?.after, 0),
      background: known.background ?? false,
    };
  }

  const continuously = toolkit.runtime?.hypothesis?.strategy === 'continuously';
  const probes: Probe[] = [];
  for (const step of toolkit['steady-state-hypothesis']?.probes ?? []) {
    const one = isReference(step) ? names.get(step.ref) : step;
    const activity = activityOf(step);
    const raw = one === undefined || isReference(one) || !('tolerance' in one) ? undefined : one.tolerance;
    const name = one === undefined || isReference(one) ? '' : String(one.name);
    const tolerance = toleranceOf(raw);
    if (tolerance === undefined) {
      refusals.push(`${name}: a tolerance that is a probe of its own is not asked`);
      continue;
    }
    if (activity !== undefined)
      probes.push({ name, of: { kind: 'activity', activity }, tolerance, during: continuously });
  }
  const method: ExperimentStep[] = toolkit.method.flatMap((step) => {
    const activity = activityOf(step);
    return activity === undefined ? [] : [{ kind: 'activity' as const, activity }];
  });
  const rollbacks = (toolkit.rollbacks ?? []).flatMap((step) => activityOf(step) ?? []);
  const strategy = toolkit.runtime?.rollbacks?.strategy ?? 'default';
  if (strategy === 'never' || strategy === 'deviated')
    warnings.push(`the rollback strategy "${strategy}" is not followed: what was started is always undone`);

  const extension = toolkit.extensions?.find(({ name }) => name === 'evenkeel');
  const wanted = radiusSchema.safeParse(extension?.radius ?? 'limited');
  if (!wanted.success) refusals.push('extensions: the radius of evenkeel is not one that is understood');
  const title = fill(toolkit.title);
  const name = slug(title);
  const radius = wanted.success
    ? radiusOf(wanted.data, name)
    : { name: 'limited' as const, share: RADIUS_SHARES.limited, cohort: name, tenants: [], priorities: [] };
  const experiment: Experiment = {
    name,
    service: typeof extension?.service === 'string' ? extension.service : options.service,
    title,
    description: toolkit.description,
    radius,
    hypothesis: { title: toolkit['steady-state-hypothesis']?.title ?? 'none is stated', probes },
    method,
    durationMs: 0,
    rollbacks,
    expect: [],
    // The format knows no traffic: the steady state is what its probes say.
    baseline: { forMs: 0, minRequests: 0, maxMs: 600_000 },
    recoverMs: 60_000,
    minRequests: 0,
    alpha: 0.05,
    stopEarly: false,
    leaseMs: 15_000,
    abort: { burnRate: 14.4, errorRate: 0.05, budgetSpent: 0.02 },
    allowed: { inPeakHours: false, withoutOnCall: false, withOpenIncidents: false },
    incident: undefined,
    blocks: [],
    schedule: undefined,
  };
  return { experiment: refusals.length === 0 ? experiment : undefined, refusals, warnings };
}

function slug(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
  return plain === '' ? 'experiment' : plain;
}

function toleranceOf(raw: unknown): Tolerance | undefined {
  if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean')
    return { kind: 'equals', value: raw };
  if (Array.isArray(raw)) {
    const [low, high] = raw;
    if (raw.length === 2 && typeof low === 'number' && typeof high === 'number')
      return { kind: 'range', low, high };
    return { kind: 'one_of', values: raw };
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const get = (key: string): unknown => Reflect.get(raw, key);
  const target = get('target');
  const at = typeof target === 'string' ? target : undefined;
  switch (get('type')) {
    case 'range': {
      const range = get('range');
      const [low, high]: unknown[] = Array.isArray(range) ? range : [];
      return typeof low === 'number' && typeof high === 'number' ? { kind: 'range', low, high } : undefined;
    }
    case 'regex':
      return { kind: 'regex', pattern: String(get('pattern')), target: at };
    case 'jsonpath':
      return { kind: 'jsonpath', path: String(get('path')), expect: get('expect'), target: at };
    default:
      return undefined;
  }
}
