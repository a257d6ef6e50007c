/** What became of one request that was played. */
export interface Outcome {
  /** HTTP status; undefined: no answer. */
  readonly status: number | undefined;
  /** As the answer's header says, or why there is none. */
  readonly level: string;
  readonly ms: number;
}

export interface Tally {
  add(outcome: Outcome): void;
  readonly count: number;
  summary(): Summary;
}

export interface Summary {
  readonly requests: number;
  /** Answered with a status under 400. */
  readonly answered: number;
  /** 429 and 503: told to come again later. */
  readonly refused: number;
  /** Another status, or no answer. */
  readonly failed: number;
  readonly levels: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds, of the answered ones; null where none was. */
  readonly latency: Readonly<Record<'p50' | 'p90' | 'p99' | 'max', number | null>>;
}

/** Nearest rank: the smallest value with at least the share `q` at or under it. */
export function quantile(sorted: Float64Array, q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

export function tally(): Tally {
  const levels: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  let requests = 0;
  let refused = 0;
  const bump = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  return {
    add({ status, level, ms }) {
      requests += 1;
      bump(levels, level);
      bump(statuses, status === undefined ? 'no answer' : String(status));
      if (status === 429 || status === 503) refused += 1;
      else if (status !== undefined && status < 400) times.push(ms);
    },
    get count() {
      return requests;
    },
    summary() {
      const sorted = Float64Array.from(times).sort();
      return {
        requests,
        answered: times.length,
        refused,
        failed: requests - times.length - refused,
        levels,
        statuses,
        latency: {
          p50: quantile(sorted, 0.5),
          p90: quantile(sorted, 0.9),
          p99: quantile(sorted, 0.99),
          max: quantile(sorted, 1),
        },
      };
    },
  };
}
