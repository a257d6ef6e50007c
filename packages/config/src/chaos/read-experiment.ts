import { dirname, resolve } from 'node:path';
import {
  type Activity,
  type Expectation,
  type Experiment,
  type ExperimentStep,
  isTimeZone,
  nearestName,
  type Probe,
  type Tolerance,
} from '@evenkeel/core';
import { type PathStep, parseSource } from '../document.ts';
import type { Problem } from '../problem.ts';
import { checkSchema } from '../schema-problems.ts';
import { EXPECTATIONS, experimentSchema, type RawExperiment } from './experiment-schema.ts';
import { radiusOf, tagNames } from './fault-schema.ts';

export type ReadExperiment =
  | { readonly ok: true; readonly experiment: Experiment; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Fail = (at: readonly PathStep[], message: string, hint?: string) => void;
type RawProbe = RawExperiment['hypothesis']['probes'][number];

const TOLERANCES = [
  'equals',
  'one_of',
  'range',
  'less_than',
  'at_least',
  'times_baseline',
  'matches',
] as const;

/** The one tolerance that a probe names. */
export function toleranceOf(raw: RawProbe, at: readonly PathStep[], fail: Fail): Tolerance {
  const given = TOLERANCES.filter((key) => raw[key] !== undefined);
  if (given.length !== 1)
    fail(
      at,
      `expected exactly one of ${TOLERANCES.join(', ')}, found ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
  if (raw.equals !== undefined) return { kind: 'equals', value: raw.equals };
  if (raw.one_of !== undefined) return { kind: 'one_of', values: raw.one_of };
  if (raw.range !== undefined) {
    const [low, high] = raw.range;
    if (low > high) fail([...at, 'range'], `${low} is over ${high}`);
    return { kind: 'range', low, high };
  }
  if (raw.less_than !== undefined) return { kind: 'less_than', value: raw.less_than };
  if (raw.at_least !== undefined) return { kind: 'at_least', value: raw.at_least };
  if (raw.times_baseline !== undefined) {
    if (raw.figure === undefined) fail([...at, 'times_baseline'], 'only a figure has a baseline');
    return { kind: 'times_baseline', times: raw.times_baseline };
  }
  const pattern = raw.matches ?? '';
  try {
    new RegExp(pattern);
  } catch {
    fail([...at, 'matches'], 'is not a regular expression');
  }
  return { kind: 'regex', pattern, target: raw.http === undefined ? 'stdout' : 'body' };
}

interface Outside {
  readonly name: string;
  readonly http?: RawProbe['http'];
  readonly process?: RawProbe['process'];
}

function activityOf(raw: Outside, type: 'action' | 'probe'): Activity | undefined {
  const base = { name: raw.name, type, pauseBeforeMs: 0, pauseAfterMs: 0, background: false };
  if (raw.http !== undefined) {
    const { url, method, headers, body, timeout } = raw.http;
    return { ...base, provider: { type: 'http', url, method, headers, body, timeoutMs: timeout } };
  }
  if (raw.process !== undefined) {
    const { path, arguments: given, timeout } = raw.process;
    return { ...base, provider: { type: 'process', path, arguments: given, timeoutMs: timeout } };
  }
  return undefined;
}

function probeOf(raw: RawProbe, at: readonly PathStep[], fail: Fail): Probe | undefined {
  const given = (['figure', 'http', 'process'] as const).filter((key) => raw[key] !== undefined);
  if (given.length !== 1) {
    fail(
      at,
      `expected exactly one of figure, http, process, found ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
    return undefined;
  }
  const tolerance = toleranceOf(raw, at, fail);
  const { name, during, figure } = raw;
  if (figure !== undefined) return { name, during, tolerance, of: { kind: 'figure', figure } };
  const activity = activityOf(raw, 'probe');
  return activity === undefined ? undefined : { name, during, tolerance, of: { kind: 'activity', activity } };
}

function expectationOf(raw: RawExperiment['expect'][number]): Expectation {
  switch (raw.check) {
    case 'incident':
      return { check: raw.check, type: raw.type, withinMs: raw.within };
    case 'alert':
      return { check: raw.check, name: raw.name, withinMs: raw.within };
    case 'somebody_paged':
      return { check: raw.check, withinMs: raw.within };
    default:
      return raw;
  }
}

function stepsOf(raw: RawExperiment, directory: string, fail: Fail): ExperimentStep[] {
  return raw.method.map((step, i) => {
    const at = ['method', i] as const;
    if (step.at >= raw.duration) fail([...at, 'at'], `begins after the duration of ${raw.duration} ms`);
    else if (step.for !== undefined && step.at + step.for > raw.duration)
      fail([...at, 'for'], `ends after the duration of ${raw.duration} ms`);
    const { fault } = step;
    return {
      kind: 'fault',
      atMs: step.at,
      forMs: step.for,
      // Whoever obeys the order stands elsewhere than the file.
      fault:
        fault.type === 'capacity_overload' ? { ...fault, corpus: resolve(directory, fault.corpus) } : fault,
    };
  });
}

/** Reads one experiment file: all its mistakes at once, each with its place. Never throws. */
export function readExperiment(text: string, path: string): ReadExperiment {
  const source = parseSource(text, path);
  if (!source.ok) return { ok: false, problems: source.problems };
  const { document } = source;
  const problems: Problem[] = [...source.problems];
  const warnings: Problem[] = [];
  const checked = checkSchema(document, experimentSchema);
  if (!checked.ok)
    return { ok: false, problems: [...problems, ...checked.problems.map(withNames)].sort(byPlace) };
  const raw = checked.value;
  const fail: Fail = (at, message, hint) => problems.push(document.problem(at, message, hint));

  const radius = radiusOf(raw.radius, raw.experiment);
  const probes = raw.hypothesis.probes.flatMap(
    (one, i) => probeOf(one, ['hypothesis', 'probes', i], fail) ?? [],
  );
  const rollbacks = raw.rollbacks.flatMap((one, i) => {
    const activity = activityOf(one, 'action');
    if (activity === undefined || (one.http !== undefined && one.process !== undefined))
      fail(['rollbacks', i], 'expected exactly one of http and process');
    return activity ?? [];
  });
  const method = stepsOf(raw, dirname(path), fail);
  for (const [i, one] of raw.expect.entries()) {
    if (one.check !== 'cohorts') continue;
    if (radius.share >= 1)
      fail(
        ['expect', i],
        'with a radius of 100 % there is nobody to compare with',
        'make the radius smaller',
      );
    if (raw.method.some(({ fault }) => fault.type === 'capacity_overload'))
      warnings.push({
        ...document.problem(['expect', i], 'an overload is felt by both arms: their difference says little'),
        severity: 'warning',
      });
  }
  if (raw.schedule !== undefined) {
    if (!isTimeZone(raw.schedule.timezone))
      fail(['schedule', 'timezone'], `"${raw.schedule.timezone}" is no time zone`);
    const parts = raw.schedule.cron.trim().split(/\s+/);
    if (parts.length < 5 || parts.length > 6)
      fail(['schedule', 'cron'], 'expected five fields such as "0 3 * * 2"');
  }
  if (raw.baseline.most < raw.baseline.for) fail(['baseline', 'most'], 'is shorter than "for"');
  if (probes.length === 0 && raw.hypothesis.probes.length === 0)
    warnings.push({
      ...document.problem(['hypothesis'], 'has no probes: whether the service comes back is not checked'),
      severity: 'warning',
    });
  if (problems.length > 0) return { ok: false, problems: problems.sort(byPlace) };

  return {
    ok: true,
    warnings,
    experiment: {
      name: raw.experiment,
      service: raw.service,
      title: raw.title,
      description: raw.description,
      radius,
      hypothesis: { title: raw.hypothesis.title, probes },
      method,
      durationMs: raw.duration,
      rollbacks,
      expect: raw.expect.map(expectationOf),
      baseline: { forMs: raw.baseline.for, minRequests: raw.baseline.requests, maxMs: raw.baseline.most },
      recoverMs: raw.recover,
      minRequests: raw.requests,
      alpha: raw.alpha,
      stopEarly: raw.stop_early,
      leaseMs: raw.lease,
      abort: {
        burnRate: raw.abort.burn_rate,
        errorRate: raw.abort.error_rate,
        budgetSpent: raw.abort.budget_spent,
      },
      allowed: {
        inPeakHours: raw.allow.peak_hours,
        withoutOnCall: raw.allow.nobody_on_call,
        withOpenIncidents: raw.allow.open_incidents,
      },
      incident: raw.incident,
      blocks: raw.blocks,
      schedule:
        raw.schedule === undefined ? undefined : { cron: raw.schedule.cron, timeZone: raw.schedule.timezone },
    },
  };
}

/** A wrong tag is told with the right ones. */
function withNames(problem: Problem): Problem {
  const found = /^expected , found the text "(.*)"$/.exec(problem.message)?.[1];
  if (found === undefined) return problem;
  const names = problem.at.endsWith('.check') ? EXPECTATIONS : tagNames(problem.at);
  const near = nearestName(found, names);
  return {
    ...problem,
    message: `expected one of ${names.join(', ')}, found the text "${found}"`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  };
}

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;
