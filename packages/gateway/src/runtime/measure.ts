import type { ServiceConfig } from '@evenkeel/config';
import {
  compactBuffer,
  createSampler,
  objectiveRecorder,
  type RecordedObjective,
  type ServedLevel,
  segmentNames,
  segmentsOf,
  trafficMeter,
} from '@evenkeel/core';
import { pulseMeter } from '../faults/index.ts';
import type { Host } from './host.ts';
import { serviceMonitors } from './monitors.ts';
import type { Measure } from './reporter.ts';

/** What measures one service: events of its objectives, a row for every request, the sampled records. */
export function measureOf(
  config: Pick<ServiceConfig, 'name' | 'objectives' | 'monitors' | 'deadlineMs'>,
  host: Host,
  onJudged: (service: string, objective: string, verdict: 'good' | 'bad') => void,
): Measure {
  const recorded = config.objectives.flatMap((objective): RecordedObjective[] =>
    objective.source.kind === 'requests'
      ? [
          {
            name: objective.name,
            indicator: objective.source.indicator,
            segments: segmentsOf(objective.segments, segmentNames(objective.segments ?? [])),
          },
        ]
      : [],
  );
  const recorder = objectiveRecorder(recorded, (objective, verdict) =>
    onJudged(config.name, objective, verdict),
  );
  const rows = compactBuffer();
  const sampler = createSampler({}, host);
  const traffic = trafficMeter();
  const pulse = pulseMeter(config.deadlineMs);
  const monitors = serviceMonitors(config.monitors);
  let served: Partial<Record<ServedLevel, number>> = {};
  return {
    record(record) {
      if (record.kind !== 'live') return;
      recorder.record(record);
      rows.push(record);
      sampler.offer(record);
      traffic.record(record);
      pulse.record(record);
      served[record.level] = (served[record.level] ?? 0) + 1;
    },
    objectives: recorder.take,
    served() {
      const taken = served;
      served = {};
      return taken;
    },
    traffic: traffic.take,
    pulse: pulse.take,
    see: monitors.see,
    monitors: monitors.take,
    answers: monitors.answers,
    useReferences: monitors.use,
    rows: () => rows.take(),
    dropped: rows.dropped,
    samples: sampler.take,
  };
}
