import { normalInterval } from './intervals.ts';
import { isRecord, readAmount, readFinites } from './json-state.ts';
import { meanMetric } from './mean-metric.ts';
import type { Interval, Metric } from './metric.ts';
import { readTokensSample, type TokensSample } from './samples.ts';
import type { WeightedMean } from './weighted-mean.ts';

export interface RatingSample {
  readonly rating: number;
}

/**
 * Share of rated answers that people approve of.
 * @param least the lowest rating that approves, default 4 (of 5)
 */
export function approval(least = 4): Metric<WeightedMean, RatingSample> {
  return meanMetric<RatingSample>({
    name: 'approval',
    direction: 'higher',
    needsLabels: true,
    realTime: false,
    proxy: 'refusal rate',
    range: { low: 0, high: 1 },
    meaning: `Share of rated answers with a rating of ${least} or more. People choose whether to rate: it is about those who did.`,
    share: true,
    read(raw) {
      const rating = isRecord(raw) ? raw.rating : undefined;
      return typeof rating === 'number' && Number.isFinite(rating) ? { rating } : undefined;
    },
    of: ({ rating }) => (rating >= least ? 1 : 0),
  });
}

export interface RefusalSample {
  readonly refused: boolean;
}

/** Share of answers that decline to answer. */
export const refusalRate: Metric<WeightedMean, RefusalSample> = meanMetric<RefusalSample>({
  name: 'refusal_rate',
  direction: 'lower',
  needsLabels: false,
  realTime: true,
  proxy: undefined,
  range: { low: 0, high: 1 },
  meaning: 'Share of answers that decline to answer.',
  share: true,
  read(raw) {
    const refused = isRecord(raw) ? raw.refused : undefined;
    return typeof refused === 'boolean' ? { refused } : undefined;
  },
  of: ({ refused }) => (refused ? 1 : 0),
});

/** Answers, and over answers: `Σ tokens`, `Σ log p`, `Σ tokens²`, `Σ (log p)²`, `Σ tokens · log p`. */
export interface TokenSums {
  n: number;
  tokens: number;
  logs: number;
  tokensSquared: number;
  logsSquared: number;
  product: number;
}

const RANGE: Interval = { low: 1, high: Number.POSITIVE_INFINITY };

/** Mean log-probability of a token and its standard error; tokens of one answer hang together, so answers are what is independent. */
function perToken(
  state: TokenSums,
): { readonly mean: number; readonly error: number | undefined } | undefined {
  if (state.tokens === 0) return undefined;
  const mean = state.logs / state.tokens;
  if (state.n < 2) return { mean, error: undefined };
  const squares = state.logsSquared - 2 * mean * state.product + mean * mean * state.tokensSquared;
  return { mean, error: Math.sqrt(Math.max(0, squares) * (state.n / (state.n - 1))) / state.tokens };
}

/** Perplexity: e to the mean of −ln p over all tokens. */
export const perplexity: Metric<TokenSums, TokensSample> = {
  name: 'perplexity',
  direction: 'lower',
  needsLabels: false,
  realTime: true,
  proxy: undefined,
  range: RANGE,
  meaning: 'e to the mean of −ln p over the tokens of all answers, as the model itself gives p.',
  init: () => ({ n: 0, tokens: 0, logs: 0, tokensSquared: 0, logsSquared: 0, product: 0 }),
  read: readTokensSample,
  add(state, { logProbabilities }) {
    const tokens = logProbabilities.length;
    const logs = logProbabilities.reduce((sum, value) => sum + value, 0);
    state.n++;
    state.tokens += tokens;
    state.logs += logs;
    state.tokensSquared += tokens * tokens;
    state.logsSquared += logs * logs;
    state.product += tokens * logs;
  },
  merge(into, from) {
    into.n += from.n;
    into.tokens += from.tokens;
    into.logs += from.logs;
    into.tokensSquared += from.tokensSquared;
    into.logsSquared += from.logsSquared;
    into.product += from.product;
  },
  value(state) {
    const found = perToken(state);
    return found === undefined ? undefined : Math.exp(-found.mean);
  },
  size: (state) => state.n,
  standardError(state) {
    const found = perToken(state);
    return found?.error === undefined ? undefined : found.error * Math.exp(-found.mean);
  },
  interval(state, confidence = 0.95) {
    const found = perToken(state);
    if (found?.error === undefined) return undefined;
    const { low, high } = normalInterval(
      -found.mean,
      found.error,
      { low: 0, high: Number.POSITIVE_INFINITY },
      confidence,
    );
    return { low: Math.exp(low), high: Math.exp(high) };
  },
  bound: () => 0,
  save: (s) => [s.n, s.tokens, s.logs, s.tokensSquared, s.logsSquared, s.product],
  load(raw) {
    const [n = 0, tokens = 0, logs = 0, tokensSquared = 0, logsSquared = 0, product = 0] = readFinites(
      raw,
      6,
      'token sums',
    );
    readAmount(n, 'answers');
    readAmount(tokens, 'tokens');
    return { n, tokens, logs, tokensSquared, logsSquared, product };
  },
};
