/** A fitted logistic regression: P = 1 / (1 + e^-(weights·x + bias)). */
export interface LinearModel {
  readonly weights: readonly number[];
  readonly bias: number;
}

export interface LogisticOptions {
  /** Weight of the squared weights in the loss, per weight; the bias is free. Default 1. */
  readonly l2?: number;
  /** Newton steps at most. Default 25. */
  readonly steps?: number;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const logit = (p: number): number => Math.log(p / (1 - p));

/** Loss of one prediction from its log-odds, without overflow. */
export function logLoss(logOdds: number, positive: boolean): number {
  const x = positive ? -logOdds : logOdds;
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

export function logOdds(model: LinearModel, x: ArrayLike<number>): number {
  let sum = model.bias;
  for (let i = 0; i < model.weights.length; i++) sum += (model.weights[i] ?? 0) * (x[i] ?? 0);
  return sum;
}

/** Solves `a·x = b` for a symmetric positive definite `a` (row-major, lower half read, overwritten) by Cholesky. */
function solve(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const at = (i: number, j: number): number => a[i * n + j] ?? 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / at(j, j);
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (x[k] ?? 0);
    x[i] = sum / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= at(k, i) * (x[k] ?? 0);
    x[i] = sum / at(i, i);
  }
  return x;
}

/**
 * Fits by Newton's method (iteratively reweighted least squares) with a ridge penalty: no learning rate, the same result
 * at every run. For hundreds of inputs at most; time grows with rows × inputs².
 */
export function fitLogistic(
  rows: readonly ArrayLike<number>[],
  positive: readonly boolean[],
  options: LogisticOptions = {},
): LinearModel {
  const l2 = options.l2 ?? 1;
  const inputs = rows[0]?.length ?? 0;
  // The last place is the bias.
  const n = inputs + 1;
  const theta = new Float64Array(n);
  const x = new Float64Array(n);
  x[inputs] = 1;
  for (let step = 0; step < (options.steps ?? 25); step++) {
    const hessian = new Float64Array(n * n);
    const gradient = new Float64Array(n);
    rows.forEach((row, r) => {
      let sum = theta[inputs] ?? 0;
      for (let i = 0; i < inputs; i++) {
        const value = row[i] ?? 0;
        x[i] = value;
        sum += value * (theta[i] ?? 0);
      }
      const p = sigmoid(sum);
      const error = p - (positive[r] === true ? 1 : 0);
      const weight = Math.max(p * (1 - p), 1e-6);
      for (let i = 0; i < n; i++) {
        const xi = x[i] ?? 0;
        gradient[i] = (gradient[i] ?? 0) + error * xi;
        const wx = weight * xi;
        const base = i * n;
        for (let j = 0; j <= i; j++) hessian[base + j] = (hessian[base + j] ?? 0) + wx * (x[j] ?? 0);
      }
    });
    for (let i = 0; i < n; i++) {
      const ridge = i === inputs ? 1e-6 : l2;
      gradient[i] = (gradient[i] ?? 0) + ridge * (theta[i] ?? 0);
      hessian[i * n + i] = (hessian[i * n + i] ?? 0) + ridge;
    }
    const move = solve(hessian, gradient, n);
    let largest = 0;
    for (let i = 0; i < n; i++) {
      theta[i] = (theta[i] ?? 0) - (move[i] ?? 0);
      largest = Math.max(largest, Math.abs(move[i] ?? 0));
    }
    if (largest < 1e-7) break;
  }
  return { weights: [...theta.subarray(0, inputs)], bias: theta[inputs] ?? 0 };
}
