import { describe, expect, it } from 'vitest';
import { load, problemsOf, SOUND, told } from '../fixture.test.rig.ts';

const LINES = SOUND.trimEnd().split('\n').length;

function monitorsOf(section: string) {
  const loaded = load(`${SOUND}${section}`);
  if (!loaded.ok) throw new Error(loaded.problems.map((p) => `${p.at} ${p.message}`).join('\n'));
  return loaded.service.monitors;
}

describe('monitors', () => {
  it('are good without a section: features, score, confidence, label and level', () => {
    const { monitors, falseAlarmEvery, segmentBy, estimate } = monitorsOf('');
    expect(monitors.map(({ name, role, kind, worse }) => [name, role, kind, worse])).toEqual([
      ['feature:seen', 'input', 'numeric', 'any'],
      ['score', 'prediction', 'numeric', 'any'],
      ['confidence', 'confidence', 'numeric', 'lower'],
      ['label', 'prediction', 'categorical', 'any'],
      ['level', 'prediction', 'categorical', 'any'],
    ]);
    expect(monitors[0]).toMatchObject({
      source: { from: 'feature', name: 'seen' },
      baseline: { kind: 'learned' },
      learn: { values: 1000, forMs: 600_000 },
      minimum: 100,
      maxAgeMs: 3_600_000,
      maxSegments: 0,
    });
    expect(falseAlarmEvery).toBe(1_000_000);
    expect(segmentBy).toBeUndefined();
    expect(estimate).toEqual({
      positive: undefined,
      falseAlarmEvery: 10_000,
      calibrateAfter: 200,
      halfLife: 5000,
      maxSegments: 0,
    });
  });

  it('take what the section says', () => {
    const { monitors, segmentBy, estimate } = monitorsOf(`monitors:
  segments: { by: tenant, max: 4 }
  baseline: { seasonal: 4 }
  estimate: { positive: spam }
  watch:
    refused: { of: label, baseline: { rolling: 7d }, segments: false }
    length: { of: "input:text", kind: categorical, worse: higher, minimum: 500, max_age: 10m, learn: { values: 200, for: 1h } }
    seen: { of: "feature:seen", baseline: { file: ./base.js } }
`);
    expect(monitors.map(({ name }) => name)).toEqual([
      'refused',
      'length',
      'seen',
      'score',
      'confidence',
      'level',
    ]);
    const [refused, length, seen, score] = monitors;
    expect(refused).toMatchObject({
      kind: 'categorical',
      baseline: { kind: 'rolling', days: 7 },
      maxSegments: 0,
    });
    expect(length).toMatchObject({
      source: { from: 'input', path: 'text' },
      role: 'input',
      kind: 'categorical',
      worse: 'higher',
      minimum: 500,
      maxAgeMs: 600_000,
      learn: { values: 200, forMs: 3_600_000 },
      maxSegments: 4,
    });
    expect(seen?.baseline).toMatchObject({ kind: 'given', column: 'seen' });
    expect(score?.baseline).toEqual({ kind: 'seasonal', weeks: 4 });
    expect([segmentBy, estimate.positive, estimate.maxSegments]).toEqual(['tenant', 'spam', 4]);
  });

  it('none at all, when that is asked for', () => {
    expect(monitorsOf('monitors: { defaults: false }\n').monitors).toEqual([]);
  });

  it.each([
    ['monitors: { watch: { a: { of: scroe } } }', 'monitors.watch.a.of', /expected score/],
    ['monitors: { watch: { a: { of: "feature:sean" } } }', 'monitors.watch.a.of', /no feature "sean"/],
    [
      'monitors: { watch: { a: { of: score, baseline: { rolling: 90m } } } }',
      'monitors.watch.a.baseline.rolling',
      /whole days/,
    ],
    [
      'monitors: { watch: { a: { of: score, baseline: { file: no.csv } } } }',
      'monitors.watch.a.baseline.file',
      /no file/,
    ],
    ['monitors: { watch: { label: { of: "input:label" } } }', 'monitors.watch.label', /usual monitor/],
    ['monitors: { minimum: 0 }', 'monitors.minimum', /1/],
    ['monitors: { segmets: 1 }', 'monitors', /segmets/],
    [
      'monitors: { estimate: { calibrate_after: 1000, half_life: 500 } }',
      'monitors.estimate.half_life',
      /less than/,
    ],
  ])('%s is a mistake on its line', (section, at, message) => {
    const [problem] = problemsOf(`${SOUND}${section}\n`);
    expect(problem?.line).toBe(LINES + 1);
    expect(told(problem === undefined ? [] : [problem])[0]).toContain(at);
    expect(problem?.message).toMatch(message);
  });
});
