/**
 * By how much the variance of a mean is larger than for independent events (variance inflation), 1 and up.
 * Overlapping batch means (Meketon and Schmeiser 1984), the batches doubled while the figure still grows beyond its own error.
 * Indistinguishable from independence gives 1; otherwise one standard error is added, for an inflation thought too small costs false alarms.
 * @param series in order of time
 */
export function varianceInflation(series: ArrayLike<number>): number {
  const n = series.length;
  if (n < 20) return 1;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (series[i] ?? 0) / n;
  const sums = new Float64Array(n + 1);
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const centred = (series[i] ?? 0) - mean;
    sums[i + 1] = (sums[i] ?? 0) + centred;
    variance += (centred * centred) / n;
  }
  // A constant, but for the rounding of its mean.
  if (!(variance > 1e-20 * (1 + mean * mean))) return 1;
  let best = 1;
  for (let batch = Math.max(2, Math.ceil(2 * Math.cbrt(n))); batch <= n / 10; batch *= 2) {
    let squares = 0;
    const batches = n - batch + 1;
    for (let i = 0; i < batches; i++) squares += ((sums[i + batch] ?? 0) - (sums[i] ?? 0)) ** 2;
    const inflation = squares / (batches * batch * variance);
    const error = Math.sqrt((4 * batch) / (3 * n));
    if (inflation > best * (1 + 2 * error)) best = inflation * (1 + error);
  }
  return best;
}
