import type { Claim, Refusal, Ticket } from '../admission/gate.ts';
import type { EvenkeelError } from '../kernel/errors.ts';
import { cohort } from '../kernel/hash.ts';
import type { ServedLevel } from '../kernel/level.ts';
import type { FeatureStep, RequestRecord, SafetyStep, Step, StepOutcome } from '../telemetry/record.ts';
import type { StreamGaps } from '../telemetry/stream-gaps.ts';
import type { Entrance } from './entry.ts';
import type { FeatureReading } from './features.ts';
import type { Prediction, PredictRequest } from './prediction.ts';
import type { Rung } from './rung.ts';

/** What is known of one request while it walks down the ladder; becomes its record at the end. */
export class Journey {
  readonly request: PredictRequest;
  readonly entrance: Entrance;
  readonly startedAt: number;
  readonly at: number;
  readonly claim: Claim;
  readonly steps: Step[] = [];
  /** The place taken at the gate of the whole service. */
  ticket: Ticket | undefined;
  /** Keys of what was tried already. */
  readonly tried: string[] = [];
  reading: FeatureReading | undefined;
  safety: SafetyStep | undefined;
  /** True once a rung was tried and could not answer: from then on every rung below may be used. */
  broke = false;
  /** The shortest wait that a full gate has asked for. */
  retryAfterMs: number | undefined;
  fullReason: string | undefined;
  lastError: EvenkeelError | undefined;
  firstChunkMs: number | undefined;
  gaps: StreamGaps | undefined;

  constructor(request: PredictRequest, entrance: Entrance, now: number, wall: number) {
    this.request = request;
    this.entrance = entrance;
    this.startedAt = now;
    this.at = wall;
    this.claim = {
      priority: request.priority,
      tenant: request.caller.tenant,
      cohort: cohort(request.caller.user, 'shed'),
      weight: request.weight,
    };
  }

  step(rung: Rung, outcome: StepOutcome, reason: string, startedAt: number, now: number): void {
    this.steps.push({
      rung: rung.name,
      level: rung.level,
      outcome,
      reason,
      startMs: startedAt - this.startedAt,
      durationMs: now - startedAt,
    });
  }

  full(rung: Rung, refusal: Refusal, startedAt: number, now: number): void {
    this.step(rung, 'full', refusal.reason, startedAt, now);
    this.fullReason ??= `${rung.name}: ${refusal.reason}`;
    this.retryAfterMs = Math.min(this.retryAfterMs ?? Number.POSITIVE_INFINITY, refusal.retryAfterMs);
  }

  /** Why the answer of `rung` is not full service: the first thing that went wrong on the way. */
  reasonAt(rung: Rung): string {
    if (rung.level === 'full_service') return 'ok';
    for (const step of this.steps) if (step.outcome !== 'answered') return `${step.rung}: ${step.reason}`;
    return this.entrance.reason;
  }

  record(end: {
    now: number;
    level: ServedLevel;
    rung: Rung | undefined;
    prediction: Prediction | undefined;
    error: EvenkeelError | undefined;
    status: number;
    reason: string;
    outputTokens: number | undefined;
    inputTokens: number | undefined;
    entry: string;
  }): RequestRecord {
    const { request, reading } = this;
    const features: FeatureStep | undefined =
      reading === undefined
        ? undefined
        : {
            source: reading.set?.source ?? 'none',
            reason: reading.reason,
            ageMs: reading.set?.ageMs,
            missing: reading.set?.missing ?? [],
            durationMs: reading.durationMs,
          };
    return {
      id: request.id,
      traceId: request.traceId,
      trace: request.trace,
      service: request.service,
      kind: request.kind,
      at: this.at,
      durationMs: end.now - this.startedAt,
      firstChunkMs: this.firstChunkMs,
      maxGapMs: this.gaps?.maxMs,
      meanGapMs: this.gaps?.meanMs,
      tenant: request.caller.tenant,
      user: request.caller.user,
      priority: request.priority,
      level: end.level,
      rung: end.rung?.name,
      model: end.prediction?.model,
      version: end.prediction?.version,
      confidence: end.prediction?.confidence,
      score: end.prediction?.score,
      label: end.prediction?.label,
      inputTokens: end.inputTokens,
      outputTokens: end.outputTokens,
      status: end.status,
      error: end.error?.code,
      reason: end.reason,
      entry: end.entry,
      entryReason: this.entrance.reason,
      features,
      safety: this.safety,
      steps: this.steps,
    };
  }
}
