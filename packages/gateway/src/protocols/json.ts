import { type Answer, EvenkeelError } from '@evenkeel/core';

/** The body of `POST /v1/predict/:service` is the input itself. @throws EvenkeelError bad_request */
export function decodeJson(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new EvenkeelError(
    'bad_request',
    `the body is ${Array.isArray(body) ? 'a list' : typeof body}: expected an object, the input`,
  );
}

/** The model's own answer, and beside it how it came about. */
export function encodeJson(requestId: string, answer: Extract<Answer, { outcome: 'served' }>): unknown {
  const { prediction, features } = answer;
  if (prediction.kind === 'stream') throw new EvenkeelError('internal', 'a stream has no JSON form');
  return {
    request_id: requestId,
    prediction: prediction.output,
    level: answer.level,
    rung: answer.rung,
    reason: answer.reason,
    quality_impact: answer.qualityImpact,
    model: prediction.model,
    version: prediction.version,
    confidence: prediction.confidence,
    feature_age_s: features === undefined ? undefined : Math.round(features.ageMs) / 1000,
  };
}
