import { gaussian } from './streams.mjs';

// What a prediction pays on the serving thread, and what a tick costs off it.
export function recordingCost(core) {
  const random = core.seededRandom(1);
  const next = gaussian(random);
  const features = 10;
  const reference = Array.from({ length: features }, () =>
    core.numericReference(Array.from({ length: 10_000 }, next)),
  );
  const sketches = reference.map((r) => core.createSketch(r));
  const size = 1 << 14;
  const values = Float64Array.from({ length: size * features }, next);
  const round = () => {
    const started = performance.now();
    for (let i = 0; i < size; i += 1) {
      for (let f = 0; f < features; f += 1) core.recordNumber(sketches[f], values[i * features + f]);
    }
    return ((performance.now() - started) * 1000) / size;
  };
  for (let i = 0; i < 10; i += 1) round();
  const rounds = Array.from({ length: 41 }, round).sort((a, b) => a - b);
  const recordUs = rounds[20];

  const tables = core.driftTables(reference[0]);
  const detector = core.createDriftDetector(tables);
  const ticks = Array.from({ length: 512 }, () => {
    const tick = core.createSketch(reference[0]);
    for (let i = 0; i < 8; i += 1) core.recordNumber(tick, next());
    return tick;
  });
  const tickRound = () => {
    const started = performance.now();
    for (const tick of ticks) detector.advance(tick);
    return ((performance.now() - started) * 1000) / ticks.length;
  };
  for (let i = 0; i < 20; i += 1) tickRound();
  const tickUs = Array.from({ length: 21 }, tickRound).sort((a, b) => a - b)[10];

  const monitors = 5000;
  for (let i = 0; i < 4; i += 1) globalThis.gc?.();
  globalThis.gc?.();
  const before = process.memoryUsage();
  const kept = Array.from({ length: monitors }, () => core.createDriftDetector(tables));
  globalThis.gc?.();
  const after = process.memoryUsage();
  const bytes = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / kept.length;
  const figures = {
    features,
    recordUs,
    tickUs,
    bytesPerMonitor: Math.round(bytes),
    alternatives: tables.movements.length,
  };
  const text = `Ten features of one prediction recorded: ${recordUs.toFixed(2)} µs (median of 41 rounds of ${size} predictions). One tick of 8 events for one monitor, off the path: ${tickUs.toFixed(1)} µs.
Memory of one monitor beside the shared tables: ${figures.bytesPerMonitor} bytes.`;
  return { figures, text };
}
