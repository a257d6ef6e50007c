import { normalQuantile } from '../quality/special-functions.ts';
import type {
  EvaluationReport,
  GateDirection,
  MetricFigure,
  MetricFigures,
  ModelGate,
  PairedFigure,
} from './gate-spec.ts';
import { MINIMUM_EXAMPLES } from './gate-spec.ts';

export interface ModelGateFinding {
  readonly gate: string;
  /** '' is all of the data. */
  readonly segment: string;
  readonly passed: boolean;
  readonly reason: string;
}

export interface ModelGateVerdict {
  readonly passed: boolean;
  readonly findings: readonly ModelGateFinding[];
  /** The first thing that failed, or that all passed. */
  readonly reason: string;
}

export interface ModelGateSubject {
  /** Undefined when no evaluation arrived: every gate that needs a figure fails. */
  readonly report: EvaluationReport | undefined;
  /** Whether a model is in production: without one there is nothing to compare with, and that gate passes saying so. */
  readonly productionExists: boolean;
  readonly bytes: number;
}

const figure = (x: number): string => (Number.isInteger(x) ? String(x) : x.toPrecision(4));

function standardError(metric: MetricFigure): number | undefined {
  if (metric.standardError !== undefined) return metric.standardError;
  if (metric.n === undefined || metric.n <= 0 || metric.value < 0 || metric.value > 1) return undefined;
  // One pseudo-success and one pseudo-failure: an observed 0 or 1 is not certainty (Agresti & Caffo 2000).
  const p = (metric.value * metric.n + 1) / (metric.n + 2);
  return Math.sqrt((p * (1 - p)) / (metric.n + 2));
}

/** Candidate minus production, and the standard error of that. */
export interface Difference {
  readonly value: number;
  readonly standardError: number | undefined;
}

/** Difference of paired shares: only the examples on which the two disagree count (McNemar 1947; interval of Wald with Agresti–Min's +1/2). */
export function pairedDifference(pair: PairedFigure): Difference {
  const n = pair.n + 2;
  const better = pair.better + 0.5;
  const worse = pair.worse + 0.5;
  const value = (pair.better - pair.worse) / pair.n;
  const centre = better - worse;
  return { value, standardError: Math.sqrt(better + worse - (centre * centre) / n) / n };
}

function difference(
  candidate: MetricFigure,
  production: MetricFigure,
  pair: PairedFigure | undefined,
): Difference {
  if (pair !== undefined && pair.n > 0) return pairedDifference(pair);
  const a = standardError(candidate);
  const b = standardError(production);
  return {
    value: candidate.value - production.value,
    standardError: a === undefined || b === undefined ? undefined : Math.hypot(a, b),
  };
}

const known = (metric: MetricFigure | undefined): metric is MetricFigure =>
  metric !== undefined && Number.isFinite(metric.value);

const enough = (metric: MetricFigure, minimum: number): boolean =>
  metric.n === undefined || metric.n >= minimum;

function named(gate: string, segment: string, passed: boolean, reason: string): ModelGateFinding {
  return { gate, segment, passed, reason };
}

function missing(gate: string, segment: string, metric: string, whose: string): ModelGateFinding {
  return named(
    gate,
    segment,
    false,
    `${whose} ${metric} is missing: a figure that nobody measured passes no gate`,
  );
}

function threshold(
  gate: string,
  segment: string,
  metric: MetricFigure,
  spec: {
    readonly metric: string;
    readonly direction: GateDirection;
    readonly limit: number;
    readonly confidence?: number | undefined;
  },
): ModelGateFinding {
  const sign = spec.direction === 'higher' ? 1 : -1;
  let value = metric.value;
  let how = '';
  if (spec.confidence !== undefined) {
    const error = standardError(metric);
    if (error === undefined)
      return named(
        gate,
        segment,
        false,
        `${spec.metric} has neither n nor a standard error: no interval can be made`,
      );
    value -= sign * normalQuantile(spec.confidence) * error;
    how = ` at ${100 * spec.confidence} % confidence`;
  }
  const passed = sign * value >= sign * spec.limit;
  const side = spec.direction === 'higher' ? 'at least' : 'at most';
  return named(
    gate,
    segment,
    passed,
    `${spec.metric} ${figure(value)}${how}, needed ${side} ${figure(spec.limit)}`,
  );
}

function comparison(
  gate: string,
  segment: string,
  metric: string,
  direction: GateDirection,
  diff: Difference,
  rule: { readonly tolerance: number; readonly confidence: number; readonly mustShow: boolean },
): ModelGateFinding {
  const sign = direction === 'higher' ? 1 : -1;
  const gain = sign * diff.value;
  if (diff.standardError === undefined)
    return named(
      gate,
      segment,
      false,
      `${metric} has neither n nor a standard error: no interval can be made`,
    );
  const z = normalQuantile(rule.confidence);
  const low = gain - z * diff.standardError;
  const high = gain + z * diff.standardError;
  const passed = rule.mustShow ? low >= -rule.tolerance : high >= -rule.tolerance;
  const said = `${metric} ${gain >= 0 ? 'better' : 'worse'} than production by ${figure(Math.abs(gain))} (${figure(low)} to ${figure(high)})`;
  const asked = `may be worse by ${figure(rule.tolerance)}${rule.mustShow ? '' : ', unless disproved'}`;
  return named(gate, segment, passed, `${said}; ${asked}`);
}

function segmentsOf(report: EvaluationReport): readonly [string, MetricFigures][] {
  return Object.entries(report.segments ?? {});
}

function judgeThreshold(
  gate: string,
  spec: Extract<ModelGate, { kind: 'threshold' }>,
  report: EvaluationReport,
): ModelGateFinding[] {
  const whole = report.metrics[spec.metric];
  if (!known(whole)) return [missing(gate, '', spec.metric, 'the metric')];
  const findings = [threshold(gate, '', whole, spec)];
  if (spec.eachSegment !== true) return findings;
  const segments = segmentsOf(report);
  if (segments.length === 0) return [...findings, missing(gate, '', spec.metric, 'by segment the metric')];
  for (const [segment, figures] of segments) {
    const metric = figures[spec.metric];
    if (!known(metric)) findings.push(missing(gate, segment, spec.metric, 'the metric'));
    else if (!enough(metric, spec.minimumExamples ?? MINIMUM_EXAMPLES))
      findings.push(named(gate, segment, true, `not judged: only ${metric.n} examples`));
    else findings.push(threshold(gate, segment, metric, spec));
  }
  return findings;
}

function judgeAgainst(
  gate: string,
  spec: Extract<ModelGate, { kind: 'against_production' }>,
  report: EvaluationReport,
  productionExists: boolean,
): ModelGateFinding[] {
  if (!productionExists)
    return [named(gate, '', true, 'nothing is in production yet: nothing to compare with')];
  const { metric, direction, confidence = 0.95 } = spec;
  const ours = report.metrics[metric];
  const theirs = report.production?.metrics[metric];
  if (!known(ours)) return [missing(gate, '', metric, "the candidate's")];
  if (!known(theirs)) return [missing(gate, '', metric, "production's")];
  const pairs = report.paired?.[metric];
  const findings = [
    comparison(gate, '', metric, direction, difference(ours, theirs, pairs?.['']), {
      tolerance: spec.tolerance,
      confidence,
      mustShow: true,
    }),
  ];
  if (spec.eachSegment !== true) return findings;
  const production = report.production?.segments ?? {};
  const names = new Set([...Object.keys(production), ...Object.keys(report.segments ?? {})]);
  if (names.size === 0) return [...findings, missing(gate, '', metric, 'by segment the metric')];
  for (const segment of names) {
    const mine = report.segments?.[segment]?.[metric];
    const other = production[segment]?.[metric];
    if (!known(mine)) findings.push(missing(gate, segment, metric, "the candidate's"));
    else if (!known(other)) findings.push(missing(gate, segment, metric, "production's"));
    else if (!enough(mine, spec.minimumExamples ?? MINIMUM_EXAMPLES))
      findings.push(named(gate, segment, true, `not judged: only ${mine.n} examples`));
    else
      findings.push(
        comparison(gate, segment, metric, direction, difference(mine, other, pairs?.[segment]), {
          tolerance: spec.segmentTolerance ?? spec.tolerance,
          confidence,
          mustShow: false,
        }),
      );
  }
  return findings;
}

/** What a gate is called in verdicts. */
export function modelGateName(spec: ModelGate): string {
  switch (spec.kind) {
    case 'threshold':
      return `${spec.metric} ${spec.direction === 'higher' ? '>=' : '<='} ${figure(spec.limit)}`;
    case 'against_production':
      return `${spec.metric} against production`;
    case 'latency':
      return `latency <= ${figure(spec.limitMs)} ms`;
    case 'size':
      return `size <= ${figure(spec.limitBytes)} bytes`;
  }
}

function judgeOne(spec: ModelGate, subject: ModelGateSubject): ModelGateFinding[] {
  const gate = modelGateName(spec);
  const { report } = subject;
  if (spec.kind === 'size') {
    const reported = report?.metrics.size_bytes;
    const bytes = known(reported) ? reported.value : subject.bytes;
    return [named(gate, '', bytes <= spec.limitBytes, `${bytes} bytes, at most ${spec.limitBytes}`)];
  }
  if (report === undefined)
    return [named(gate, '', false, 'no evaluation arrived: a figure that nobody measured passes no gate')];
  if (spec.kind === 'threshold') return judgeThreshold(gate, spec, report);
  if (spec.kind === 'against_production') return judgeAgainst(gate, spec, report, subject.productionExists);
  const metric = spec.metric ?? 'latency_ms';
  const latency = report.metrics[metric];
  if (!known(latency)) return [missing(gate, '', metric, 'the metric')];
  return [threshold(gate, '', latency, { metric, direction: 'lower', limit: spec.limitMs })];
}

/** Judges a candidate at its gates. All are judged, so that one look shows everything that is wrong. */
export function judgeModelGates(specs: readonly ModelGate[], subject: ModelGateSubject): ModelGateVerdict {
  const findings = specs.flatMap((spec) => judgeOne(spec, subject));
  const failed = findings.find((finding) => !finding.passed);
  if (failed === undefined) {
    const count = specs.length === 0 ? 'no gates' : `all ${specs.length} gates passed`;
    return { passed: true, findings, reason: count };
  }
  const where = failed.segment === '' ? '' : ` in segment ${failed.segment}`;
  return { passed: false, findings, reason: `${failed.gate}${where}: ${failed.reason}` };
}

/**
 * Whether the gates stand at a checkpoint: where its step reaches or passes a multiple of `span` (checkpoint interval ×
 * checkpoints between gates) that the checkpoint before it had not reached. By step and not by count, so that a run that was
 * resumed stands before the same gates as an unbroken one; never at step 0.
 * @param previous step of the checkpoint before; 0 for none
 * @param span 0 for no gates on the way
 */
export function modelGateDue(step: number, previous: number, span: number): boolean {
  return span > 0 && Math.floor(step / span) > Math.floor(Math.min(previous, step) / span);
}
