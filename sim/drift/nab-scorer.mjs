// The scoring of the Numenta Anomaly Benchmark, from Lavin and Ahmad 2015 ("Evaluating Real-time Anomaly Detection Algorithms").
// Standard profile: a hit weighs 1, a miss 1, a false alarm 0.11.

export const STANDARD = { hit: 1, miss: 1, falseAlarm: 0.11 };

/** Sigmoid of the place relative to a window: −1 at its beginning, 0 at its end, positive after it. In (−1, 1). */
export function sigmoid(place) {
  return place > 3 ? -1 : 2 / (1 + Math.exp(5 * place)) - 1;
}

/** Points at the beginning of a series that do not count: 15 %, at most 750. */
export function probation(n) {
  return Math.min(Math.floor(0.15 * n), 750);
}

/**
 * @param n length of the series
 * @param windows [first, last] indices of the labelled windows, in order
 * @param alarms indices at which the detector alarmed
 * @returns the raw score, between −misses and hits
 */
export function rawScore(n, windows, alarms, profile = STANDARD) {
  const start = probation(n);
  let score = 0;
  const found = new Set();
  for (const i of [...alarms].sort((a, b) => a - b)) {
    if (i < start || i >= n) continue;
    const inside = windows.findIndex(([first, last]) => i >= first && i <= last);
    if (inside >= 0) {
      if (found.has(inside)) continue;
      found.add(inside);
      const [first, last] = windows[inside];
      score += (profile.hit * sigmoid(-(last - i + 1) / (last - first + 1))) / sigmoid(-1);
      continue;
    }
    const before = windows.filter(([, last]) => last < i).at(-1);
    // Soon after a window a false alarm costs less: it was about the right thing, too late.
    const cost = before === undefined ? -1 : sigmoid((i - before[1]) / (before[1] - before[0]));
    score += profile.falseAlarm * cost;
  }
  return score - profile.miss * (windows.length - found.size);
}

/** 0 for a detector that never speaks, 100 for one that speaks once at the beginning of every window. */
export function normalisedScore(raw, windows, profile = STANDARD) {
  const silent = -profile.miss * windows;
  return (100 * (raw - silent)) / (profile.hit * windows - silent);
}
