/**
 * How concentrated what is shown is: Simpson's index, freed from the number of things and of events, so that 0 is as even as chance
 * allows and 1 is all on one (E. H. Simpson, "Measurement of diversity", Nature 163, 1949, unbiased form).
 * @param exposure events by what was shown
 * @param kinds how many different things there are to show; default those that were shown
 */
export function concentration(exposure: Readonly<Record<string, number>>, kinds?: number): number {
  const counts = Object.values(exposure).filter((count) => count > 0);
  const n = counts.reduce((sum, count) => sum + count, 0);
  const k = Math.max(kinds ?? 0, counts.length);
  if (n <= 1 || k <= 1) return k === 1 && n > 1 ? 1 : 0;
  let pairs = 0;
  for (const count of counts) pairs += count * Math.max(0, count - 1);
  const same = pairs / (n * (n - 1));
  return Math.min(1, Math.max(0, (same - 1 / k) / (1 - 1 / k)));
}

/** Standard deviation of {@link concentration} over stretches of traffic; 0 for fewer than two. */
export function spreadOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/**
 * How much further a new version goes in the direction in which what was served already deviates from the baseline: the projection of
 * the change of predictions, on one fixed set of requests, on the deviation of what was served while the version before answered; as
 * a share of that deviation. 0: the new version does not follow what was served; 0.5: it goes half as far again. A world that moves
 * and a bad version do not count: the requests are the same, and the deviation is of the time before.
 * @returns undefined when what was served deviates from the baseline too little to tell a direction
 */
export function pullTowardServed(
  baseline: Readonly<Record<string, number>>,
  served: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): number | undefined {
  const total = (tally: Readonly<Record<string, number>>): number =>
    Object.values(tally).reduce((sum, count) => sum + count, 0);
  const [nBase, nServed, nBefore, nAfter] = [total(baseline), total(served), total(before), total(after)];
  if (nBase <= 0 || nServed <= 0 || nBefore <= 0 || nAfter <= 0) return undefined;
  let along = 0;
  let squared = 0;
  for (const name of new Set([baseline, served, before, after].flatMap(Object.keys))) {
    const direction = (served[name] ?? 0) / nServed - (baseline[name] ?? 0) / nBase;
    along += direction * ((after[name] ?? 0) / nAfter - (before[name] ?? 0) / nBefore);
    squared += direction * direction;
  }
  // Counts deviate by chance: a direction shorter than that is none.
  if (squared < 4 * (1 / nBase + 1 / nServed)) return undefined;
  return Math.min(1, Math.max(-1, along / squared));
}

/**
 * Share of labels that exist because the model acted: what it showed and was clicked, what it blocked and nobody saw again.
 * Labels of explored or randomly shown items and of people are not its own.
 */
export function selfCausedShare(labels: { readonly own: number; readonly independent: number }): number {
  const all = labels.own + labels.independent;
  return all > 0 ? labels.own / all : 0;
}
