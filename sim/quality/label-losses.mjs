// How many late labels it takes to find that answers got worse although their confidence says nothing, and how often that is claimed by chance.

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Confidence as of a usable classifier: 0.55 to 1, mean 0.86. Calibrated before the loss. */
export const confidenceOf = (random) => 0.55 + 0.45 * (1 - random() ** 2.2);

/** Labels from the loss to the alarm, after 1,000 labels without one. */
export function labelsToFind(core, loss, { runs, seed, falseAlarmEvery = 10_000, longest = 20_000 }) {
  const found = [];
  let early = 0;
  for (let run = 0; run < runs; run += 1) {
    const random = core.seededRandom(seed + run);
    const test = core.createLabelTest({ falseAlarmEvery, calibrationLabels: 2000 });
    let alarm;
    for (let i = 0; i < 1000 && alarm === undefined; i += 1) {
      const c = confidenceOf(random);
      alarm = test.add(random() < c, c);
    }
    if (alarm !== undefined) {
      early += 1;
      continue;
    }
    let n = 0;
    while (alarm === undefined && n < longest) {
      n += 1;
      const c = confidenceOf(random);
      alarm = test.add(random() < c - loss, c);
    }
    found.push(alarm === undefined ? Number.POSITIVE_INFINITY : n);
  }
  return {
    loss,
    median: median(found),
    p90: [...found].sort((a, b) => a - b)[Math.floor(0.9 * found.length)],
    runs,
    early,
    seeds: [seed, seed + runs - 1],
  };
}

/** False alarms per 10,000 labels: confidence exact, or calibrated by the estimator itself from so many labels. */
export function falseClaims(core, calibrateAfter, { runs, labels, seed }) {
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const random = core.seededRandom(seed + run);
    if (calibrateAfter === undefined) {
      const test = core.createLabelTest({ falseAlarmEvery: 10_000 });
      for (let i = 0; i < labels; i += 1) {
        const c = confidenceOf(random);
        if (test.add(random() < c, c) !== undefined) {
          alarms += 1;
          test.restart();
        }
      }
      continue;
    }
    const estimator = core.createPerformanceEstimator({ calibrateAfter, maxSegments: 0 });
    for (let i = 0; i < labels + calibrateAfter; i += 1) {
      const score = random() < 0.65 ? 1 - confidenceOf(random) : confidenceOf(random);
      // Overconfident: a score is nearer to a half than it says.
      const positive = random() < 0.5 + 0.85 * (score - 0.5);
      alarms += estimator.label({ id: `${i}`, score, saidPositive: score >= 0.5, positive }).alarms.length;
    }
  }
  return {
    calibrateAfter,
    alarms,
    per10k: (alarms / (runs * labels)) * 1e4,
    labels: runs * labels,
    seeds: [seed, seed + runs - 1],
  };
}
