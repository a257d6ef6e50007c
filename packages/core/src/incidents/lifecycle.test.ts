import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import type { IncidentIntent } from './command.ts';
import { EVENKEEL, INCIDENT_STATUSES, type Incident, openIncident } from './incident.ts';
import { incidentIdMaker } from './incident-id.ts';
import { applyCommand, TRANSITIONS } from './lifecycle.ts';
import { mergeIncidents, splitIncident } from './merge.ts';

const ANN = { name: 'ann', automatic: false };
const BOB = { name: 'bob', automatic: false };

function fresh(id = 'AI-1'): Incident {
  return openIncident(
    {
      id,
      service: 's',
      type: 'feature_pipeline',
      severity: 'SEV2',
      severityReason: 'budget gone in 4 h',
      title: 'feature server down',
      description: '',
      by: EVENKEEL,
      signals: [signal('features_down:feast'), signal('entry_below:s')],
    },
    1000,
  );
}

function signal(key: string, at = 900): Incident['signals'][number] {
  return {
    key,
    kind: 'features_down',
    name: 'feast',
    firstSeen: at,
    lastSeen: at,
    strength: 1,
    role: 'cause',
    evidence: { text: `${key} is down`, figures: {}, link: '/api/v1/services/s' },
  };
}

function run(incident: Incident, intent: IncidentIntent, by = ANN, at = 2000): Incident {
  const result = applyCommand(incident, { by, at, intent });
  if (!result.ok) throw new Error(`${intent.do}: ${result.message}`);
  return result.incident;
}

const refusal = (incident: Incident, intent: IncidentIntent, by = ANN, at = 2000): string => {
  const result = applyCommand(incident, { by, at, intent });
  return result.ok ? 'accepted' : result.code;
};

describe('the lifecycle', () => {
  it('goes the whole way and keeps its times', () => {
    let incident = fresh();
    incident = run(incident, { do: 'acknowledge' }, ANN, 2000);
    expect(incident.status).toBe('investigating');
    incident = run(incident, { do: 'mitigate' }, ANN, 3000);
    incident = run(incident, { do: 'resolve', resolution: 'restarted' }, BOB, 4000);
    incident = run(incident, { do: 'start_review' }, ANN, 5000);
    expect(refusal(incident, { do: 'close' })).toBe('experiment_missing');
    incident = run(incident, { do: 'set_experiment', experiment: { id: 'e', state: 'red', at: 5500 } });
    expect(refusal(incident, { do: 'close' })).toBe('experiment_red');
    incident = run(incident, { do: 'set_experiment', experiment: { id: 'e', state: 'green', at: 5600 } });
    incident = run(incident, { do: 'close' }, ANN, 6000);
    expect(incident).toMatchObject({
      status: 'closed',
      acknowledgedAt: 2000,
      mitigatedAt: 3000,
      resolvedAt: 4000,
      closedAt: 6000,
      resolution: 'restarted',
    });
  });

  it('is closed without an experiment only when a person waives it with a reason', () => {
    let incident = run(run(fresh(), { do: 'resolve', resolution: 'gone' }), { do: 'start_review' });
    expect(refusal(incident, { do: 'waive_experiment', reason: '  ' })).toBe('reason_needed');
    expect(refusal(incident, { do: 'waive_experiment', reason: 'x' }, EVENKEEL)).toBe('operator_decided');
    incident = run(incident, { do: 'waive_experiment', reason: 'the vendor is gone' });
    expect(run(incident, { do: 'close' }).status).toBe('closed');
  });

  it('is reopened within a day, not later, and never when closed', () => {
    const resolved = run(fresh(), { do: 'resolve', resolution: 'gone' }, ANN, 2000);
    const again = run(resolved, { do: 'reopen', reason: 'back' }, EVENKEEL, 2000 + 3_600_000);
    expect(again).toMatchObject({ status: 'investigating', recurrences: 1, resolvedAt: undefined });
    expect(refusal(resolved, { do: 'reopen', reason: 'back' }, ANN, 2000 + 25 * 3_600_000)).toBe('too_late');
  });

  it('tells the slower of two who act in the same moment', () => {
    const incident = fresh();
    const first = applyCommand(incident, { by: ANN, at: 2000, ifRevision: 1, intent: { do: 'mitigate' } });
    expect(first.ok).toBe(true);
    if (!first.ok) return;
    const second = applyCommand(first.incident, {
      by: BOB,
      at: 2000,
      ifRevision: 1,
      intent: { do: 'resolve', resolution: 'x' },
    });
    expect(second).toMatchObject({ ok: false, code: 'stale' });
    expect(second.ok ? '' : second.message).toContain('ann');
    expect(refusal(run(incident, { do: 'acknowledge' }), { do: 'acknowledge' }, BOB)).toBe('nothing_to_do');
  });

  it('does not let an automatism overrule a person', () => {
    const set = run(fresh(), { do: 'set_severity', severity: 'SEV3', reason: 'staging only' }, ANN);
    expect(refusal(set, { do: 'set_severity', severity: 'SEV1', reason: 'burns' }, EVENKEEL)).toBe(
      'operator_decided',
    );
    const typed = run(set, { do: 'set_type', type: 'data_quality', reason: 'seen' }, ANN);
    expect(refusal(typed, { do: 'set_type', type: 'drift_detected', reason: 'x' }, EVENKEEL)).toBe(
      'operator_decided',
    );
  });

  it('whatever is asked, in whatever order: only legal transitions, an append-only timeline in order of time', () => {
    const reason = 'because';
    const intents: fc.Arbitrary<IncidentIntent> = fc.constantFrom<IncidentIntent>(
      { do: 'investigate' },
      { do: 'mitigate' },
      { do: 'resolve', resolution: reason },
      { do: 'start_review' },
      { do: 'close' },
      { do: 'reopen', reason },
      { do: 'acknowledge' },
      { do: 'note', text: reason },
      { do: 'set_severity', severity: 'SEV1', reason },
      { do: 'set_type', type: 'drift_detected', reason },
      { do: 'waive_experiment', reason },
      { do: 'silence', silence: 'sil-1' },
      { do: 'observe', signals: [signal('a', 100)], likelyCause: reason },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(intents, fc.boolean(), fc.integer({ min: -500, max: 90_000_000 })), {
          maxLength: 30,
        }),
        (steps) => {
          let incident = fresh();
          let at = 1000;
          for (const [intent, automatic, later] of steps) {
            at += later;
            const result = applyCommand(incident, { by: automatic ? EVENKEEL : ANN, at, intent });
            if (!result.ok) {
              expect(result.message).not.toBe('');
              continue;
            }
            const next = result.incident;
            if (next.status !== incident.status) {
              const legal =
                TRANSITIONS[incident.status].includes(next.status) ||
                (intent.do === 'reopen' && next.status === 'investigating');
              expect(legal).toBe(true);
            }
            expect(next.timeline.slice(0, incident.timeline.length)).toEqual(incident.timeline);
            expect(next.revision).toBe(incident.revision + 1);
            incident = next;
          }
          for (let i = 1; i < incident.timeline.length; i++) {
            expect(incident.timeline[i]?.at).toBeGreaterThanOrEqual(incident.timeline[i - 1]?.at ?? 0);
          }
          expect(INCIDENT_STATUSES).toContain(incident.status);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('identifiers', () => {
  it('can be read, sort by time, never collide, also when the clock steps back', () => {
    const clock = fakeClock(0, Date.UTC(2026, 10, 24, 11, 47, 6, 123));
    const next = incidentIdMaker(clock, seededRandom(1));
    const other = incidentIdMaker(clock, seededRandom(2));
    const ids = [next(), next()];
    expect(ids[0]).toMatch(/^AI-20261124-114706123-[0-9a-z]{10}$/);
    clock.advance(1000);
    ids.push(next());
    clock.stepWall(-5000);
    ids.push(next());
    clock.advance(60_000);
    ids.push(next());
    expect([...ids].sort()).toEqual(ids);
    expect(new Set([...ids, other(), other()]).size).toBe(7);
  });
});

describe('merging and splitting', () => {
  it('keeps what both knew, and closes the duplicate with a way to the other', () => {
    const a = run(fresh('AI-1'), { do: 'acknowledge' });
    const b = { ...fresh('AI-2'), severity: 'SEV1', signals: [signal('model_down:m', 700)] } as const;
    const merged = mergeIncidents(a, b, ANN, 3000);
    expect(merged.ok).toBe(true);
    if (!merged.ok) return;
    expect(merged.kept).toMatchObject({ severity: 'SEV1', acknowledgedBy: 'ann', status: 'investigating' });
    expect(merged.kept.signals.map(({ key }) => key).sort()).toEqual([
      'entry_below:s',
      'features_down:feast',
      'model_down:m',
    ]);
    expect(merged.other).toMatchObject({ status: 'closed', resolution: 'a duplicate of AI-1' });
    expect(mergeIncidents(merged.kept, merged.other, ANN, 4000)).toMatchObject({ ok: false });
    expect(mergeIncidents(a, a, ANN, 4000)).toMatchObject({ ok: false, code: 'nothing_to_do' });
  });

  it('splits by signals, leaving something on both sides', () => {
    const into = { id: 'AI-9', type: 'model_degradation', title: 'the other half' } as const;
    const split = splitIncident(fresh(), ['entry_below:s'], into, ANN, 3000);
    expect(split.ok).toBe(true);
    if (!split.ok) return;
    expect(split.kept.signals.map(({ key }) => key)).toEqual(['features_down:feast']);
    expect(split.other.signals.map(({ key }) => key)).toEqual(['entry_below:s']);
    expect(split.other.links).toEqual([{ kind: 'split_from', incident: 'AI-1' }]);
    expect(splitIncident(fresh(), ['none'], into, ANN, 3000).ok).toBe(false);
    expect(splitIncident(fresh(), ['entry_below:s', 'features_down:feast'], into, ANN, 3000).ok).toBe(false);
  });
});
