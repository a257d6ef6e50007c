import { describe, expect, it } from 'vitest';
import type { EvaluationReport, ModelGate } from './gate-spec.ts';
import { judgeModelGates, modelGateDue } from './gates.ts';

const accuracy: ModelGate = { kind: 'threshold', metric: 'accuracy', direction: 'higher', limit: 0.9 };
const against: ModelGate = {
  kind: 'against_production',
  metric: 'accuracy',
  direction: 'higher',
  tolerance: 0.01,
  eachSegment: true,
  segmentTolerance: 0.05,
};
const subject = (report: EvaluationReport | undefined, productionExists = true) => ({
  report,
  productionExists,
  bytes: 1_000,
});

describe('gates', () => {
  it('passes and fails by threshold, on the side of the direction', () => {
    expect(judgeModelGates([accuracy], subject({ metrics: { accuracy: { value: 0.9 } } })).passed).toBe(true);
    expect(judgeModelGates([accuracy], subject({ metrics: { accuracy: { value: 0.899 } } })).passed).toBe(
      false,
    );
    const loss: ModelGate = { kind: 'threshold', metric: 'loss', direction: 'lower', limit: 0.2 };
    expect(judgeModelGates([loss], subject({ metrics: { loss: { value: 0.3 } } })).passed).toBe(false);
  });

  it('fails what was not measured, whatever the gate', () => {
    for (const report of [undefined, { metrics: {} }, { metrics: { accuracy: { value: Number.NaN } } }]) {
      for (const gate of [accuracy, against, { kind: 'latency', limitMs: 5 } as const]) {
        const verdict = judgeModelGates([gate], subject(report));
        expect(verdict.passed).toBe(false);
        expect(verdict.reason).toMatch(/nobody measured/);
      }
    }
  });

  it("fails when production's figure is missing, and passes where there is no production", () => {
    const report = { metrics: { accuracy: { value: 0.99, n: 1_000 } } };
    expect(judgeModelGates([against], subject(report)).reason).toMatch(/production's accuracy is missing/);
    const first = judgeModelGates([against], subject(report, false));
    expect(first.passed).toBe(true);
    expect(first.findings[0]?.reason).toMatch(/nothing is in production/);
  });

  it('asks for evidence: an equal figure on 50 examples does not show non-inferiority, on 20 000 it does', () => {
    const gate: ModelGate = { ...against, eachSegment: false };
    const of = (n: number): EvaluationReport => ({
      metrics: { accuracy: { value: 0.95, n } },
      production: { metrics: { accuracy: { value: 0.95, n } } },
    });
    expect(judgeModelGates([gate], subject(of(50))).passed).toBe(false);
    expect(judgeModelGates([gate], subject(of(20_000))).passed).toBe(true);
  });

  it('uses the pairs: models that agree on nearly all examples need few of them', () => {
    const gate: ModelGate = { ...against, eachSegment: false };
    const report: EvaluationReport = {
      metrics: { accuracy: { value: 0.95, n: 1_000 } },
      production: { metrics: { accuracy: { value: 0.949, n: 1_000 } } },
    };
    expect(judgeModelGates([gate], subject(report)).passed).toBe(false);
    const paired = { accuracy: { '': { n: 1_000, better: 2, worse: 1 } } };
    expect(judgeModelGates([gate], subject({ ...report, paired })).passed).toBe(true);
  });

  it('finds the one segment that is worse, and names it', () => {
    const report: EvaluationReport = {
      metrics: { accuracy: { value: 0.96, n: 10_000 } },
      segments: { en: { accuracy: { value: 0.97, n: 9_700 } }, de: { accuracy: { value: 0.6, n: 300 } } },
      production: {
        metrics: { accuracy: { value: 0.955, n: 10_000 } },
        segments: { en: { accuracy: { value: 0.955, n: 9_700 } }, de: { accuracy: { value: 0.95, n: 300 } } },
      },
    };
    const verdict = judgeModelGates([against], subject(report));
    expect(verdict.passed).toBe(false);
    expect(verdict.reason).toMatch(/in segment de/);
    expect(verdict.findings.filter((finding) => !finding.passed)).toHaveLength(1);
  });

  it('fails a segment that the candidate forgot, and does not judge one of few examples', () => {
    const report: EvaluationReport = {
      metrics: { accuracy: { value: 0.99, n: 9_000 } },
      segments: { tiny: { accuracy: { value: 0, n: 3 } } },
      production: {
        metrics: { accuracy: { value: 0.95, n: 9_000 } },
        segments: { tiny: { accuracy: { value: 1, n: 3 } }, gone: { accuracy: { value: 1, n: 500 } } },
      },
    };
    const findings = judgeModelGates([against], subject(report)).findings;
    expect(findings.find((f) => f.segment === 'tiny')).toMatchObject({ passed: true });
    expect(findings.find((f) => f.segment === 'gone')).toMatchObject({ passed: false });
  });

  it('judges size by bytes on disk or by what was reported, and latency', () => {
    const size: ModelGate = { kind: 'size', limitBytes: 999 };
    expect(judgeModelGates([size], subject({ metrics: {} })).passed).toBe(false);
    expect(judgeModelGates([size], subject({ metrics: { size_bytes: { value: 10 } } })).passed).toBe(true);
    const latency: ModelGate = { kind: 'latency', limitMs: 5 };
    expect(judgeModelGates([latency], subject({ metrics: { latency_ms: { value: 6 } } })).passed).toBe(false);
  });

  it('stands at every tenth checkpoint, never at step 0, and at the same ones after a resume at an odd step', () => {
    const steps = Array.from({ length: 31 }, (_, i) => 20 * i);
    const due = (taken: readonly number[]): number[] =>
      taken.filter((step, i) => modelGateDue(step, taken[i - 1] ?? 0, 200));
    expect(due(steps)).toEqual([200, 400, 600]);
    expect(due([...steps.slice(0, 4), 77, ...steps.slice(4)])).toEqual([200, 400, 600]);
    expect(due([90, 190, 290, 390])).toEqual([290]);
    expect(modelGateDue(200, 180, 0)).toBe(false);
  });
});
