import type { RequestRecord } from '@evenkeel/core';
import type { Attributes, Meter } from '@opentelemetry/api';
import { generativeOperation, type ProviderOf, present, serverAttributes } from './gen-ai.ts';

/** Bounds that the conventions advise for durations, and for tokens. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];

function seconds(meter: Meter, name: string, description: string): ReturnType<Meter['createHistogram']> {
  return meter.createHistogram(name, {
    unit: 's',
    description,
    advice: { explicitBucketBoundaries: SECONDS },
  });
}

/** Counts finished live requests into OpenTelemetry's metrics: `gen_ai.*` where they apply, `evenkeel.*` for all. */
export function createInstruments(meter: Meter, providerOf: ProviderOf): (record: RequestRecord) => void {
  const requests = meter.createCounter('evenkeel.requests', {
    unit: '{request}',
    description: 'Finished live requests by the level that they were served at.',
  });
  const duration = seconds(meter, 'evenkeel.request.duration', 'Time from arrival to the end of the answer.');
  const attempts = meter.createCounter('evenkeel.rung.attempts', {
    unit: '{attempt}',
    description: 'What became of each rung for each live request.',
  });
  const featureAge = seconds(
    meter,
    'evenkeel.feature.age',
    'Age of the oldest feature that was answered with.',
  );
  const serverDuration = seconds(
    meter,
    'gen_ai.server.request.duration',
    'Generative AI server request duration.',
  );
  const firstToken = seconds(meter, 'gen_ai.server.time_to_first_token', 'Time to generate the first token.');
  const perToken = seconds(
    meter,
    'gen_ai.server.time_per_output_token',
    'Time per output token after the first.',
  );
  const clientDuration = seconds(meter, 'gen_ai.client.operation.duration', 'Duration of a call to a model.');
  const tokens = meter.createHistogram('gen_ai.client.token.usage', {
    unit: '{token}',
    description: 'Number of input and output tokens used.',
    advice: { explicitBucketBoundaries: TOKENS },
  });

  function countGenerative(record: RequestRecord, operation: 'chat' | 'embeddings'): void {
    const server = serverAttributes(record, operation, providerOf);
    serverDuration.record(record.durationMs / 1_000, server);
    if (record.firstChunkMs !== undefined) {
      firstToken.record(record.firstChunkMs / 1_000, server);
      const more = (record.outputTokens ?? 0) - 1;
      if (more > 0) perToken.record((record.durationMs - record.firstChunkMs) / more / 1_000, server);
    }
    const last = record.steps.at(-1);
    if (last?.outcome !== 'answered') return;
    const client: Attributes = present({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': providerOf(record.model),
      'gen_ai.request.model': record.model,
      'gen_ai.response.model': record.model,
    });
    clientDuration.record(last.durationMs / 1_000, client);
    if (record.inputTokens !== undefined)
      tokens.record(record.inputTokens, { ...client, 'gen_ai.token.type': 'input' });
    if (record.outputTokens !== undefined)
      tokens.record(record.outputTokens, { ...client, 'gen_ai.token.type': 'output' });
  }

  return (record) => {
    if (record.kind !== 'live') return;
    const { service, level } = record;
    requests.add(
      1,
      present({ 'evenkeel.service': service, 'evenkeel.level': level, 'error.type': record.error }),
    );
    duration.record(record.durationMs / 1_000, { 'evenkeel.service': service, 'evenkeel.level': level });
    for (const { rung, outcome } of record.steps) {
      attempts.add(1, {
        'evenkeel.service': service,
        'evenkeel.rung': rung,
        'evenkeel.step.outcome': outcome,
      });
    }
    const age = record.features?.ageMs;
    if (age !== undefined && record.error === undefined)
      featureAge.record(age / 1_000, { 'evenkeel.service': service });
    const operation = generativeOperation(record);
    if (operation !== undefined) countGenerative(record, operation);
  };
}
