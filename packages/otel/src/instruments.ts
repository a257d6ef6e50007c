import type { RequestRecord, Step } from '@evenkeel/core';
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { type HistogramCell, histogram, type SumCell, sum } from './aggregate.ts';
import { generativeOperation, type ProviderOf, present, serverAttributes } from './gen-ai.ts';

/** Bounds that the conventions advise for durations, and for tokens. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];
/** Ages reach further than answers take: a week. */
const AGES = [0.1, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 604_800];

/** Combinations of service, level, error, operation and model that are told apart, at most. */
const MOST_COMBINATIONS = 2_000;
/** Rungs of a combination. */
const MOST_RUNGS = 64;
/** What the SDKs put in the place of attributes beyond their limit. */
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };
const BETWEEN = '\u0000';

/** The series of one combination. */
interface Combination {
  readonly requests: SumCell;
  readonly duration: HistogramCell;
  readonly featureAge: HistogramCell;
  readonly rungs: Map<string, Map<Step['outcome'], SumCell>>;
  readonly generative: Generative | undefined;
}

interface Generative {
  readonly server: HistogramCell;
  readonly firstToken: HistogramCell;
  readonly perToken: HistogramCell;
  readonly client: HistogramCell;
  readonly input: HistogramCell;
  readonly output: HistogramCell;
}

/** OpenTelemetry's metrics of requests: `gen_ai.*` where they apply, `evenkeel.*` for all. */
export interface Instruments {
  /** Counts a finished request; live ones only. */
  onRecord(record: RequestRecord): void;
  /** All metrics since `start`. */
  collect(start: HrTime, end: HrTime): MetricData[];
}

export function createInstruments(providerOf: ProviderOf): Instruments {
  const seconds = (name: string, description: string, bounds: readonly number[] = SECONDS) =>
    histogram({ name, unit: 's', description }, bounds);
  const requests = sum({
    name: 'evenkeel.requests',
    unit: '{request}',
    description: 'Finished live requests by the level that they were served at.',
  });
  const attempts = sum({
    name: 'evenkeel.rung.attempts',
    unit: '{attempt}',
    description: 'What became of each rung for each live request.',
  });
  const duration = seconds('evenkeel.request.duration', 'Time from arrival to the end of the answer.');
  const featureAge = seconds('evenkeel.feature.age', 'Age of the oldest feature answered with.', AGES);
  const server = seconds('gen_ai.server.request.duration', 'Generative AI server request duration.');
  const firstToken = seconds('gen_ai.server.time_to_first_token', 'Time to generate the first token.');
  const perToken = seconds('gen_ai.server.time_per_output_token', 'Time per output token after the first.');
  const client = seconds('gen_ai.client.operation.duration', 'Duration of a call to a model.');
  const tokens = histogram(
    { name: 'gen_ai.client.token.usage', unit: '{token}', description: 'Number of tokens used.' },
    TOKENS,
  );
  const all = [requests, duration, attempts, featureAge, server, firstToken, perToken, client, tokens];
  const combinations = new Map<string, Combination>();

  function generativeOf(record: RequestRecord, overflowing: boolean): Generative | undefined {
    const operation = generativeOperation(record);
    if (operation === undefined) return undefined;
    const serverSide = overflowing ? OVERFLOW : serverAttributes(record, operation, providerOf);
    const clientSide = overflowing
      ? OVERFLOW
      : present({
          'gen_ai.operation.name': operation,
          'gen_ai.provider.name': providerOf(record.model),
          'gen_ai.request.model': record.model,
          'gen_ai.response.model': record.model,
        });
    return {
      server: server.cell(serverSide),
      firstToken: firstToken.cell(serverSide),
      perToken: perToken.cell(serverSide),
      client: client.cell(clientSide),
      input: tokens.cell({ ...clientSide, 'gen_ai.token.type': 'input' }),
      output: tokens.cell({ ...clientSide, 'gen_ai.token.type': 'output' }),
    };
  }

  function combinationOf(record: RequestRecord): Combination {
    const { service, level, error, operation, model } = record;
    const key = `${service}${BETWEEN}${level}${BETWEEN}${error}${BETWEEN}${operation}${BETWEEN}${model}`;
    const known = combinations.get(key);
    if (known !== undefined) return known;
    const overflowing = combinations.size >= MOST_COMBINATIONS;
    // One for generative requests and one for the others.
    const shared = overflowing ? `${BETWEEN}${generativeOperation(record) !== undefined}` : key;
    const made = combinations.get(shared) ?? {
      requests: requests.cell(
        overflowing
          ? OVERFLOW
          : present({ 'evenkeel.service': service, 'evenkeel.level': level, 'error.type': error }),
      ),
      duration: duration.cell(
        overflowing ? OVERFLOW : { 'evenkeel.service': service, 'evenkeel.level': level },
      ),
      featureAge: featureAge.cell(overflowing ? OVERFLOW : { 'evenkeel.service': service }),
      rungs: new Map(),
      generative: generativeOf(record, overflowing),
    };
    combinations.set(shared, made);
    return made;
  }

  function attemptCell(service: string, { rungs }: Combination, { rung, outcome }: Step): SumCell {
    let outcomes = rungs.get(rung);
    if (outcomes === undefined) {
      if (rungs.size >= MOST_RUNGS) return attempts.cell(OVERFLOW);
      outcomes = new Map();
      rungs.set(rung, outcomes);
    }
    let cell = outcomes.get(outcome);
    if (cell === undefined) {
      cell = attempts.cell({
        'evenkeel.service': service,
        'evenkeel.rung': rung,
        'evenkeel.step.outcome': outcome,
      });
      outcomes.set(outcome, cell);
    }
    return cell;
  }

  function countGenerative(record: RequestRecord, cells: Generative): void {
    const { firstChunkMs, inputTokens, outputTokens } = record;
    cells.server.record(record.durationMs / 1_000);
    if (firstChunkMs !== undefined) {
      cells.firstToken.record(firstChunkMs / 1_000);
      const more = (outputTokens ?? 0) - 1;
      if (more > 0) cells.perToken.record((record.durationMs - firstChunkMs) / more / 1_000);
    }
    const last = record.steps.at(-1);
    if (last?.outcome !== 'answered') return;
    cells.client.record(last.durationMs / 1_000);
    if (inputTokens !== undefined) cells.input.record(inputTokens);
    if (outputTokens !== undefined) cells.output.record(outputTokens);
  }

  return {
    onRecord(record) {
      if (record.kind !== 'live') return;
      const cells = combinationOf(record);
      cells.requests.value += 1;
      cells.duration.record(record.durationMs / 1_000);
      for (const step of record.steps) attemptCell(record.service, cells, step).value += 1;
      const age = record.features?.ageMs;
      if (age !== undefined && record.error === undefined) cells.featureAge.record(age / 1_000);
      if (cells.generative !== undefined) countGenerative(record, cells.generative);
    },
    collect: (start, end) =>
      all.flatMap((one) => {
        const data = one.data(start, end);
        return data === undefined ? [] : [data];
      }),
  };
}
