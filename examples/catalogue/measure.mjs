/** Area under the ROC curve, by ranks; ties count half. */
export function auc(scores, positive) {
  const order = scores.map((score, i) => [score, positive[i]]).sort((a, b) => a[0] - b[0]);
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && order[j][0] === order[i][0]) j += 1;
    for (let k = i; k < j; k++) if (order[k][1]) rankSum += (i + j + 1) / 2;
    i = j;
  }
  const positives = positive.filter(Boolean).length;
  const negatives = positive.length - positives;
  return positives === 0 || negatives === 0
    ? 0.5
    : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

const discount = (place) => 1 / Math.log2(place + 2);

/** `relevant`: id → gain. */
export function ndcg(ids, relevant, depth = 10) {
  const got = ids.slice(0, depth).reduce((sum, id, i) => sum + (relevant[id] ?? 0) * discount(i), 0);
  const ideal = Object.values(relevant)
    .sort((a, b) => b - a)
    .slice(0, depth)
    .reduce((sum, gain, i) => sum + gain * discount(i), 0);
  return ideal === 0 ? 0 : got / ideal;
}

export function reciprocalRank(ids, relevant, depth = 10) {
  const place = ids.slice(0, depth).findIndex((id) => (relevant[id] ?? 0) > 0);
  return place < 0 ? 0 : 1 / (place + 1);
}

export const mean = (values) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Scores one rung's answers. `answers[i]` is what item i got: `{output, label, score}` of a prediction, or undefined
 * where the rung had no answer, which counts as wrong. The metric is named by the first of the pairs given back.
 */
export const SCORES = {
  recommendation(items, answers) {
    const ids = answers.map((answer) => (answer?.output.items ?? []).map((item) => item.id));
    const relevant = items.map((item) => Object.fromEntries(item.expected.map((id) => [id, 1])));
    return {
      'nDCG@10': mean(ids.map((list, i) => ndcg(list, relevant[i]))),
      'hit@10': mean(ids.map((list, i) => (reciprocalRank(list, relevant[i]) > 0 ? 1 : 0))),
    };
  },
  search(items, answers) {
    const ids = answers.map((answer) => (answer?.output.results ?? []).map((result) => result.id));
    const of = (kind, measure) =>
      mean(items.flatMap((item, i) => (item.kind === kind ? [measure(ids[i], item.expected)] : [])));
    return {
      'nDCG@10 (judged)': of('judged', ndcg),
      'MRR@10 (judged)': of('judged', reciprocalRank),
      'MRR@10 (known item)': of('known', reciprocalRank),
    };
  },
  chat(items, answers) {
    return {
      accuracy: mean(items.map((item, i) => (answers[i]?.label === item.expected ? 1 : 0))),
      'accuracy where it answered': mean(
        items.flatMap((item, i) =>
          answers[i] === undefined ? [] : [answers[i].label === item.expected ? 1 : 0],
        ),
      ),
    };
  },
  /** Anything that is not let through counts as the positive class: what is held or blocked is stopped. */
  labels(items, answers, negative) {
    const bad = items.map((item) => item.expected !== negative);
    const said = answers.map((answer) => answer !== undefined && answer.label !== negative);
    const right = items.map((_, i) => answers[i] !== undefined && said[i] === bad[i]);
    const scores = answers.map((answer) => answer?.score ?? 0);
    const caught = bad.filter((b, i) => b && said[i]).length;
    return {
      accuracy: mean(right.map(Number)),
      AUC: auc(scores, bad),
      precision: caught / Math.max(1, said.filter(Boolean).length),
      recall: caught / Math.max(1, bad.filter(Boolean).length),
    };
  },
};
