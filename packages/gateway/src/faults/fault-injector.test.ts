import {
  countDistinct,
  createService,
  type Directive,
  directiveBoard,
  fakeClock,
  type RequestRecord,
  radiusInWords,
  STEP_UP_DEFAULTS,
} from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import type { Model } from '../upstreams/model.ts';
import { faultInjector } from './fault-injector.ts';
import { directive, random, request } from './faults.test.rig.ts';
import { interposedModel } from './interposed-model.ts';

const LEASE_MS = 15_000;

/** A real pipeline over one model that can be broken and one rung below it. */
function rig() {
  const clock = fakeClock();
  const host = { clock, timers: clock, random: random() };
  const model: Model = {
    name: 'primary',
    version: '1',
    call: () => ({ kind: 'value', model: 'primary', version: '1', output: {} }),
    healthy: async () => true,
    close: async () => {},
  };
  const primary = interposedModel(model, host);
  const rung = {
    qualityImpact: 'none',
    budgetMs: 200,
    features: 'none',
    dependencies: [],
    maxWaitMs: 0,
  } as const;
  const service = createService(
    {
      name: 'mail',
      rungs: [
        {
          ...rung,
          name: 'primary',
          level: 'full_service',
          attemptKey: 'primary',
          overflow: true,
          breaker: undefined,
          gate: undefined,
          handler: (asked, { budgetMs, cancellation: signal }) =>
            primary.call({ request: asked, features: undefined, budgetMs, signal }),
        },
        {
          ...rung,
          name: 'words',
          level: 'rule_based',
          attemptKey: 'words',
          overflow: true,
          breaker: undefined,
          gate: undefined,
          handler: () => ({ kind: 'value', model: 'words', version: '1', output: {} }),
        },
      ],
      gate: undefined,
      features: undefined,
      featureBudgetMs: 0,
      safety: undefined,
      strictness: 'normal',
      deadlineMs: 500,
      stepUp: STEP_UP_DEFAULTS,
      components: () => ({ up: true, reason: 'ok' }),
      onDirectives: () => injector.refresh(),
    },
    host,
  );
  const problems: string[] = [];
  const injector = faultInjector(
    {
      service: {
        name: 'mail',
        deadlineMs: 500,
        predict: service.predict,
        onRecord: service.onRecord,
        onSeen: service.onSeen,
      },
      models: new Map([['primary', primary]]),
      plain: new Map([['primary', model]]),
      features: undefined,
      directives: service.directives.active,
      onProblem: (what, reason) => problems.push(`${what}: ${reason}`),
    },
    host,
  );
  const order = (one: Directive, leaseMs = LEASE_MS): void => {
    service.directives.set(one, leaseMs);
    injector.refresh();
  };
  const ask = async (user: string, priority: 0 | 2 = 2) =>
    await service.predict(request({ caller: { tenant: 'acme', user, tier: undefined }, priority }));
  return { clock, service, injector, order, ask, problems };
}

const errors = (id: string, radius = {}): Directive =>
  directive(
    id,
    {
      type: 'model_failure',
      model: 'primary',
      rate: 1,
      failure: { how: 'error', status: 500 },
      unhealthy: false,
    },
    radius,
  );

describe('faultInjector', () => {
  it('measures its radius and both arms, from the same traffic', async () => {
    const { injector, order, ask } = rig();
    await ask('before');
    order(errors('d-1', { share: 0.05, cohort: 'one' }));
    for (let i = 0; i < 6_000; i++) await ask(`u-${i % 3_000}`);
    const [report] = injector.reports();
    if (report === undefined) throw new Error('no report');
    const share = report.inRadius / report.requests;
    expect(report.requests).toBe(6_000);
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.06);
    expect(report.injected).toBe(report.inRadius);
    expect(Math.abs(countDistinct(report.users) - report.inRadius / 2)).toBeLessThan(8);
    expect(report.experiment).toMatchObject({
      requests: report.inRadius,
      degraded: report.inRadius,
      errors: 0,
    });
    expect(report.control).toMatchObject({ requests: 6_000 - report.inRadius, degraded: 0 });
    expect(radiusInWords(report)).toMatch(/^[45]\.\d % of requests, 1\d\d users$/);
  });

  it('ends by the monotonic clock although nothing arrives, nobody lifts it and the wall clock is set back', async () => {
    const { clock, injector, order, ask } = rig();
    order(errors('d-1'));
    expect(await ask('u')).toMatchObject({ rung: 'words' });
    clock.stepWall(-3_600_000);
    clock.advance(LEASE_MS - 300);
    expect(injector.reports()[0]?.until).toBeUndefined();
    clock.advance(600);
    expect(injector.reports()[0]).toMatchObject({ reason: 'lifted, or its lease ran out' });
    expect(injector.reports()[0]?.until).toBeDefined();
    expect(await ask('u')).toMatchObject({ rung: 'primary' });
    clock.advance(1_000);
    expect(clock.pending()).toBe(0);
  });

  it('goes on through renewals with one report, and ends at once when lifted', async () => {
    const { clock, service, injector, order, ask } = rig();
    for (let i = 0; i < 6; i++) {
      order(errors('d-1'));
      await ask('u');
      clock.advance(5_000);
    }
    expect(injector.reports().length).toBe(1);
    expect(injector.reports()[0]?.experiment.requests).toBe(6);
    service.directives.lift('d-1');
    expect(await ask('u')).toMatchObject({ rung: 'primary' });
    expect(injector.reports()[0]?.until).toBeDefined();
  });

  it('leaves no listener and no report of traffic behind', async () => {
    const { service, injector, order, ask } = rig();
    const heard: RequestRecord[] = [];
    service.onRecord((record) => heard.push(record));
    order(errors('d-1'));
    await ask('u');
    service.directives.lift('d-1');
    await ask('u');
    await ask('u');
    expect(heard.length).toBe(3);
    expect(injector.reports()[0]?.requests).toBe(1);
  });

  it('fails writes of those in its radius while the store is out', () => {
    const { clock, injector, order } = rig();
    const caller = { tenant: 'acme', user: 'u' };
    expect(injector.storeFails(caller)).toBeUndefined();
    order(directive('d-1', { type: 'store_outage' }, { tenants: ['acme'] }));
    expect(injector.storeFails(caller)).toContain('chaos: the store is out');
    expect(injector.storeFails({ ...caller, tenant: 'other' })).toBeUndefined();
    clock.advance(LEASE_MS + 500);
    expect(injector.storeFails(caller)).toBeUndefined();
  });

  it('says so when a corpus cannot be read, and makes no traffic', async () => {
    const { injector, order, ask, problems } = rig();
    order(
      directive('d-1', {
        type: 'capacity_overload',
        pattern: { kind: 'multiple', multiple: 2, floorPerSecond: 0 },
        ceilingPerSecond: 10,
        corpus: '/nowhere/corpus.ndjson',
        retries: undefined,
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 20 && problems.length === 0; i++)
      await new Promise((resolve) => setImmediate(resolve));
    await ask('u');
    expect(problems[0]).toContain('/nowhere/corpus.ndjson');
    expect(injector.reports()[0]?.injected).toBe(0);
  });

  it('is refused by the board when its lease is longer than a fault may last', () => {
    const board = directiveBoard(fakeClock());
    expect(() => board.set(errors('d-1'), 16 * 60_000)).toThrow('without being renewed');
    board.set(errors('d-1'), 1_000);
    expect(board.leftMs('d-1')).toBe(1_000);
    expect(board.leftMs('d-2')).toBe(0);
  });
});
