import type { TrainingFault, TrainingLimits } from '@evenkeel/core';
import type { Usage } from './processes.ts';

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

/** What a trainer uses beyond its limits; it is only measured where there is a limit. */
export function usageFault(
  limits: TrainingLimits,
  measure: () => Usage | undefined,
): TrainingFault | undefined {
  const { memoryBytes, cpuMs } = limits;
  if (memoryBytes === undefined && cpuMs === undefined) return undefined;
  const usage = measure();
  if (usage === undefined) return undefined;
  const { residentBytes, processes } = usage;
  if (memoryBytes !== undefined && residentBytes > memoryBytes)
    return {
      kind: 'memory',
      reason: `${residentBytes} bytes of memory in ${processes} processes, ${memoryBytes} are allowed`,
    };
  if (cpuMs !== undefined && usage.cpuMs > cpuMs)
    return { kind: 'cpu', reason: `${seconds(usage.cpuMs)} s of CPU time, ${seconds(cpuMs)} s are allowed` };
  return undefined;
}

export function diskFault(bytes: number, most: number): TrainingFault | undefined {
  if (bytes <= most) return undefined;
  return { kind: 'disk', reason: `${bytes} bytes in the run's directory, ${most} are allowed` };
}
