import type { ServiceConfig } from '@evenkeel/config';
import {
  createGate,
  createService,
  createTenantBudgets,
  describeError,
  EvenkeelError,
  type Hold,
  idMaker,
  type Order,
  priorityOf,
  retryBudget,
  type Service,
  type ServiceStatus,
} from '@evenkeel/core';
import type { Queues } from '@evenkeel/store';
import { createIdentify } from '../callers/index.ts';
import { checkFault, type FaultInjector, faultInjector } from '../faults/index.ts';
import type { FrontService } from '../http/index.ts';
import { type BreakerMemory, FORGETFUL } from './breaker-memory.ts';
import { type Features, openFeatures } from './features.ts';
import { type Checked, type HealthChecks, startHealthChecks } from './health-checks.ts';
import type { Host } from './host.ts';
import { openModels } from './models.ts';
import { openInferenceFace } from './open-inference-face.ts';
import type { ShadowResult } from './routed-model.ts';
import { openRungs } from './rungs.ts';
import { openSafety } from './safety.ts';
import { statusOf } from './status.ts';
import type { VersionedModel } from './versioned-model.ts';

/** A service built from its file, serving. */
export interface RunningService {
  readonly config: ServiceConfig;
  readonly service: Service;
  readonly front: FrontService;
  readonly health: HealthChecks;
  /** What is broken on purpose. */
  readonly faults: FaultInjector;
  /** Obeys the orders in force about versions of models, now. */
  followVersions(): void;
  /** Resolves when the versions that are ordered are loaded, or have failed. */
  versionsSettled(): Promise<void>;
  status(file: ServiceStatus['file']): ServiceStatus;
  close(): Promise<void>;
}

/** Milliseconds a request may wait at the gate of the whole service. */
const SERVICE_WAIT_MS = 50;

function holder(
  config: ServiceConfig,
  queues: Queues,
  newId: () => string,
  faults: () => FaultInjector | undefined,
): Hold {
  return async (item) => {
    const id = newId();
    // A person's time is not spent on requests that a fault has made up.
    if (faults()?.owns(item.requestId) === true) return { accepted: true, id };
    try {
      const out = faults()?.storeFails(item);
      if (out !== undefined) throw new EvenkeelError('upstream_error', out);
      const content = { input: item.input };
      await queues.put(
        {
          id,
          service: config.name,
          kind: 'hold',
          requestId: item.requestId,
          tenant: item.tenant,
          reason: item.reason,
          content,
        },
        config.queue.capacity,
      );
      return { accepted: true, id };
    } catch (error) {
      // Full, or the store is gone: both mean that nobody will look at it, and the ladder must go on.
      return { accepted: false, reason: describeError(error), retryAfterMs: 5_000 };
    }
  };
}

/**
 * Opens everything a service needs and starts its health checks.
 * @throws EvenkeelError config_invalid when something named in the file cannot be opened
 */
export async function startService(
  config: ServiceConfig,
  host: Host,
  queues: Queues,
  events: {
    readonly onShadow: (result: ShadowResult) => void;
    readonly onChange: (what: string, reason: string) => void;
    /** Value of `evenkeel-budget`; undefined when there is none. */
    readonly budget: () => string | undefined;
  },
  memory: BreakerMemory = FORGETFUL,
): Promise<RunningService> {
  const { clock, random } = host;
  const budget = retryBudget(config.retryBudget, clock);
  let faults: FaultInjector | undefined;
  const hold = holder(config, queues, idMaker('q', clock, random), () => faults);
  const models = await openModels(config, { ...host, retryBudget: budget }, events.onShadow, (what, reason) =>
    events.onChange(`${config.name}: ${what}`, reason),
  );
  let features: Features | undefined;
  try {
    features =
      config.features === undefined
        ? undefined
        : await openFeatures(config.name, config.features, host, memory);
    const rungs = await openRungs({ config, models, hold, host, memory });
    const safety = config.safety === undefined ? undefined : await openSafety(config.safety, hold);
    const running = assemble(config, host, events, { models, features, rungs, safety });
    faults = running.faults;
    return running;
  } catch (error) {
    await Promise.allSettled([models.close(), features?.close()]);
    throw error;
  }
}

function assemble(
  config: ServiceConfig,
  host: Host,
  events: {
    readonly onChange: (what: string, reason: string) => void;
    readonly budget: () => string | undefined;
  },
  parts: {
    readonly models: Awaited<ReturnType<typeof openModels>>;
    readonly features: Features | undefined;
    readonly rungs: Awaited<ReturnType<typeof openRungs>>;
    readonly safety: Awaited<ReturnType<typeof openSafety>> | undefined;
  },
): RunningService {
  const { clock } = host;
  const { models, features, rungs, safety } = parts;
  const checked: Checked[] = [...models.routed].map(([name, model]) => ({
    name,
    healthy: (signal) => model.healthy(signal),
    details: () => ({
      version: model.version,
      ...detailsOf(models.plain.get(name)),
      ...model.counts(),
      ...versionsOf(models.versioned.get(name)),
    }),
  }));
  if (features !== undefined) {
    const { reader } = features;
    checked.push({
      name: 'features',
      healthy: (signal) => reader.healthy(signal),
      details: () => ({ ...reader.snapshot() }),
    });
  }
  const used = new Set(rungs.flatMap((rung) => rung.dependencies));
  const health = startHealthChecks(
    checked.filter((component) => used.has(component.name)),
    config.health,
    host,
    (name, state) => {
      service.entry.stale();
      events.onChange(`${config.name}/${name} is ${state.up ? 'up' : 'down'}`, state.reason);
    },
  );

  const components = (name: string): { up: boolean; reason: string } => {
    const state = health.state(name);
    if (state !== undefined && !state.up) return state;
    // The breaker knows of a dead source within a few requests, the health check only at its next beat.
    if (name === 'features' && features !== undefined && features.breaker.admits() === 'no') {
      return { up: false, reason: features.breaker.snapshot().reason };
    }
    return { up: true, reason: state?.reason ?? 'ok' };
  };

  const tenants = config.admission.tenants;
  const shareOf = (tenant: string): number =>
    tenants.get(tenant)?.share ?? tenants.get('default')?.share ?? 1;
  const service: Service = createService(
    {
      name: config.name,
      rungs,
      gate: createGate(
        { limit: config.admission.limit, thresholds: config.admission.thresholds, tenantShare: shareOf },
        host,
      ),
      gateWaitMs: SERVICE_WAIT_MS,
      features: features?.request,
      featureBudgetMs: config.features?.timeoutMs ?? 0,
      safety,
      strictness: config.safety?.strictness ?? 'normal',
      deadlineMs: config.deadlineMs,
      stepUp: config.stepUp,
      components,
      onDirectives(directives) {
        for (const [name, model] of models.routed) {
          model.rollBack(directives.some(({ order }) => order.kind === 'roll_back' && order.model === name));
        }
        for (const model of models.versioned.values()) model.follow(directives);
        faults.refresh();
      },
    },
    host,
  );
  const faults = faultInjector(
    {
      service: {
        name: service.name,
        predict: service.predict,
        onRecord: service.onRecord,
        onSeen: service.onSeen,
        deadlineMs: config.deadlineMs,
      },
      models: models.interposed,
      plain: models.plain,
      features: features?.request,
      directives: service.directives.active,
      onProblem: events.onChange,
    },
    host,
  );
  service.entry.on((event) => events.onChange(`${config.name} enters at ${event.to}`, event.reason));
  features?.breaker.on(() => service.entry.stale());

  const budgets =
    tenants.size === 0
      ? undefined
      : createTenantBudgets((tenant) => {
          const own = tenants.get(tenant) ?? tenants.get('default');
          return {
            ...(own?.requestsPerSecond === undefined ? {} : { requestsPerSecond: own.requestsPerSecond }),
            ...(own?.tokensPerMinute === undefined ? {} : { tokensPerMinute: own.tokensPerMinute }),
          };
        }, host);

  const { rules, default: otherwise } = config.priority;
  const front: FrontService = {
    name: config.name,
    type: config.type,
    deadlineMs: config.deadlineMs,
    maxDeadlineMs: config.maxDeadlineMs,
    limits: {
      bodyBytes: config.limits.bodyBytes,
      headerBytes: config.limits.headerBytes,
      depth: config.limits.depth,
      concurrency: config.limits.concurrency,
    },
    openInference: openInferenceFace(config, models.plain, clock),
    serving: service,
    identify: createIdentify(config.callers),
    classify(headers, identity, input) {
      const { trusted, knownUser, caller } = identity;
      const verdict = priorityOf(
        {
          header: (name) => {
            const value = trusted ? headers[name] : undefined;
            return Array.isArray(value) ? value[0] : value;
          },
          tier: caller.tier,
          knownUser,
          input,
        },
        rules,
      );
      return verdict.reason === 'no_rule' ? otherwise : verdict.priority;
    },
    budgets,
    speaksOpenAi:
      config.type === 'llm_chat' ||
      [...config.models.values()].some((model) => model.source.kind === 'openai'),
    version: () => {
      const target = config.ladder[0]?.target;
      return target === undefined || target.kind === 'builtin'
        ? '1'
        : (models.routed.get(target.model)?.version ?? '1');
    },
    createdAt: clock.wall(),
    budget: events.budget,
  };

  return {
    config,
    service,
    front,
    health,
    faults,
    followVersions() {
      for (const model of models.versioned.values()) model.follow(service.directives.active());
    },
    async versionsSettled() {
      await Promise.all([...models.versioned.values()].map((model) => model.settled()));
    },
    status: (file) => statusOf({ config, service, checked, components, clock, file }),
    async close() {
      health.stop();
      faults.close();
      for (const rung of rungs) rung.gate?.close();
      await Promise.allSettled([models.close(), features?.close()]);
    },
  };
}

/** What a model says of itself beside the interface that all have. */
function detailsOf(model: unknown): Record<string, unknown> {
  if (
    typeof model !== 'object' ||
    model === null ||
    !('snapshot' in model) ||
    typeof model.snapshot !== 'function'
  )
    return {};
  const snapshot: unknown = model.snapshot();
  return typeof snapshot === 'object' && snapshot !== null ? { ...snapshot } : {};
}

/** What a model with versions says of them; nothing for the others. */
function versionsOf(model: VersionedModel | undefined): Record<string, unknown> {
  if (model === undefined) return {};
  const { wanted, canary, calls } = model.snapshot();
  return { versions: { wanted, canary, calls } };
}

/** @throws EvenkeelError bad_request when an order names what the service has not */
export function checkOrder(config: ServiceConfig, order: Order): void {
  if (order.kind === 'fault') checkFault(config, order.fault);
  if ('rung' in order && !config.ladder.some((rung) => rung.name === order.rung)) {
    throw new EvenkeelError(
      'bad_request',
      `${config.name} has no rung "${order.rung}": it has ${config.ladder.map((rung) => rung.name).join(', ')}`,
    );
  }
  if (order.kind === 'use_version' || order.kind === 'canary') {
    if (config.models.get(order.model)?.training === undefined)
      throw new EvenkeelError('bad_request', `${config.name} has no model "${order.model}" with versions`);
    if (order.kind === 'canary' && !(order.share > 0 && order.share <= 1))
      throw new EvenkeelError('bad_request', `a canary's share is over 0 and at most 1, not ${order.share}`);
    return;
  }
  if ('model' in order && config.models.get(order.model)?.previous === undefined) {
    throw new EvenkeelError(
      'bad_request',
      `${config.name} names no previous version of a model "${order.model}"`,
    );
  }
}
