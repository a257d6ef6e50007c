import type { RungConfig, ServiceConfig } from '@evenkeel/config';
import {
  type Breaker,
  BUILTINS,
  createBreaker,
  createGate,
  EvenkeelError,
  type Hold,
  isBuiltinName,
  type Rung,
  type RungHandler,
  reducedContext,
} from '@evenkeel/core';
import { type BreakerMemory, breakerKey } from './breaker-memory.ts';
import type { Host } from './host.ts';
import type { Models } from './models.ts';
import { rowByRow, rowsOf } from './open-inference-face.ts';
import { loadRungData } from './rung-data.ts';

interface Parts {
  readonly config: ServiceConfig;
  readonly models: Models;
  readonly hold: Hold;
  readonly host: Host;
  readonly memory: BreakerMemory;
}

/** Handler of a rung on a model: what the pipeline hands over is what a model takes. */
function modelHandler(
  parts: Parts,
  rung: string,
  name: string,
  shorten: ((input: unknown) => unknown) | undefined,
): RungHandler {
  const model = parts.models.routed.get(name);
  if (model === undefined) throw new EvenkeelError('config_invalid', `there is no model ${name}`);
  return (request, context) =>
    model.call({
      request: shorten === undefined ? request : { ...request, input: shorten(request.input) },
      features: context.features,
      rung,
      budgetMs: context.budgetMs,
      signal: context.cancellation,
    });
}

async function handlerOf(parts: Parts, { name: rung, target }: RungConfig): Promise<RungHandler> {
  switch (target.kind) {
    case 'model':
      return modelHandler(parts, rung, target.model, undefined);
    case 'reduced_context': {
      const shorten = reducedContext({
        ...(typeof target.options === 'object' ? target.options : {}),
        model: target.model,
      });
      return modelHandler(parts, rung, target.model, (input) => shorten(input).input);
    }
    case 'builtin': {
      if (!isBuiltinName(target.use))
        throw new EvenkeelError('config_invalid', `there is no built-in rung ${target.use}`);
      const data = await loadRungData(target.use, target.with);
      return BUILTINS[target.use].create(data, { clock: parts.host.clock, hold: parts.hold });
    }
  }
}

function takesTensors(config: ServiceConfig, { target }: RungConfig): boolean {
  return target.kind === 'model' && config.models.get(target.model)?.source.kind === 'open_inference';
}

/** Makes the rungs of a service ready to run. Rungs on one model share its breaker. */
export async function openRungs(parts: Parts): Promise<Rung[]> {
  const { config, host } = parts;
  const breakers = new Map<string, Breaker>();
  const inRows = rowsOf(config) === 'whole';
  const rungs: Rung[] = [];
  for (const rung of config.ladder) {
    const { target } = rung;
    const shared = target.kind === 'builtin' ? undefined : target.model;
    let breaker = shared === undefined ? undefined : breakers.get(shared);
    if (
      breaker === undefined &&
      !(target.kind === 'builtin' && isBuiltinName(target.use) && BUILTINS[target.use].constant)
    ) {
      const model = shared === undefined ? undefined : config.models.get(shared);
      const key = breakerKey(config.name, shared ?? `rung ${rung.name}`, model?.source ?? target);
      breaker = createBreaker(model?.breaker ?? {}, { ...host, restored: parts.memory.restored(key) });
      parts.memory.keep(key, breaker);
      if (shared !== undefined) breakers.set(shared, breaker);
    }
    const handler = await handlerOf(parts, rung);
    const tenants = config.admission.tenants;
    const share = (tenant: string): number =>
      tenants.get(tenant)?.share ?? tenants.get('default')?.share ?? 1;
    rungs.push({
      name: rung.name,
      level: rung.level,
      qualityImpact: rung.qualityImpact,
      budgetMs: rung.budgetMs,
      features: rung.features,
      dependencies: rung.dependencies,
      // A shortened question to the same model is another attempt: it may fit where the whole did not.
      attemptKey: target.kind === 'model' ? `model ${target.model}` : `rung ${rung.name}`,
      maxWaitMs: rung.gate?.maxWaitMs ?? 0,
      overflow: rung.overflow,
      breaker,
      gate:
        rung.gate === undefined
          ? undefined
          : createGate(
              {
                limit: rung.gate.limit,
                thresholds: config.admission.thresholds,
                tenantShare: share,
                ...(rung.gate.targetWaitMs === undefined ? {} : { targetWaitMs: rung.gate.targetWaitMs }),
              },
              host,
            ),
      handler: inRows && !takesTensors(config, rung) ? rowByRow(handler) : handler,
    });
  }
  return rungs;
}
