/** How one rung did on one part of the held-out mail. */
export interface Scores {
  readonly mails: number;
  /** At {@link threshold}. */
  readonly accuracy: number;
  /** Area under the ROC curve: the chance that a spam scores higher than a ham, ties counted half. No threshold in it. */
  readonly auc: number;
  readonly precision: number;
  readonly recall: number;
  /** P(spam) from which a mail is called spam. */
  readonly threshold: number;
  /** Expected calibration error of the confidence, in 10 bins of equal width. */
  readonly calibrationError: number;
}

export interface Scored {
  readonly spam: boolean;
  /** P(spam) in [0, 1]. */
  readonly score: number;
}

/** Mann–Whitney U by ranks, ties at their mean rank. NaN when a class is missing. */
export function auc(scored: readonly Scored[]): number {
  const sorted = [...scored].sort((a, b) => a.score - b.score);
  let rankSum = 0;
  let positives = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j < sorted.length && sorted[j]?.score === sorted[i]?.score) j++;
    const rank = (i + j + 1) / 2;
    for (let k = i; k < j; k++) {
      if (sorted[k]?.spam !== true) continue;
      positives++;
      rankSum += rank;
    }
    i = j;
  }
  const negatives = sorted.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

function calibrationError(scored: readonly Scored[], threshold: number): number {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, right: 0, confidence: 0 }));
  for (const { spam, score } of scored) {
    const said = score >= threshold;
    const confidence = said ? score : 1 - score;
    const bin = bins[Math.min(9, Math.floor(confidence * 10))];
    if (bin === undefined) continue;
    bin.count += 1;
    bin.confidence += confidence;
    if (said === spam) bin.right += 1;
  }
  let sum = 0;
  for (const bin of bins) sum += Math.abs(bin.right - bin.confidence);
  return sum / scored.length;
}

export function scoresOf(scored: readonly Scored[], threshold = 0.5): Scores {
  let right = 0;
  let said = 0;
  let hit = 0;
  let spam = 0;
  for (const mail of scored) {
    const called = mail.score >= threshold;
    if (called === mail.spam) right++;
    if (called) said++;
    if (mail.spam) spam++;
    if (called && mail.spam) hit++;
  }
  return {
    mails: scored.length,
    accuracy: right / scored.length,
    auc: auc(scored),
    precision: said === 0 ? Number.NaN : hit / said,
    recall: spam === 0 ? Number.NaN : hit / spam,
    threshold,
    calibrationError: calibrationError(scored, threshold),
  };
}
