import { type DegradationLevel, type GateLimit, LEVELS } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import { type RawGate, type RawRung, USES } from '../schema/ladder.ts';
import type { RawService } from '../schema/service.ts';
import type { RungConfig, RungGateConfig, RungTarget } from '../service-config.ts';
import { checkRungData } from './rung-data.ts';
import type { Scope } from './scope.ts';

/** What a built-in rung may take when the file does not say: they compute for well under a millisecond. */
const BUILTIN_BUDGET_MS = 20;

function withFile(data: unknown, at: readonly PathStep[], scope: Scope): unknown {
  if (typeof data !== 'object' || data === null || !('file' in data) || typeof data.file !== 'string')
    return data;
  return { ...data, file: scope.file([...at, 'with', 'file'], data.file) };
}

function targetOf(
  raw: RawRung,
  at: readonly PathStep[],
  models: readonly string[],
  scope: Scope,
): RungTarget | undefined {
  if ((raw.model === undefined) === (raw.use === undefined)) {
    scope.fail(at, 'a rung has exactly one of model and use');
    return undefined;
  }
  if (raw.model !== undefined) {
    if (raw.with !== undefined)
      scope.fail([...at, 'with'], 'only a built-in rung (use) takes data', undefined, 'key');
    return scope.reference([...at, 'model'], raw.model, models, 'model')
      ? { kind: 'model', model: raw.model }
      : undefined;
  }
  const use = raw.use ?? '';
  if (!scope.reference([...at, 'use'], use, USES, 'built-in rung')) return undefined;
  if (use !== 'reduced_context') {
    checkRungData(use, raw.with, at, scope);
    return { kind: 'builtin', use, with: withFile(raw.with, at, scope) };
  }
  const data = typeof raw.with === 'object' && raw.with !== null ? { ...raw.with } : {};
  const { model, ...options } = Object.fromEntries(Object.entries(data));
  if (typeof model !== 'string') {
    scope.fail(
      [...at, 'with'],
      'reduced_context needs with.model: the model that is asked with the shortened conversation',
    );
    return undefined;
  }
  if (!scope.reference([...at, 'with', 'model'], model, models, 'model')) return undefined;
  return { kind: 'reduced_context', model, options };
}

function gateOf(
  raw: RawGate | undefined,
  target: RungTarget,
  budgetMs: number,
  at: readonly PathStep[],
  scope: Scope,
): RungGateConfig | undefined {
  if (raw === undefined) return target.kind === 'builtin' ? undefined : defaultGate(budgetMs);
  if (raw.max < raw.min) scope.fail([...at, 'gate', 'max'], 'is less than min');
  const bounds = { minLimit: raw.min, maxLimit: Math.max(raw.min, raw.max) };
  const initial = raw.initial === undefined ? {} : { initialLimit: raw.initial };
  let limit: GateLimit;
  if (raw.threshold !== undefined) {
    limit = { kind: 'threshold', thresholdMs: raw.threshold.p95, ...bounds, ...initial };
  } else if (raw.limit === 'adaptive') limit = { kind: 'adaptive', ...bounds, ...initial };
  else limit = { kind: 'fixed', limit: raw.limit };
  return { limit, targetWaitMs: raw.queue, maxWaitMs: raw.max_wait ?? budgetMs / 2 };
}

function defaultGate(budgetMs: number): RungGateConfig {
  return { limit: { kind: 'adaptive' }, targetWaitMs: undefined, maxWaitMs: budgetMs / 2 };
}

/** Answering by keywords or by a person because the models are merely busy is worse than asking to come again. */
const OVERFLOWS: readonly DegradationLevel[] = ['full_service', 'cached_features', 'simpler_model'];

export function resolveLadder(raw: RawService, scope: Scope): RungConfig[] {
  const models = Object.keys(raw.models);
  const names = new Map<string, number>();
  const rungs: RungConfig[] = [];
  let worst = 0;
  raw.ladder.forEach((rung, i) => {
    const at = ['ladder', i];
    const name = rung.rung ?? rung.model ?? rung.use ?? `rung-${i + 1}`;
    const first = names.get(name);
    if (first !== undefined) {
      scope.fail(
        rung.rung === undefined ? at : [...at, 'rung'],
        `the name "${name}" is taken by ladder[${first}]`,
        'give it a name of its own: rung: …',
      );
    }
    names.set(name, i);
    const rank = LEVELS.indexOf(rung.level);
    if (rank < worst)
      scope.fail([...at, 'level'], `a ladder goes down: ${rung.level} cannot stand below ${LEVELS[worst]}`);
    worst = Math.max(worst, rank);
    if (rung.features !== 'none' && raw.features === undefined) {
      scope.fail([...at, 'features'], 'this file has no features: section', undefined, 'key');
    }
    const target = targetOf(rung, at, models, scope);
    if (rung.budget !== undefined && rung.budget > raw.deadline) {
      scope.fail([...at, 'budget'], `is longer than the deadline of ${raw.deadline} ms`);
    }
    if (target === undefined) return;
    if (target.kind !== 'builtin' && rung.budget === undefined)
      scope.fail(at, 'a rung on a model needs a budget', 'budget: 300ms');
    if (rung.level !== 'full_service' && rung.quality === undefined) {
      scope.fail(at, 'a rung below full service says what it costs in quality', 'quality: "…"');
    }
    const derived = [
      ...(target.kind === 'builtin' ? [] : [target.model]),
      ...(rung.features === 'fresh' ? ['features'] : []),
    ];
    const known = [...models, ...(raw.features === undefined ? [] : ['features'])];
    for (const [j, dependency] of (rung.depends_on ?? []).entries()) {
      scope.reference([...at, 'depends_on', j], dependency, known, 'component');
    }
    if (rung.forbid) return;
    const budgetMs = rung.budget ?? Math.min(BUILTIN_BUDGET_MS, raw.deadline);
    rungs.push({
      name,
      level: rung.level,
      target,
      features: rung.features,
      budgetMs,
      qualityImpact: rung.quality ?? 'none',
      dependencies: rung.depends_on ?? derived,
      overflow: rung.overflow ?? OVERFLOWS.includes(rung.level),
      gate: gateOf(rung.gate, target, budgetMs, at, scope),
    });
  });
  if (raw.ladder[0]?.level !== 'full_service')
    scope.warn(['ladder', 0, 'level'], 'no rung is at full_service: every answer will count as degraded');
  if (rungs.length === 0 && raw.ladder.every((rung) => rung.forbid))
    scope.fail(['ladder'], 'every rung is forbidden', undefined, 'key');
  return rungs;
}
