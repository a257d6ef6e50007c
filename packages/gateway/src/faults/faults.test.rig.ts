import {
  type Caller,
  type Directive,
  type Fault,
  type FaultSpec,
  type PredictRequest,
  type RequestRecord,
  seededRandom,
} from '@evenkeel/core';
import type { ActiveFault } from './active-fault.ts';

export function fault(spec: FaultSpec, radius: Partial<Fault['radius']> = {}): Fault {
  return { spec, radius: { share: 1, cohort: 'test', tenants: [], priorities: [], ...radius } };
}

export function active(
  spec: FaultSpec,
  radius: Partial<Fault['radius']> = {},
): ActiveFault & { hits: number } {
  const one = {
    id: `d-${spec.type}`,
    fault: fault(spec, radius),
    hits: 0,
    struck: (n: number): void => {
      one.hits += n;
    },
  };
  return one;
}

export function directive(id: string, spec: FaultSpec, radius: Partial<Fault['radius']> = {}): Directive {
  return {
    id,
    service: 'mail',
    order: { kind: 'fault', fault: fault(spec, radius) },
    owner: 'test',
    reason: 'to see',
    createdAt: 0,
    expiresAt: 0,
  };
}

export function request(part: Partial<PredictRequest> & { caller?: Caller } = {}): PredictRequest {
  return {
    id: 'r-1',
    service: 'mail',
    input: { text: 'hello', subject: 'hi' },
    caller: { tenant: 'acme', user: 'u-1', tier: undefined },
    priority: 2,
    deadlineMs: 500,
    weight: 1,
    stream: false,
    signal: undefined,
    traceId: undefined,
    kind: 'live',
    ...part,
  };
}

export function record(part: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'r-1',
    traceId: undefined,
    service: 'mail',
    kind: 'live',
    at: 0,
    durationMs: 20,
    firstChunkMs: undefined,
    tenant: 'acme',
    user: 'u-1',
    priority: 2,
    level: 'full_service',
    rung: 'primary',
    model: 'primary',
    version: '1',
    confidence: undefined,
    score: undefined,
    label: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    status: 200,
    error: undefined,
    reason: 'ok',
    entry: 'primary',
    entryReason: 'ok',
    features: undefined,
    safety: undefined,
    steps: [],
    ...part,
  };
}

export const random = (): (() => number) => seededRandom(7);
