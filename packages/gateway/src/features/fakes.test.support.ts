import type { Breaker } from '@evenkeel/core';
import type { EntityKey, FeatureRow, FeatureSource, FeatureStatus } from './source.ts';

/** A breaker that does what the test says and notes the votes. */
export interface FakeBreaker {
  readonly breaker: Breaker;
  readonly votes: string[];
  admits: 'yes' | 'probe' | 'no';
  /** Permits still given; each acquire takes one. */
  permits: number;
}

export function fakeBreaker(): FakeBreaker {
  const votes: string[] = [];
  const unused = (): never => {
    throw new Error('not for this test');
  };
  const fake: FakeBreaker = {
    votes,
    admits: 'yes',
    permits: Number.POSITIVE_INFINITY,
    breaker: {
      tryAcquire: () => {
        if (fake.permits <= 0) return 0;
        fake.permits -= 1;
        return 1;
      },
      success: (_permit, durationMs) => votes.push(`success ${durationMs}`),
      failure: (_permit, durationMs) => votes.push(`failure ${durationMs}`),
      release: () => votes.push('release'),
      admits: () => fake.admits,
      snapshot: unused,
      open: unused,
      close: unused,
      auto: unused,
      toJSON: unused,
      on: unused,
    },
  };
  return fake;
}

/** One call the fake source has been given, to be answered by the test. */
export interface FakeCall {
  readonly keys: readonly EntityKey[];
  readonly signal: AbortSignal;
  readonly budgetMs: number;
  answer(rows: readonly FeatureRow[]): void;
  fail(error: unknown): void;
}

export interface FakeSource extends FeatureSource {
  readonly calls: FakeCall[];
  closed: boolean;
}

export function fakeSource(): FakeSource {
  const calls: FakeCall[] = [];
  const fake: FakeSource = {
    calls,
    closed: false,
    fetch: (keys, signal, budgetMs) =>
      new Promise((answer, fail) => {
        calls.push({ keys, signal, budgetMs, answer, fail });
      }),
    healthy: () => Promise.resolve(true),
    close() {
      fake.closed = true;
      return Promise.resolve();
    },
  };
  return fake;
}

/** A row with one value `seen`. */
export function row(value: unknown, eventTime?: number, status: FeatureStatus = 'present'): FeatureRow {
  return { values: [{ name: 'seen', value, status, eventTime }] };
}

/** The call at this position, or a failed test. */
export function callAt(source: FakeSource, index: number): FakeCall {
  const call = source.calls[index];
  if (call === undefined) throw new Error(`the source has had ${source.calls.length} calls`);
  return call;
}
