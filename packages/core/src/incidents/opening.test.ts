import { describe, expect, it } from 'vitest';
import { causeKey } from './cause-key.ts';
import { diagnose } from './diagnosis.ts';
import {
  decideOpening,
  type IncidentView,
  NO_SIGHTINGS,
  OPENING_DEFAULTS,
  type OpeningDecision,
  type OpeningState,
} from './opening.ts';
import { nextState, type Observation, type SignalKind, type SignalState } from './signal.ts';
import type { Silence } from './silence.ts';

const see = (kind: SignalKind, name = 'x', strength = 1): Observation => ({
  kind,
  name,
  strength,
  evidence: { text: `${kind} of ${name}`, figures: {}, link: '/api/v1/services/s' },
});

/** Looks every ten seconds. */
function watch(service = 's') {
  let state: OpeningState = NO_SIGHTINGS;
  let signals: SignalState | undefined;
  let now = 0;
  return {
    look(
      observed: readonly Observation[],
      incidents: readonly IncidentView[] = [],
      more: { silences?: readonly Silence[]; shared?: readonly string[]; later?: number } = {},
    ): readonly OpeningDecision[] {
      now += more.later ?? 10_000;
      signals = nextState(service, observed, signals, now);
      const result = decideOpening(
        state,
        {
          signals,
          diagnosis: diagnose(signals, []),
          needs: [],
          incidents,
          shared: more.shared ?? [],
          silences: more.silences ?? [],
        },
        OPENING_DEFAULTS,
        now,
      );
      state = result.state;
      return result.decisions;
    },
    now: () => now,
  };
}

const view = (change: Partial<IncidentView> = {}): IncidentView => ({
  id: 'AI-1',
  service: 's',
  type: 'feature_pipeline',
  typeByPerson: false,
  dedupKey: causeKey('s', { type: 'feature_pipeline', name: 'feast' }),
  status: 'detected',
  acknowledged: false,
  detectedAt: 0,
  resolvedAt: undefined,
  signals: ['features_down:feast'],
  ...change,
});
const what = (decisions: readonly OpeningDecision[]): string[] =>
  decisions.map((d) => ('incident' in d ? `${d.do} ${d.incident}` : d.do === 'hold' ? `hold ${d.by}` : d.do));

describe('opening', () => {
  it('opens at once for what has a hysteresis of its own, after three sightings for the rest', () => {
    expect(what(watch().look([see('features_down', 'feast')]))).toEqual(['open']);
    const w = watch();
    const drift = [see('request_drift', 'amount')];
    expect([w.look(drift), w.look(drift), w.look(drift)].flatMap(what)).toEqual([
      'hold sightings',
      'hold sightings',
      'open',
    ]);
    const rare = watch();
    expect([0, 1, 2, 3].flatMap(() => what(rare.look(drift, [], { later: 40_000 })))).not.toContain('open');
  });

  it('joins the same cause, and a consequence of an open one, acknowledged or not', () => {
    const observed = [
      see('features_down', 'feast'),
      see('latency_shift', 'primary'),
      see('burn_latency', 'p99'),
    ];
    for (const acknowledged of [false, true])
      expect(what(watch().look(observed, [view({ acknowledged })]))).toEqual(['join AI-1']);
  });

  it('an acknowledged incident swallows no other cause; within its episode an unacknowledged one takes it in', () => {
    const both = [see('features_down', 'feast'), see('training_crash', 'ranker')];
    expect(what(watch().look(both, [view({ acknowledged: true })])).sort()).toEqual(['join AI-1', 'open']);
    expect(what(watch().look(both, [view()]))).toEqual(['join AI-1', 'join AI-1']);
  });

  it('two components of one type are two causes once somebody has taken the first', () => {
    const open = view({
      type: 'training_failure',
      dedupKey: causeKey('s', { type: 'training_failure', name: 'ranker' }),
      signals: ['training_crash:ranker'],
      acknowledged: true,
    });
    expect(what(watch().look([see('training_crash', 'embedder')], [open]))).toEqual(['open']);
    expect(what(watch().look([see('training_crash', 'ranker')], [open]))).toEqual(['join AI-1']);
  });

  it('groups services over a dependency that they share', () => {
    const other = view({
      service: 'other',
      dedupKey: causeKey('other', { type: 'feature_pipeline', name: 'feast' }),
    });
    const observed = [see('features_down', 'feast')];
    expect(what(watch().look(observed, [other], { shared: ['feast'] }))).toEqual(['join AI-1']);
    expect(what(watch().look(observed, [other]))).toEqual(['open']);
  });

  it('joins what comes back soon, opens what comes back late, holds what is left over', () => {
    const resolved = view({ status: 'resolved', resolvedAt: 0 });
    expect(what(watch().look([see('features_down', 'feast')], [resolved]))).toEqual(['rejoin AI-1']);
    expect(what(watch().look([see('features_down', 'feast')], [resolved], { later: 2 * 3_600_000 }))).toEqual(
      ['open'],
    );
    const left = view({
      status: 'resolved',
      resolvedAt: 0,
      signals: ['features_down:feast', 'latency_shift:primary'],
    });
    expect(what(watch().look([see('latency_shift', 'primary')], [left]))).toEqual(['hold remainder']);
  });

  it('resolves after five quiet minutes, and not while a signal of its type is there', () => {
    const w = watch();
    const open = [view()];
    w.look([see('features_down', 'feast')], open);
    const quiet = Array.from({ length: 32 }, () => what(w.look([], open)));
    expect(quiet.findIndex((d) => d.includes('resolve AI-1'))).toBe(30);
    const flaps = watch();
    const decisions = Array.from({ length: 120 }, (_, i) =>
      what(flaps.look(i % 20 === 0 ? [see('features_down', 'feast')] : [], open)),
    ).flat();
    expect(decisions).not.toContain('resolve AI-1');
  });

  it('opens nothing in maintenance, and records without telling under a silence', () => {
    const silence: Silence = {
      id: 'sil',
      kind: 'silence',
      service: 's',
      types: undefined,
      from: 0,
      to: 1e9,
      by: 'ann',
      reason: 'move',
    };
    const observed = [see('features_down', 'feast')];
    expect(watch().look(observed, [], { silences: [silence] })).toMatchObject([
      { do: 'open', silence: { id: 'sil' } },
    ]);
    expect(what(watch().look(observed, [], { silences: [{ ...silence, kind: 'maintenance' }] }))).toEqual([
      'hold maintenance',
    ]);
    expect(
      what(watch().look(observed, [], { silences: [{ ...silence, service: 'other', kind: 'maintenance' }] })),
    ).toEqual(['open']);
  });

  it('never retypes what a person has typed', () => {
    const odd = view({
      type: 'drift_detected',
      dedupKey: causeKey('s', { type: 'drift_detected', name: '*' }),
      signals: ['request_drift:x'],
    });
    const observed = [see('request_drift'), see('request_invalid')];
    expect(what(watch().look(observed, [odd]))).toContain('retype AI-1');
    expect(what(watch().look(observed, [{ ...odd, typeByPerson: true }]))).not.toContain('retype AI-1');
  });
});
