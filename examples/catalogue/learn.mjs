import { seeded, shuffled } from './random.mjs';

/** Logistic regression by AdaGrad with an L2 penalty. Rows are dense lists; gives `{weights, bias, predict}`. */
export function logistic(rows, targets, { epochs = 200, rate = 0.1, l2 = 1e-4, seed = 1 } = {}) {
  const width = rows[0].length;
  const weights = new Float64Array(width);
  const squares = new Float64Array(width + 1).fill(1e-8);
  let bias = 0;
  const random = seeded(seed);
  const margin = (row) => row.reduce((sum, x, i) => sum + x * weights[i], bias);
  let order = rows.map((_, i) => i);
  for (let epoch = 0; epoch < epochs; epoch++) {
    order = shuffled(order, random);
    for (const at of order) {
      const row = rows[at];
      const error = 1 / (1 + Math.exp(-margin(row))) - targets[at];
      for (let i = 0; i < width; i++) {
        const gradient = error * row[i] + l2 * weights[i];
        if (gradient === 0) continue;
        squares[i] += gradient * gradient;
        weights[i] -= (rate * gradient) / Math.sqrt(squares[i]);
      }
      squares[width] += error * error;
      bias -= (rate * error) / Math.sqrt(squares[width]);
    }
  }
  return { weights: [...weights], bias, predict: (row) => 1 / (1 + Math.exp(-margin(row))) };
}

/** Brings each column to mean 0 and deviation 1, by the rows given. */
export function standardiser(rows) {
  const width = rows[0].length;
  const means = Array.from(
    { length: width },
    (_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length,
  );
  const deviations = means.map(
    (mean, i) => Math.sqrt(rows.reduce((sum, row) => sum + (row[i] - mean) ** 2, 0) / rows.length) || 1,
  );
  return (row) => row.map((x, i) => (x - means[i]) / deviations[i]);
}

/**
 * Item vectors from who took what: cosines between items (how many took both, over the root of how many took each),
 * their leading subspace by orthogonal iteration, scaled by the root of the eigenvalues.
 */
export function itemVectors(histories, items, width, seed) {
  const together = Array.from({ length: items }, () => new Float64Array(items));
  for (const history of histories) for (const a of history) for (const b of history) together[a][b] += 1;
  const alone = together.map((row, item) => Math.max(1, row[item]));
  for (let a = 0; a < items; a++) {
    for (let b = 0; b < items; b++) together[a][b] /= Math.sqrt(alone[a] * alone[b]);
  }
  const random = seeded(seed);
  let basis = Array.from({ length: width }, () => Float64Array.from({ length: items }, () => random() - 0.5));
  let values = [];
  for (let round = 0; round < 30; round++) {
    const next = basis.map((vector) =>
      Float64Array.from(together, (row) => row.reduce((sum, x, i) => sum + x * vector[i], 0)),
    );
    values = [];
    for (let k = 0; k < width; k++) {
      for (let j = 0; j < k; j++) {
        const along = next[k].reduce((sum, x, i) => sum + x * next[j][i], 0);
        next[j].forEach((x, i) => {
          next[k][i] -= along * x;
        });
      }
      const length = Math.hypot(...next[k]) || 1;
      values.push(length);
      next[k] = next[k].map((x) => x / length);
    }
    basis = next;
  }
  return Array.from({ length: items }, (_, item) =>
    basis.map((vector, k) => Number((vector[item] * Math.sqrt(values[k])).toFixed(5))),
  );
}
