// What a prediction pays on the serving thread for ten monitored features, through the monitors as they are served. In time of the processor, for the machine may be busy with other things.
const spent = () => process.cpuUsage().user;

export function recording(core) {
  const random = core.seededRandom(1);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const features = 10;
  const monitors = Array.from({ length: features }, (_, f) => {
    const definition = core.defineMonitor({ name: `f${f}`, role: 'input', kind: 'numeric' });
    const monitor = core.createMonitor(definition, { value: (row) => row[f] });
    monitor.useBaseline('', core.numericReference(Array.from({ length: 10_000 }, gaussian)));
    return monitor;
  });
  // Numbers beside a text, as in a parsed request: reading one out of a list of nothing but numbers would allocate it.
  const rows = Array.from({ length: 4096 }, (_, i) => [
    ...Array.from({ length: features }, gaussian),
    `request ${i}`,
  ]);
  const round = () => {
    const started = spent();
    for (const row of rows) for (const monitor of monitors) monitor.observe(row);
    return (spent() - started) / rows.length;
  };
  for (let i = 0; i < 20; i += 1) round();
  for (const monitor of monitors) monitor.take();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const rounds = Array.from({ length: 41 }, round).sort((a, b) => a - b);
  const bytes = (process.memoryUsage().heapUsed - before) / (41 * rows.length * features);
  return {
    features,
    microseconds: rounds[20],
    bytesPerEvent: Math.max(0, bytes),
    spread: [rounds[4], rounds[36]],
  };
}
