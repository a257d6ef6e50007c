/** A curve that never grows beyond a bound: when it is full, every second point goes and the stride doubles. */
export interface LossCurve {
  /** Steps between points. */
  readonly stride: number;
  /** Pairs of step and loss, by step. */
  readonly points: readonly (readonly [number, number])[];
}

const MOST = 256;

/** Adds a step's loss, if its turn has come. A step that lies before the end (training went back) cuts the curve there. */
export function addToCurve(curve: LossCurve, step: number, loss: number): LossCurve {
  let points = curve.points;
  const end = points.at(-1)?.[0];
  if (end !== undefined && step <= end) points = points.filter(([at]) => at < step);
  if (step % curve.stride !== 0) return points === curve.points ? curve : { stride: curve.stride, points };
  const grown: (readonly [number, number])[] = [...points, [step, loss]];
  if (grown.length <= MOST) return { stride: curve.stride, points: grown };
  const stride = curve.stride * 2;
  return { stride, points: grown.filter(([at]) => at % stride === 0) };
}
