import { describe, expect, it } from 'vitest';
import type { RungStatus, ServiceStatus } from '../serving/link.ts';
import { ACTION_KINDS } from './action.ts';
import { AUTOMATIC_DEFAULTS, nextAutomatic, type PastAction } from './automatic.ts';
import { EVENKEEL, type Incident, type IncidentSignal, openIncident } from './incident.ts';
import { INCIDENT_TYPES } from './incident-type.ts';
import { type MitigationContext, planMitigation } from './mitigation.ts';
import type { SignalKind } from './signal.ts';

const rung = (
  name: string,
  level: RungStatus['level'],
  availability: RungStatus['availability'],
): RungStatus => ({
  name,
  level,
  qualityImpact: `as ${name}`,
  budgetMs: 100,
  availability,
  reason: availability === 'ready' ? 'ok' : 'its breaker is open',
  breaker: undefined,
  gate: undefined,
  counts: undefined,
});

function context(
  change: Partial<MitigationContext> = {},
  service: Partial<ServiceStatus> = {},
): MitigationContext {
  return {
    service: {
      name: 's',
      type: 'content_moderation',
      owner: 'team',
      deadlineMs: 500,
      level: 'full_service',
      entry: 'primary',
      reason: 'ok',
      sinceMs: 0,
      probing: undefined,
      rungs: [
        rung('primary', 'full_service', 'ready'),
        rung('cached', 'cached_features', 'ready'),
        rung('simple', 'simpler_model', 'down'),
        rung('rules', 'rule_based', 'ready'),
      ],
      gate: undefined,
      components: [],
      figures: {
        requests: 0,
        inFlight: 0,
        served: {
          full_service: 0,
          cached_features: 0,
          simpler_model: 0,
          rule_based: 0,
          static_fallback: 0,
          failed: 0,
        },
        refused: {},
        rungs: {},
        probes: 0,
      },
      directives: [],
      file: { path: 'f', loadedAt: 0, problem: undefined },
      ...service,
    },
    needs: [
      { rung: 'primary', components: ['feast', 'm'], features: 'fresh' },
      { rung: 'cached', components: ['m'], features: 'cached' },
    ],
    rollBacks: [{ model: 'm', from: '2', to: '1' }],
    strictness: 'normal',
    holdsWhenStrict: true,
    batchFeatures: false,
    retrain: undefined,
    owners: { service: 'platform', features: 'data', models: 'ml' },
    ...change,
  };
}

function incident(type: Incident['type'], ...kinds: SignalKind[]): Incident {
  const signals = kinds.map(
    (kind): IncidentSignal => ({
      key: `${kind}:x`,
      kind,
      name: 'x',
      firstSeen: 0,
      lastSeen: 0,
      strength: 1,
      role: 'cause',
      evidence: { text: kind, figures: {}, link: '/' },
    }),
  );
  return openIncident(
    {
      id: 'AI-1',
      service: 's',
      type,
      severity: 'SEV2',
      severityReason: 'x',
      title: 't',
      description: '',
      by: EVENKEEL,
      signals,
    },
    0,
  );
}

const all = { ...AUTOMATIC_DEFAULTS, allowed: ACTION_KINDS };

describe('plans of mitigations', () => {
  it('exist for every action and type: orders, steps, a task, or a reason why not', () => {
    for (const type of INCIDENT_TYPES) {
      for (const action of ACTION_KINDS) {
        const plan = planMitigation(action, type, context());
        expect(plan.action).toBe(action);
        expect(plan.kind === 'impossible' ? plan.reason : plan.dryRun).not.toBe('');
      }
    }
  });

  it('say what they will change', () => {
    const plan = planMitigation('pin_cached_features', 'feature_pipeline', context());
    expect(plan).toMatchObject({ kind: 'orders', orders: [{ kind: 'pin', rung: 'cached' }] });
    expect(plan.kind === 'orders' ? plan.dryRun : '').toContain(
      'enter at cached (cached_features) instead of primary',
    );
    expect(planMitigation('roll_back_model', 'model_degradation', context())).toMatchObject({
      orders: [{ kind: 'roll_back', model: 'm' }],
    });
  });

  it('pass over rungs that cannot answer', () => {
    expect(
      planMitigation('pin_safer_rung', 'serving_latency', context({}, { entry: 'cached' })),
    ).toMatchObject({ orders: [{ kind: 'pin', rung: 'rules' }] });
    expect(
      planMitigation('pin_safer_rung', 'serving_latency', context({}, { entry: 'rules' })),
    ).toMatchObject({
      kind: 'impossible',
    });
  });

  it('are impossible where the service has not what they turn', () => {
    for (const [action, change] of [
      ['roll_back_model', { rollBacks: [] }],
      ['tighten_safety', { strictness: undefined }],
      ['tighten_safety', { strictness: 'strict' }],
      ['human_review', { holdsWhenStrict: false }],
      ['pin_batch_features', { batchFeatures: false }],
    ] as const) {
      expect(planMitigation(action, 'safety_violation', context(change)).kind).toBe('impossible');
    }
  });
});

describe('automatic actions', () => {
  const past = (change: Partial<PastAction>): PastAction => ({
    service: 's',
    incident: 'AI-1',
    action: 'pin_cached_features',
    at: 0,
    state: 'reverted',
    ...change,
  });

  it('follow the runbook, and only what the file allows', () => {
    const bad = incident('model_degradation', 'labels_disagree', 'change_model');
    expect(nextAutomatic(bad, context(), [], all, 0)).toMatchObject({
      do: 'act',
      plan: { action: 'roll_back_model' },
    });
    expect(nextAutomatic(bad, context(), [], { ...all, allowed: [] }, 0).do).toBe('wait');
    expect(nextAutomatic(bad, context(), [], { ...all, allowed: ['raise_sampling'] }, 0)).toMatchObject({
      plan: { action: 'raise_sampling' },
    });
  });

  it('do not roll back a version that nothing points at', () => {
    const dead = incident('model_degradation', 'model_down', 'entry_below');
    const decision = nextAutomatic(
      dead,
      context(),
      [],
      { ...all, allowed: ['roll_back_model', 'pin_safer_rung'] },
      0,
    );
    expect(decision.do).toBe('wait');
  });

  it('one at a time on one service, whatever the incident', () => {
    const decision = nextAutomatic(
      incident('feature_pipeline', 'features_down'),
      context(),
      [past({ incident: 'AI-0', state: 'running' })],
      all,
      1000,
    );
    expect(decision).toMatchObject({ do: 'wait' });
    expect(decision.reason).toContain('one at a time');
  });

  it('within a budget a day and an incident', () => {
    const spent = Array.from({ length: 5 }, (_, i) => past({ incident: `AI-0${i}` }));
    const target = incident('feature_pipeline', 'features_down');
    expect(nextAutomatic(target, context(), spent, all, 1000).reason).toContain('budget');
    expect(nextAutomatic(target, context(), spent, all, 25 * 3_600_000).do).toBe('act');
  });

  it("give way to a person's order, and to a person who has undone one", () => {
    const target = incident('feature_pipeline', 'features_down');
    const order = {
      id: 'd',
      service: 's',
      order: { kind: 'pin', rung: 'rules' },
      owner: 'ann',
      reason: 'looking',
      createdAt: 0,
      expiresAt: 1,
    } as const;
    expect(nextAutomatic(target, context({}, { directives: [order] }), [], all, 0).reason).toContain('ann');
    expect(nextAutomatic(target, context(), [past({ state: 'overruled' })], all, 0).do).toBe('wait');
  });
});
