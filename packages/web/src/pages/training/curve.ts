/** The line of a curve in a box: steps to the right, values up; what is no number is a hole. Undefined without two values. */
export function curvePath(
  points: readonly (readonly [number, number])[],
  width: number,
  height: number,
): string | undefined {
  const good = points.filter(([, value]) => Number.isFinite(value));
  const [first] = good;
  const last = good.at(-1);
  if (first === undefined || last === undefined || good.length < 2) return undefined;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const [, value] of good) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const x = (step: number): number => ((step - first[0]) / Math.max(1, last[0] - first[0])) * width;
  const y = (value: number): number =>
    high === low ? height / 2 : ((high - value) / (high - low)) * (height - 4) + 2;
  let pen = 'M';
  return points
    .map(([step, value]) => {
      if (!Number.isFinite(value)) {
        pen = 'M';
        return '';
      }
      const part = `${pen}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
      return part;
    })
    .join('');
}
