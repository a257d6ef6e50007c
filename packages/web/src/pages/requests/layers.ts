import type { RequestWithFacts, StepOutcome } from '../../api/wire.ts';
import { LEVEL_WORDS, plain } from '../../words/levels.ts';
import { spell } from '../../words/time.ts';

/** One layer that a request went through: a line of the waterfall. */
export interface Layer {
  readonly name: string;
  readonly what: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet';
  /** Milliseconds from the start of the request; undefined where only the length is known. */
  readonly startMs: number | undefined;
  readonly durationMs: number;
  readonly why: string;
}

const TONE: Readonly<Record<StepOutcome, Layer['tone']>> = {
  answered: 'good',
  skipped: 'quiet',
  full: 'warn',
  failed: 'bad',
  timed_out: 'bad',
  unsafe: 'bad',
};

/** The way of a request in the order that it went: entry, features, each rung, the safety check, the answer. */
export function layersOf(request: RequestWithFacts): readonly Layer[] {
  const { features, safety, steps } = request;
  const layers: Layer[] = [
    {
      name: 'entry',
      what: request.entry,
      tone: 'quiet',
      startMs: 0,
      durationMs: 0,
      why:
        request.entryReason === 'ok'
          ? 'the highest rung whose dependencies are healthy'
          : request.entryReason,
    },
  ];
  if (features !== undefined) {
    const age = features.ageMs === undefined ? '' : `, ${spell(features.ageMs)} old`;
    const missing = features.missing.length === 0 ? '' : `, missing: ${features.missing.join(', ')}`;
    layers.push({
      name: 'features',
      what: `${features.source}${age}${missing}`,
      tone:
        features.source === 'none' ? 'bad' : features.source === 'online' && missing === '' ? 'good' : 'warn',
      startMs: undefined,
      durationMs: features.durationMs,
      why: features.reason === 'ok' ? '' : features.reason,
    });
  }
  for (const step of steps) {
    layers.push({
      name: step.rung,
      what: `${plain(step.outcome)} at ${LEVEL_WORDS[step.level]}`,
      tone: TONE[step.outcome],
      startMs: step.startMs,
      durationMs: step.durationMs,
      why: step.reason === 'ok' ? '' : step.reason,
    });
  }
  if (safety !== undefined) {
    layers.push({
      name: 'safety check',
      what: safety.verdict,
      tone: safety.verdict === 'allow' ? 'good' : 'warn',
      startMs: undefined,
      durationMs: safety.durationMs,
      why: safety.reason === 'ok' ? '' : safety.reason,
    });
  }
  return layers;
}

/** Where a layer lies on the whole, in shares; those whose start is not kept are put where they belong. */
export function placeOf(
  layer: Layer,
  layers: readonly Layer[],
  totalMs: number,
): { left: number; width: number } {
  const whole = Math.max(totalMs, 1e-6);
  let start = layer.startMs;
  if (start === undefined) {
    const answered = layers.findLast(({ startMs, durationMs }) => startMs !== undefined && durationMs > 0);
    start =
      layer.name === 'features'
        ? 0
        : answered === undefined
          ? 0
          : (answered.startMs ?? 0) + answered.durationMs;
  }
  const left = Math.min(1, Math.max(0, start / whole));
  return { left, width: Math.min(1 - left, Math.max(0, layer.durationMs / whole)) };
}
