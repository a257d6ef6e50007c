import { type RequestRecord, redactText } from '@evenkeel/core';
import type { Log } from './log.ts';

export interface PredictionLogOptions {
  /** One line for this many answers. Default 100; 0: none. */
  readonly every?: number | undefined;
  /**
   * Lines per second of one error code (default 10): an overload or a dead model must not fill the disk. What is left out
   * is counted in the next line as `unlogged`.
   */
  readonly errorsPerSecond?: number | undefined;
}

/** Characters of a label: a class name, unless the model is odd. */
const LONGEST_LABEL = 100;

interface ErrorWindow {
  startedAt: number;
  written: number;
  left: number;
}

function fieldsOf(record: RequestRecord): Record<string, unknown> {
  const { features } = record;
  return {
    request: record.id,
    trace: record.traceId,
    service: record.service,
    tenant: record.tenant,
    priority: record.priority,
    // Not `level`: that is the line's own.
    servedLevel: record.level,
    rung: record.rung,
    model: record.model,
    version: record.version,
    label: record.label === undefined ? undefined : redactText(record.label, LONGEST_LABEL),
    confidence: record.confidence,
    latencyMs: Math.round(record.durationMs * 10) / 10,
    featureAgeMs: features?.ageMs,
    featureSource: features?.source,
    reason: record.reason,
  };
}

/**
 * Writes sampled prediction lines and errors: a listener for the records of services. The sample is every n-th answer of a
 * service, so that a line stands for n; degraded ones are warnings. Errors of ours are errors, those that the caller made
 * or that load made are warnings. Only labels and numbers are written, never what came in or went out.
 */
export function predictionLog(log: Log, options: PredictionLogOptions = {}): (record: RequestRecord) => void {
  const every = Math.max(0, Math.floor(options.every ?? 100));
  const mostErrors = Math.max(1, options.errorsPerSecond ?? 10);
  const answers = new Map<string, number>();
  const errors = new Map<string, ErrorWindow>();

  function logError(record: RequestRecord, error: string): void {
    const key = `${record.service} ${error}`;
    let window = errors.get(key);
    if (window === undefined) {
      window = { startedAt: record.at, written: 0, left: 0 };
      errors.set(key, window);
    }
    // A wall clock that was set back begins a new second too.
    if (Math.abs(record.at - window.startedAt) >= 1_000) {
      window.startedAt = record.at;
      window.written = 0;
    }
    if (window.written >= mostErrors) {
      window.left += 1;
      return;
    }
    window.written += 1;
    const unlogged = window.left === 0 ? undefined : window.left;
    window.left = 0;
    const fields = { ...fieldsOf(record), error, status: record.status, unlogged };
    if (record.status >= 500) log.error(fields, 'prediction failed');
    else log.warn(fields, 'prediction refused');
  }

  return (record) => {
    if (record.kind !== 'live') return;
    if (record.error !== undefined) {
      logError(record, record.error);
      return;
    }
    if (every === 0) return;
    const seen = answers.get(record.service) ?? 0;
    answers.set(record.service, (seen + 1) % every);
    if (seen !== 0) return;
    if (record.level === 'full_service') log.info(fieldsOf(record), 'prediction');
    else log.warn(fieldsOf(record), 'prediction, degraded');
  };
}
