import type { MonitorConfig, MonitorSource, MonitorsConfig } from '@evenkeel/config';
import {
  countAnswer,
  createAnswerCounts,
  createMonitor,
  defineMonitor,
  loadReference,
  type Monitor,
  type MonitorDefinition,
  type SeenRequest,
  saveAnswers,
} from '@evenkeel/core';

/** What the control plane has learned and replicas count against. */
export interface MonitorReference {
  readonly monitor: string;
  readonly segment: string;
  readonly reference: unknown;
}

/** The monitors of one service at this replica. */
export interface ServiceMonitors {
  /** On the serving path: a search and a count for each monitor. */
  see(seen: SeenRequest): void;
  take(): Readonly<Record<string, unknown>>;
  /** Answers by bin of their score since the last call; undefined when there were none. */
  answers(): unknown;
  /** Counts against these from now on. What is not a reference is left out, and named. */
  use(references: readonly MonitorReference[]): readonly string[];
}

/** The same definitions on both sides: what a replica counts, a board reads. */
export function monitorDefinition(config: MonitorConfig): MonitorDefinition {
  const { name, role, kind, worse, learn, minimum, maxAgeMs, maxSegments, baseline } = config;
  return defineMonitor({
    name,
    role,
    kind,
    worse,
    learn,
    minimum,
    maxAgeMs,
    maxSegments,
    baseline: baseline.kind === 'given' ? { kind: 'given' } : baseline,
  });
}

function pathReader(path: string): (value: unknown) => unknown {
  const steps = path.split('.');
  return (value) => {
    let found: unknown = value;
    for (const step of steps) {
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
      found = Reflect.get(found, step);
    }
    return found;
  };
}

/** How a monitor reads its value. Failed requests have none: their share is an objective's business, not drift. */
function readerOf(source: MonitorSource): (seen: SeenRequest) => unknown {
  switch (source.from) {
    case 'score':
      return ({ record }) => record.score;
    case 'confidence':
      return ({ record }) => record.confidence;
    case 'label':
      return ({ record }) => record.label;
    case 'level':
      return ({ record }) => record.level;
    case 'input_tokens':
      return ({ record }) => record.inputTokens;
    case 'output_tokens':
      return ({ record }) => record.outputTokens;
    case 'feature':
      return ({ features }) => features?.[source.name];
    case 'input': {
      const read = pathReader(source.path);
      return ({ input }) => read(input);
    }
  }
}

function segmentReader(
  by: MonitorsConfig['segmentBy'],
): ((seen: SeenRequest) => string | undefined) | undefined {
  switch (by) {
    case undefined:
      return undefined;
    case 'tenant':
      return ({ record }) => `tenant=${record.tenant}`;
    case 'tier':
      return ({ tier }) => (tier === undefined ? undefined : `tier=${tier}`);
    case 'model':
      return ({ record }) => (record.model === undefined ? undefined : `model=${record.model}`);
    case 'version':
      return ({ record }) =>
        record.version === undefined ? undefined : `version=${record.model ?? ''}@${record.version}`;
    case 'level':
      return ({ record }) => `level=${record.level}`;
  }
}

export function serviceMonitors(config: MonitorsConfig): ServiceMonitors {
  const segment = segmentReader(config.segmentBy);
  const monitors: {
    readonly monitor: Monitor<SeenRequest>;
    readonly prediction: boolean;
    readonly feature: boolean;
  }[] = config.monitors.map((one) => ({
    monitor: createMonitor(monitorDefinition(one), {
      value: readerOf(one.source),
      ...(segment === undefined ? {} : { segment }),
    }),
    prediction: one.role !== 'input',
    feature: one.source.from === 'feature',
  }));
  const { positive } = config.estimate;
  let answers = createAnswerCounts();
  let answered = 0;
  const byName = new Map(monitors.map(({ monitor }) => [monitor.definition.name, monitor]));
  return {
    see(seen) {
      const { record, features } = seen;
      if (record.kind !== 'live') return;
      const good = record.error === undefined;
      const probability = positive === undefined ? record.confidence : record.score;
      if (good && record.label !== undefined && probability !== undefined) {
        countAnswer(answers, probability, positive === undefined || record.label === positive);
        answered += 1;
      }
      for (const { monitor, prediction, feature } of monitors) {
        // Rungs that ask for no features did not find them missing, and answers that were not given have no score.
        if ((prediction && !good) || (feature && features === undefined)) continue;
        monitor.observe(seen);
      }
    },
    take() {
      const deltas: Record<string, unknown> = {};
      for (const { monitor } of monitors) {
        const delta = monitor.take();
        if (delta !== undefined) deltas[monitor.definition.name] = delta;
      }
      return deltas;
    },
    answers() {
      if (answered === 0) return undefined;
      const taken = saveAnswers(answers);
      answers = createAnswerCounts();
      answered = 0;
      return taken;
    },
    use(references) {
      const wrong: string[] = [];
      for (const { monitor, segment: part, reference } of references) {
        const known = byName.get(monitor);
        if (known === undefined) continue;
        try {
          known.useBaseline(part, loadReference(reference));
        } catch {
          wrong.push(part === '' ? monitor : `${monitor} (${part})`);
        }
      }
      return wrong;
    },
  };
}
