import type { ModelGate } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { RawTraining } from '../schema/training.ts';
import type { ModelSource, TrainingConfig } from '../service-config.ts';
import type { Scope } from './scope.ts';

function gateOf(raw: RawTraining['gates'][number]): ModelGate {
  switch (raw.kind) {
    case 'latency':
      return { kind: 'latency', limitMs: raw.limit, metric: raw.metric };
    case 'size':
      return { kind: 'size', limitBytes: raw.limit };
    default: {
      const { each_segment: eachSegment, minimum_examples: minimumExamples, confidence } = raw;
      const { metric, direction } = raw;
      const common = { metric, direction, eachSegment, confidence, minimumExamples };
      return raw.kind === 'threshold'
        ? { kind: 'threshold', limit: raw.limit, ...common }
        : {
            kind: 'against_production',
            tolerance: raw.tolerance,
            segmentTolerance: raw.segment_tolerance,
            ...common,
          };
    }
  }
}

/** How versions of a model come into service. Only a module can be given other weights. */
export function resolveTraining(
  raw: RawTraining,
  source: ModelSource,
  objectives: readonly string[] | undefined,
  at: readonly PathStep[],
  scope: Scope,
): TrainingConfig | undefined {
  if (source.kind !== 'module') {
    scope.fail(at, 'only a module is given the weights of another version', undefined, 'key');
    return undefined;
  }
  const { canary, retrain } = raw;
  if (objectives !== undefined) {
    for (const [i, name] of (canary.objectives ?? []).entries())
      scope.reference([...at, 'canary', 'objectives', i], name, objectives, 'objective');
  }
  if (canary.timeout < canary.soak) scope.fail([...at, 'canary', 'timeout'], 'is shorter than soak');
  return {
    weights: raw.weights,
    artifact: raw.artifact,
    automatic: raw.automatic,
    gates: raw.gates.map(gateOf),
    canary: {
      share: canary.share,
      tolerance: canary.tolerance,
      minimum: canary.minimum,
      soakMs: canary.soak,
      timeoutMs: canary.timeout,
      objectives: canary.objectives,
    },
    retrain:
      retrain === undefined
        ? undefined
        : {
            command: retrain.command,
            cwd: scope.file([...at, 'retrain'], '.'),
            everyMs: retrain.every,
            timeoutMs: retrain.timeout,
          },
  };
}
