// CPU that recording one request takes on the serving thread: sampler, compact row and metrics, alone and together, with a
// flush every 1000 records as a busy second has it. The cases run in a new random order each round; reported are the median
// and the minimum over the rounds. Run: npm run build && node --expose-gc bench/telemetry.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compactBuffer, createSampler, redact } from '../packages/core/dist/index.js';
import { createMetrics } from '../packages/gateway/dist/index.js';
import { createOtel } from '../packages/otel/dist/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const RECORDS = Number(process.env.RECORDS ?? 100_000);
const ROUNDS = Number(process.env.ROUNDS ?? 15);
const FLUSH = 1_000;
const clock = { now: () => performance.now(), wall: () => Date.now() };

/** Records as a gateway has them: most undisturbed, some degraded, shed or failed; every tenth belongs to a trace. */
function recordsOf(count) {
  const made = [];
  for (let i = 0; i < count; i++) {
    const shed = i % 40 === 7;
    const failed = i % 200 === 3;
    const degraded = i % 20 === 5;
    const error = shed ? 'shed' : failed ? 'exhausted' : undefined;
    const level = error !== undefined ? 'failed' : degraded ? 'simpler_model' : 'full_service';
    const small = {
      rung: 'small',
      level: 'simpler_model',
      outcome: 'answered',
      reason: 'ok',
      startMs: 51,
      durationMs: 5,
    };
    const large = {
      rung: 'large',
      level: 'full_service',
      outcome: degraded || failed ? 'timed_out' : 'answered',
      reason: 'ok',
      startMs: 1,
      durationMs: 10,
    };
    made.push({
      id: `req-01jq2v3k4m${i.toString(32).padStart(4, '0')}a1b2c3`,
      traceId: i % 10 === 0 ? (i + 2 ** 40).toString(16).padStart(32, '0') : undefined,
      service: i % 3 === 0 ? 'fraud' : 'search',
      kind: 'live',
      at: 1_767_225_600_000 + i,
      durationMs: 5 + ((i * 7919) % 400) / 10,
      firstChunkMs: undefined,
      tenant: `tenant-${i % 50}`,
      user: `user-${i % 1_000}`,
      priority: i % 4,
      level,
      rung: error === undefined ? (degraded ? 'small' : 'large') : undefined,
      model: error === undefined ? (degraded ? 'tiny' : 'ranker') : undefined,
      version: error === undefined ? '3' : undefined,
      confidence: error === undefined ? 0.9 : undefined,
      score: error === undefined ? 0.7 : undefined,
      label: error === undefined ? 'ok' : undefined,
      inputTokens: error === undefined ? 120 : undefined,
      outputTokens: error === undefined ? 40 : undefined,
      status: shed ? 429 : failed ? 503 : 200,
      error,
      reason: shed ? 'service: too full for class 3' : 'ok',
      entry: 'large',
      entryReason: 'ok',
      features: shed ? undefined : { source: 'online', reason: 'ok', ageMs: 900, missing: [], durationMs: 2 },
      safety: error === undefined ? { verdict: 'allow', reason: 'ok', durationMs: 1 } : undefined,
      steps: shed ? [] : degraded ? [large, small] : [large],
    });
  }
  return made;
}

const records = recordsOf(RECORDS);

function everything() {
  const sampler = createSampler({}, { clock, random: Math.random });
  const compact = compactBuffer();
  const metrics = createMetrics({
    version: 'bench',
    services: () => [],
    thresholds: { latencyMs: [40], featureAgeMs: [] },
  });
  return { sampler, compact, metrics };
}

function run(each, flush, end) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  for (let i = 0; i < records.length; i++) {
    each(records[i]);
    if (i % FLUSH === FLUSH - 1) flush();
  }
  const { user, system } = process.cpuUsage(before);
  end();
  return (user + system) / records.length;
}

const none = () => {};
const CASES = {
  'an empty listener': () => run(none, none, none),
  sampler: () => {
    const { sampler, metrics } = everything();
    metrics.close();
    return run(sampler.offer, () => sampler.take(), none);
  },
  'compact row': () => {
    const { compact, metrics } = everything();
    metrics.close();
    return run(compact.push, () => compact.take(), none);
  },
  metrics: () => {
    const { metrics } = everything();
    return run(metrics.onRecord, none, metrics.close);
  },
  'all three': () => {
    const { sampler, compact, metrics } = everything();
    return run(
      (record) => {
        sampler.offer(record);
        compact.push(record);
        metrics.onRecord(record);
      },
      () => {
        sampler.take();
        compact.take();
      },
      metrics.close,
    );
  },
};
/** Only where OpenTelemetry is used. Nothing is sent: the timers never fire. */
const otelCase = (listen) => () => {
  const otel = createOtel({ endpoint: 'http://127.0.0.1:9' }, { clock, timers: { after: () => none } });
  return run(listen(otel), none, none);
};
CASES['OpenTelemetry metrics, where used'] = otelCase((otel) => otel.onRecord);
CASES['OpenTelemetry trace queued, per kept record'] = otelCase((otel) => {
  const kept = [undefined];
  return (record) => {
    kept[0] = { record, weight: 1, kept: 'random' };
    otel.onKept(kept);
  };
});
const AIMS = { metrics: 3, 'all three': 15 };

const figures = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
for (let round = 0; round < ROUNDS + 2; round++) {
  const order = Object.keys(CASES).sort(() => Math.random() - 0.5);
  for (const name of order) {
    const figure = CASES[name]();
    // Two rounds for the compiler.
    if (round >= 2) figures[name].push(figure);
  }
}
const sorted = (values) => values.toSorted((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];

// What is asked for now and then, and not per request.
const { metrics } = everything();
for (const record of records) metrics.onRecord(record);
/** CPU of one call in µs, the mean of many. */
async function cpuOf(times, call) {
  await call();
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
let size = 0;
const scrape = await cpuOf(50, async () => {
  size = (await metrics.expose(undefined)).body.length;
});
metrics.close();
const payload = {
  messages: [
    {
      role: 'user',
      content: `please write to ada@example.com about ${'the weather and other things '.repeat(30)}`,
    },
  ],
};
const redaction = await cpuOf(5_000, () => redact(payload));

const rows = Object.entries(figures).map(([name, cpu]) => ({
  name,
  cpu: median(cpu),
  least: Math.min(...cpu),
}));
const text = `# What recording one request costs

\`npm run build && node --expose-gc bench/telemetry.mjs\`: Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${ROUNDS} rounds in random
order, ${RECORDS} records each, drained every ${FLUSH}. CPU of the whole process, garbage collection included, in µs per record.

| case | CPU, median | CPU, least | aim |
|---|---|---|---|
${rows.map(({ name, cpu, least }) => `| ${name} | ${cpu.toFixed(2)} | ${least.toFixed(2)} | ${AIMS[name] === undefined ? '' : `≤ ${AIMS[name]}`} |`).join('\n')}

Not per request: a scrape of two services (${(size / 1_024).toFixed(0)} KB) takes ${(scrape / 1_000).toFixed(1)} ms of CPU; redacting a payload of 900 characters,
which is off unless switched on, ${redaction.toFixed(0)} µs.
`;
console.log(text);
mkdirSync(join(here, 'results'), { recursive: true });
writeFileSync(join(here, 'results', 'telemetry.md'), text);
for (const { name, cpu } of rows) {
  if (AIMS[name] !== undefined && cpu > AIMS[name]) {
    console.error(`${name}: ${cpu.toFixed(2)} µs is over the aim of ${AIMS[name]}`);
    process.exitCode = 1;
  }
}
