import { BUILTIN_NAMES, CATALOGUE } from '@evenkeel/core';
import type { RawService } from '../schema/service.ts';
import type { Scope } from './scope.ts';

/** What a built-in rung needs at least to answer, when the file gives it no budget. */
const LEAST_MS = 20;

/** Things that a file may say and that hardly anybody means: warnings, and contradictions that are errors. */
export function checkSanity(raw: RawService, scope: Scope): void {
  checkLadder(raw, scope);
  checkBudgets(raw, scope);
  checkModels(raw, scope);
  checkFeatures(raw, scope);
  if (raw.health.timeout > raw.health.every)
    scope.warn(['health', 'timeout'], 'is longer than health.every: checks of a slow component overlap');
  const trusted =
    raw.callers.trust_headers_from !== 'none' || raw.callers.keys.some((key) => key.trust_headers);
  for (const [i, rule] of (raw.priority?.rules ?? []).entries()) {
    if (rule.when.header !== undefined && !trusted)
      scope.warn(
        ['priority', 'rules', i, 'when', 'header'],
        'never holds: no caller of this file may send headers that are believed',
        'set callers.trust_headers_from, or trust_headers on a key',
      );
  }
  for (const [name, model] of Object.entries(raw.models))
    for (const which of ['canary', 'shadow'] as const)
      if (model[which]?.segment?.cohort !== undefined && !trusted)
        scope.warn(
          ['models', name, which, 'segment', 'cohort'],
          'nobody is in it: no caller of this file may send headers that are believed',
          'set callers.trust_headers_from, or trust_headers on a key',
        );
}

function checkLadder(raw: RawService, scope: Scope): void {
  const own = raw.type === 'custom' ? undefined : builtinsOf(raw.type);
  const seen = new Map<string, number>();
  for (const [i, rung] of raw.ladder.entries()) {
    if (rung.forbid) continue;
    if (rung.use !== undefined && own !== undefined && isForeign(rung.use, own)) {
      const hint = `built-in rungs for it: ${[...own].join(', ')}`;
      scope.warn(['ladder', i, 'use'], `${rung.use} is not made for ${raw.type}`, hint);
    }
    if (rung.model === undefined) continue;
    const step = `${rung.model} ${rung.features}`;
    const first = seen.get(step);
    if (first !== undefined)
      scope.warn(
        ['ladder', i, 'model'],
        `comes back to ${rung.model} with the same features as ladder[${first}]: what failed there is not asked again`,
      );
    else seen.set(step, i);
  }
  const usable = raw.ladder.filter((rung) => !rung.forbid);
  const last = usable.at(-1);
  if (last?.model !== undefined)
    scope.warn(
      ['ladder', raw.ladder.indexOf(last), 'model'],
      'the last rung asks a model: when it fails nothing is left to answer',
      'end with a rung that cannot fail, such as use: static',
    );
}

function builtinsOf(type: keyof typeof CATALOGUE): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { source } of CATALOGUE[type].rungs) {
    if (source.kind === 'builtin') names.add(source.use);
    else if (source.kind === 'model_with') names.add(source.transform);
  }
  return names;
}

/** Made for other system types, and for this one not: `static` and what no ready ladder holds serve anybody. */
function isForeign(use: string, own: ReadonlySet<string>): boolean {
  if (own.has(use) || (!BUILTIN_NAMES.some((name) => name === use) && use !== 'reduced_context'))
    return false;
  return Object.values(CATALOGUE).some(({ type }) => builtinsOf(type).has(use));
}

/** A rung that takes all its time must leave enough for some rung below it. */
function checkBudgets(raw: RawService, scope: Scope): void {
  const usable = raw.ladder.flatMap((rung, i) => (rung.forbid ? [] : [{ rung, i }]));
  for (const [k, { rung, i }] of usable.entries()) {
    const below = usable
      .slice(k + 1)
      .filter((other) => other.rung.model !== rung.model || rung.model === undefined);
    if (below.length === 0 || rung.budget === undefined || rung.budget > raw.deadline) continue;
    const least = Math.min(...below.map((other) => other.rung.budget ?? Math.min(LEAST_MS, raw.deadline)));
    if (rung.budget + least > raw.deadline)
      scope.warn(
        ['ladder', i, 'budget'],
        `leaves ${raw.deadline - rung.budget} ms of the deadline of ${raw.deadline} ms: no rung below has a budget that small`,
        `at most ${Math.max(1, raw.deadline - least)}ms leaves room for one`,
      );
  }
}

function checkModels(raw: RawService, scope: Scope): void {
  const used = new Set<string>();
  for (const { model, with: data } of raw.ladder) {
    if (model !== undefined) used.add(model);
    if (typeof data === 'object' && data !== null && 'model' in data) used.add(String(data.model));
  }
  for (const { previous, canary, shadow } of Object.values(raw.models))
    for (const name of [previous, canary?.model, shadow?.model]) if (name !== undefined) used.add(name);
  for (const [name, model] of Object.entries(raw.models)) {
    const at = ['models', name];
    if (name === 'features')
      scope.fail(
        at,
        '"features" is what depends_on calls the feature source',
        'give the model another name',
        'key',
      );
    if (!used.has(name)) scope.warn(at, 'is not used: neither by a rung nor by another model');
    const { first, total } = model.timeouts ?? {};
    if (first !== undefined && total !== undefined && first > total)
      scope.warn([...at, 'timeouts', 'first'], `is longer than total (${total} ms) and never reached`);
  }
}

function checkFeatures(raw: RawService, scope: Scope): void {
  if (raw.features === undefined) return;
  const { cache, max_age: maxAge, timeout } = raw.features;
  if (cache.fresh_for > maxAge)
    scope.fail(
      ['features', 'cache', 'fresh_for'],
      `is longer than max_age (${maxAge} ms): a value cannot be fresh and too old`,
    );
  if (timeout >= raw.deadline)
    scope.warn(
      ['features', 'timeout'],
      `takes the whole deadline of ${raw.deadline} ms when the source is slow`,
    );
  if (raw.ladder.every((rung) => rung.features === 'none'))
    scope.warn(['features'], 'no rung uses features', 'features: fresh, or cached, on a rung');
}
