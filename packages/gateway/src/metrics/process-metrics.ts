import { monitorEventLoopDelay } from 'node:perf_hooks';
import { counterFamily, type Family, gaugeFamily } from './family.ts';

/** What the process takes, by the names that Prometheus' client libraries use. */
export interface ProcessMetrics {
  readonly families: readonly Family[];
  update(): void;
  /** Ends the watch over the event loop. */
  close(): void;
}

export function processMetrics(version: string): ProcessMetrics {
  const cpu = counterFamily('process_cpu_seconds_total', 'User and system time, all threads.');
  const memory = gaugeFamily('process_resident_memory_bytes', 'Resident memory.');
  const started = gaugeFamily('process_start_time_seconds', 'Start of the process, Unix time.');
  const heap = gaugeFamily('nodejs_heap_size_used_bytes', 'JavaScript heap in use.');
  const lag = gaugeFamily(
    'nodejs_eventloop_lag_p99_seconds',
    'Delay of the event loop since the scrape before, 99 of 100 turns.',
  );
  const build = gaugeFamily('evenkeel_build_info', 'Version that runs.', ['version']);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  build.cell(version).value = 1;
  started.cell().value = Date.now() / 1_000 - process.uptime();
  return {
    families: [cpu, memory, started, heap, lag, build],
    update() {
      const { user, system } = process.cpuUsage();
      cpu.cell().value = (user + system) / 1e6;
      const used = process.memoryUsage();
      memory.cell().value = used.rss;
      heap.cell().value = used.heapUsed;
      // The histogram counts from one beat to the next, 20 ms: what is beyond is delay.
      const p99 = delay.percentile(99) / 1e9;
      lag.cell().value = Number.isFinite(p99) ? Math.max(0, p99 - 0.02) : 0;
      delay.reset();
    },
    close: () => delay.disable(),
  };
}
