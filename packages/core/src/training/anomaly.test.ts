import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { normalQuantile } from '../quality/special-functions.ts';
import { addSkip, anomalyWatch, type StepFigures, skipWindow } from './anomaly.ts';

/** A training curve as they are: falling to a floor, noisy, with a gradient norm that is noisier. */
function curve(steps: number, seed: number, noise = 0.15): StepFigures[] {
  const random = seededRandom(seed);
  const gaussian = (): number => normalQuantile(random() || 0.5);
  return Array.from({ length: steps }, (_, step) => ({
    step,
    loss: (0.1 + 0.6 * Math.exp(-step / 40)) * Math.exp(noise * gaussian()),
    gnorm: (0.2 + 0.4 * Math.exp(-step / 30)) * Math.exp(2 * noise * gaussian()),
  }));
}

const found = (figures: readonly StepFigures[]) => {
  const watch = anomalyWatch();
  for (const one of figures) {
    const anomaly = watch.observe(one);
    if (anomaly !== undefined) return anomaly;
  }
  return undefined;
};

describe('anomalyWatch', () => {
  it('says nothing of 40 clean runs of 400 steps', () => {
    const alarms = Array.from({ length: 40 }, (_, seed) => found(curve(400, seed + 1))).filter(
      (a) => a !== undefined,
    );
    expect(alarms).toEqual([]);
  });

  it('says nothing of a model that knows nearly all batches by heart, and now and then meets a hard one', () => {
    const random = seededRandom(2);
    const gaussian = (): number => normalQuantile(random() || 0.5);
    const figures = Array.from({ length: 1_000 }, (_, step) => {
      const hard = step % 23 === 0 ? 300 : 1;
      return {
        step,
        loss: 0.001 * hard * Math.exp(1.2 * gaussian()),
        gnorm: 0.005 * Math.sqrt(hard) * Math.exp(1.2 * gaussian()),
      };
    });
    expect(found(figures)).toBeUndefined();
  });

  it('finds the poisoned batch at its step, although its loss is ordinary', () => {
    for (const at of [0, 5, 47, 399]) {
      const figures = curve(400, 3);
      figures[at] = { step: at, loss: 0.126, gnorm: 1.5e29 };
      expect(found(figures)).toMatchObject({ kind: 'spike', step: at, seenAt: at });
    }
  });

  it('finds a gradient norm that stands out from its own past', () => {
    const figures = curve(400, 4);
    figures[100] = { step: 100, loss: 0.2, gnorm: 12 };
    expect(found(figures)).toMatchObject({ kind: 'spike', step: 100 });
  });

  it('lets one hard batch pass, and blames the first of several', () => {
    const one = curve(400, 5);
    one[100] = { step: 100, loss: 3, gnorm: 0.3 };
    expect(found(one)).toBeUndefined();
    const many = curve(400, 5);
    for (let i = 100; i < 110; i++) many[i] = { step: i, loss: 3, gnorm: 0.3 };
    expect(found(many)).toMatchObject({ kind: 'spike', step: 100, seenAt: 103 });
  });

  it('finds NaN and infinity in either figure', () => {
    expect(found([{ step: 0, loss: Number.NaN, gnorm: 1 }])).toMatchObject({ kind: 'not_finite', step: 0 });
    expect(found([{ step: 7, loss: 1, gnorm: Number.POSITIVE_INFINITY }])).toMatchObject({ step: 7 });
  });

  it('finds slow divergence, of losses near zero and of negative ones', () => {
    for (const shift of [0, -5]) {
      const figures = curve(200, 6, 0.05).map((f) => ({ ...f, loss: f.loss + shift }));
      for (let i = 0; i < 300; i++)
        figures.push({ step: 200 + i, loss: 0.1 + shift + 0.003 * i, gnorm: 0.2 });
      const anomaly = found(figures);
      expect(anomaly).toMatchObject({ kind: 'divergence' });
      expect(anomaly?.seenAt).toBeLessThan(400);
      expect(anomaly?.step).toBeLessThan(215);
    }
  });

  it('works without gradient norms', () => {
    const figures = curve(200, 8).map(({ step, loss }) => ({ step, loss, gnorm: undefined }));
    for (let i = 100; i < 104; i++) figures[i] = { step: i, loss: 4, gnorm: undefined };
    expect(found(figures)).toMatchObject({ kind: 'spike', step: 100 });
  });

  it('goes on after a rewind, knowing what came before', () => {
    const watch = anomalyWatch();
    for (const one of curve(60, 9)) watch.observe(one);
    expect(watch.observe({ step: 60, loss: 0.2, gnorm: 90 })).toMatchObject({ step: 60 });
    expect(watch.observe({ step: 61, loss: 0.2, gnorm: 90 })).toBeUndefined();
    watch.rewind(50);
    expect(watch.observe({ step: 50, loss: 0.2, gnorm: 0.3 })).toBeUndefined();
    expect(watch.observe({ step: 51, loss: 0.2, gnorm: 90 })).toMatchObject({ step: 51 });
  });
});

describe('skipping', () => {
  it('names batches around the spike, none before the checkpoint, and joins what touches', () => {
    expect(skipWindow(47, 40, 2, 2)).toEqual({ from: 45, to: 49 });
    expect(skipWindow(41, 40, 5, 2)).toEqual({ from: 40, to: 43 });
    expect(addSkip([{ from: 45, to: 49 }], { from: 50, to: 52 })).toEqual([{ from: 45, to: 52 }]);
    expect(addSkip([{ from: 45, to: 49 }], { from: 10, to: 12 })).toEqual([
      { from: 10, to: 12 },
      { from: 45, to: 49 },
    ]);
  });
});
