import { describe, expect, it } from 'vitest';
import { judgeSeverity, LOWER_AFTER_MS, ownSignals, type Reach, severityChange } from './severity.ts';
import type { Signal, SignalKind } from './signal.ts';

const signal = (kind: SignalKind, figures: Record<string, number> = {}, strength = 1): Signal => ({
  kind,
  key: `${kind}:x`,
  subject: { service: 's', name: 'x', segment: '' },
  strength,
  since: 0,
  seen: 0,
  evidence: { text: `${kind} says so`, figures, link: '/api/v1/services/s' },
});
const none: Reach = { failed: 0, degraded: 0, people: 0, peopleShare: 0 };

describe('severity', () => {
  it.each([
    ['safety_violation', [signal('zero_tolerance_broken')], none, 'SEV1'],
    ['safety_violation', [signal('harm_reports')], none, 'SEV1'],
    ['safety_violation', [signal('safety_flags')], none, 'SEV2'],
    ['model_degradation', [signal('model_down')], { ...none, failed: 0.3 }, 'SEV1'],
    ['model_degradation', [signal('model_down')], { ...none, degraded: 0.6 }, 'SEV2'],
    ['serving_latency', [signal('burn_latency', { page: 1 })], none, 'SEV2'],
    ['serving_latency', [signal('burn_latency', { page: 0 })], none, 'SEV3'],
    // Users notice nothing, cached features hide it, and the budget will be gone.
    ['feature_pipeline', [signal('features_stale'), signal('exhaustion_forecast')], none, 'SEV2'],
    ['drift_detected', [signal('request_drift')], none, 'SEV3'],
    ['drift_detected', [signal('request_drift', {}, 0.5)], none, 'SEV4'],
    // Drift is not to blame for what is not served meanwhile.
    ['drift_detected', [signal('request_drift')], { ...none, failed: 0.5, degraded: 1 }, 'SEV3'],
  ] as const)('%s', (type, active, reach, severity) => {
    const verdict = judgeSeverity(type, active, reach);
    expect(verdict.severity).toBe(severity);
    expect(verdict.reason).not.toBe('');
  });

  it('is raised at once and lowered after a while', () => {
    expect(severityChange('SEV3', { severity: 'SEV1', reason: 'r' }, undefined, 0)?.severity).toBe('SEV1');
    expect(severityChange('SEV1', { severity: 'SEV3', reason: 'r' }, 0, LOWER_AFTER_MS - 1)).toBeUndefined();
    expect(severityChange('SEV1', { severity: 'SEV3', reason: 'r' }, 0, LOWER_AFTER_MS)?.reason).toBe(
      'for 10 min: r',
    );
    expect(severityChange('SEV2', { severity: 'SEV2', reason: 'r' }, 0, 1e9)).toBeUndefined();
  });

  it('looks at the signals of the incident', () => {
    expect(ownSignals(['burn_cost:x'], [signal('burn_cost'), signal('model_down')])).toHaveLength(1);
  });
});
