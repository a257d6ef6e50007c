import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnosis.ts';
import { INCIDENT_TYPES } from './incident-type.ts';
import { nextState, type Observation, SIGNAL_KINDS, type SignalKind } from './signal.ts';
import { runbook, SIGNATURES } from './signatures.ts';

const see = (kind: SignalKind, strength = 1, name = 'x'): Observation => ({
  kind,
  name,
  strength,
  evidence: { text: `${kind} of ${name}`, figures: {}, link: '/api/v1/services/s' },
});
const typesOf = (...observations: Observation[]): string[] =>
  diagnose(nextState('s', observations, undefined, 1000), []).ranked.map(({ type }) => type);

describe('signatures', () => {
  it('cover every kind of signal, each with weights in (0, 1), none twice', () => {
    const used = new Set(INCIDENT_TYPES.flatMap((type) => SIGNATURES[type].signals.map(({ kind }) => kind)));
    expect(SIGNAL_KINDS.filter((kind) => !used.has(kind))).toEqual([]);
    for (const type of INCIDENT_TYPES) {
      const { signals } = SIGNATURES[type];
      expect(new Set(signals.map(({ kind }) => kind)).size).toBe(signals.length);
      for (const { weight } of signals) expect(weight > 0 && weight < 1).toBe(true);
    }
  });

  it('are all of the same depth', () => {
    for (const type of INCIDENT_TYPES) {
      const signature = SIGNATURES[type];
      expect(signature.type).toBe(type);
      expect(signature.signals.length).toBeGreaterThanOrEqual(8);
      expect(signature.typicalCauses.length).toBeGreaterThanOrEqual(4);
      expect(signature.immediateActions.length).toBeGreaterThanOrEqual(3);
      expect(signature.investigationSteps.length).toBeGreaterThanOrEqual(4);
      expect(signature.rootCauseQuestions.length).toBeGreaterThanOrEqual(4);
      expect(signature.prevention.length).toBeGreaterThanOrEqual(4);
      expect(signature.escalationPath.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('become a runbook', () => {
    const book = runbook('feature_pipeline');
    expect(book.immediateActions.map(({ text }) => text)).toContain('Switch to cached/stale features');
    expect(book.escalationPath.map(({ role }) => role)).toEqual([
      'Data Engineer On-Call',
      'ML Engineer On-Call',
      'Data Engineering Manager',
    ]);
  });
});

describe('diagnosis', () => {
  it('explains causes before symptoms: a dead feature server is no latency incident', () => {
    const ranked = diagnose(
      nextState(
        's',
        [
          see('features_down', 1, 'feast'),
          see('burn_latency', 1, 'latency-p99'),
          see('latency_shift', 0.9, 'primary'),
          see('entry_below', 0.5, 's'),
          see('prediction_drift', 0.8, 'label'),
        ],
        undefined,
        1000,
      ),
      [{ rung: 'primary', components: ['feast'], features: 'fresh' }],
    ).ranked;
    expect(ranked[0]?.type).toBe('feature_pipeline');
    expect(ranked[0]?.root?.subject.name).toBe('feast');
    const latency = ranked.find(({ type }) => type === 'serving_latency');
    expect(latency?.score).toBeLessThan(0.35);
    expect(latency?.evidence.every(({ explainedBy }) => explainedBy === 'features_down:feast')).toBe(true);
  });

  it('without the cause, the same symptoms are what they seem', () => {
    expect(typesOf(see('burn_latency'), see('latency_shift', 0.9))[0]).toBe('serving_latency');
    expect(typesOf(see('prediction_drift'), see('request_drift'))[0]).toBe('drift_detected');
  });

  it('predictions that move alone after a change of model are the model’s', () => {
    expect(typesOf(see('prediction_drift', 0.9), see('confidence_drift', 0.9), see('change_model'))[0]).toBe(
      'model_degradation',
    );
    expect(
      typesOf(see('request_drift', 0.9), see('prediction_drift', 0.9), see('confidence_drift', 0.9))[0],
    ).toBe('drift_detected');
  });

  it('says nothing of changes alone', () => {
    expect(typesOf(see('change_model'), see('change_deploy'))).toEqual([]);
  });

  it('names the change that came before as a suspect, and not the one that came after', () => {
    const state = nextState(
      's',
      [
        { ...see('labels_disagree', 0.8), since: 1_000_000 },
        { ...see('change_model', 0.9, 'primary'), since: 900_000 },
        { ...see('change_deploy', 0.9, 'web'), since: 1_900_000 },
      ],
      undefined,
      2_000_000,
    );
    const [first] = diagnose(state, []).ranked;
    expect(first?.suspects.map(({ key }) => key)).toEqual(['change_model:primary']);
    expect(first?.likelyCause).toContain('change_model of primary');
  });

  it('a component explains only rungs that stand on it', () => {
    const observed = [see('model_down', 1, 'b'), see('breaker_open', 1, 'top')];
    const share = (components: readonly string[]): number =>
      diagnose(nextState('s', observed, undefined, 0), [{ rung: 'top', components, features: 'none' }])
        .ranked.find(({ type }) => type === 'serving_latency')
        ?.evidence.find(({ signal }) => signal.kind === 'breaker_open')?.explainedShare ?? 0;
    expect(share(['b'])).toBeGreaterThan(0.9);
    expect(share(['a'])).toBe(0);
  });
});

describe('signals', () => {
  it('keep their beginning over a short pause and lose it after a long one', () => {
    let state = nextState('s', [see('breaker_open')], undefined, 0);
    state = nextState('s', [], state, 10_000);
    expect(state.active).toEqual([]);
    state = nextState('s', [see('breaker_open')], state, 20_000);
    expect(state.active[0]?.since).toBe(0);
    state = nextState('s', [], state, 30_000);
    state = nextState('s', [], state, 70_000);
    state = nextState('s', [see('breaker_open')], state, 80_000);
    expect(state.active[0]?.since).toBe(80_000);
  });
});
