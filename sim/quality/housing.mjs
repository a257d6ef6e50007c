import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Accuracy estimated from confidence on the California housing set that NannyML ships: per chunk, against what the labels say.

function table(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
  });
}

/** @param lag labels come so many answers late */
export function housing(core, directory, { chunks = 6, lag = 200 } = {}) {
  const reference = table(join(directory, 'california_housing_reference.csv'));
  const analysis = table(join(directory, 'california_housing_analysis.csv'));
  const truth = new Map(
    table(join(directory, 'california_housing_analysis_gt.csv')).map((row) => [
      row.id,
      row.clf_target === '1',
    ]),
  );
  const labelOf = (row) => ({
    id: row.id,
    score: Number(row.y_pred_proba),
    saidPositive: row.y_pred === '1',
    positive: row.clf_target === undefined ? truth.get(row.id) : row.clf_target === '1',
  });
  const frozen = core.createCalibrationCounts();
  const estimator = core.createPerformanceEstimator({ maxSegments: 0 });
  let voids = 0;
  for (const row of reference) {
    const label = labelOf(row);
    core.countLabel(frozen, label.score, label.positive);
    voids += estimator.label(label).alarms.length;
  }
  const calibration = core.learnCalibration(frozen);
  const size = Math.ceil(analysis.length / chunks);
  const figures = [];
  let labelled = 0;
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const from = chunk * size;
    const rows = analysis.slice(from, from + size);
    const counts = core.createAnswerCounts();
    let right = 0;
    let voidAt;
    let better;
    // What the estimator says of the whole chunk's answers while it comes in, until a label makes it void.
    for (const row of rows) {
      const label = labelOf(row);
      core.countAnswer(counts, label.score, label.saidPositive);
      if (label.saidPositive === label.positive) right += 1;
    }
    const stateBefore = estimator.estimate(counts).state;
    const estimate = estimator.estimate(counts).performance?.accuracy;
    for (let i = 0; i < rows.length; i += 1) {
      const due = from + i - lag;
      if (due < 0) continue;
      labelled += 1;
      const [alarm] = estimator.label(labelOf(analysis[due])).alarms;
      if (alarm !== undefined && voidAt === undefined) {
        voidAt = i + 1;
        better = !alarm.alarm.worse;
      }
    }
    const expected = core.expectedPerformance(counts, calibration);
    figures.push({
      chunk: chunk + 1,
      answers: rows.length,
      accuracy: right / rows.length,
      frozen: expected.accuracy.value,
      frozenInterval: expected.accuracy.interval,
      stateBefore,
      estimate: estimate?.value,
      voidAt,
      better,
    });
  }
  return { figures, labelled, voidsInReference: voids };
}
