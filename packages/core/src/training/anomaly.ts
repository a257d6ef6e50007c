import { stepWindow } from './robust.ts';

export type AnomalyKind = 'not_finite' | 'spike' | 'divergence';

export interface TrainingAnomaly {
  readonly kind: AnomalyKind;
  /** The first step that is to blame: what was saved after it holds the damage. */
  readonly step: number;
  /** The step at which it was noticed. */
  readonly seenAt: number;
  readonly reason: string;
  readonly evidence: Readonly<Record<string, number | string>>;
}

export interface AnomalyOptions {
  /** Steps that the medians are taken over (default 64). */
  readonly window?: number | undefined;
  /** Steps before anything but the absolute rules is judged (default 16). */
  readonly warmup?: number | undefined;
  /** Robust deviations above the median that make a spike; of the norm's logarithm (default 10). */
  readonly deviations?: number | undefined;
  /** A gradient norm this many times its median is a spike by itself (default 20). */
  readonly gradientRatio?: number | undefined;
  /** A loss this many times its median, together with a gradient norm that stands out, is a spike at once (default 2). */
  readonly lossRatio?: number | undefined;
  /** Steps in a row by which a loss alone must stand out (default 4): one hard batch is not a spike. */
  readonly lossPersistence?: number | undefined;
  /** A gradient norm above this is a spike whatever came before (default 1e8). */
  readonly gradientLimit?: number | undefined;
  /** Share of the progress made so far whose loss counts as divergence (default 0.5). */
  readonly divergence?: number | undefined;
}

export interface StepFigures {
  readonly step: number;
  readonly loss: number;
  /** Undefined where the trainer does not measure it: spikes are then found by loss alone. */
  readonly gnorm: number | undefined;
}

export interface AnomalyWatch {
  /** One step's figures; what it finds, or undefined. After a finding nothing more is judged until {@link rewind}. */
  observe(figures: StepFigures): TrainingAnomaly | undefined;
  /** Training goes on from `step`: forgets what came at or after it, and keeps what is known of the steps before. */
  rewind(step: number): void;
}

/** Short enough to notice in time, long enough that one batch does not move it. */
const SHORT = 16;
/** Robust deviations of the logarithm that a loss must stand out by as well. */
const LOG_LOSS = 6;
const TINY = 1e-30;

/**
 * Watches loss and gradient norm by medians and median absolute deviations, which a spike cannot move.
 *
 * A poisoned batch may have an ordinary loss and a gradient norm of 1e29, so the norm alone is enough; a hard batch may
 * have a high loss and hurt nothing, so the loss alone must last. Divergence: the recent median has lost half of all the
 * progress that was made (scale-free: it works for losses near zero and for negative ones).
 */
export function anomalyWatch(options: AnomalyOptions = {}): AnomalyWatch {
  const {
    window = 64,
    warmup = 16,
    deviations = 10,
    gradientRatio = 20,
    lossRatio = 2,
    lossPersistence = 4,
    gradientLimit = 1e8,
    divergence = 0.5,
  } = options;
  const losses = stepWindow(window);
  const logLosses = stepWindow(window);
  /** Logarithms: norms spread over orders of magnitude, and more so the better the model fits. */
  const norms = stepWindow(window);
  let recent: { step: number; loss: number }[] = [];
  let initial: number | undefined;
  let best: { step: number; median: number; noise: number } | undefined;
  let above: { step: number; since: number } | undefined;
  let found = false;

  function spike(figures: StepFigures): TrainingAnomaly | undefined {
    const { step, loss, gnorm } = figures;
    const anomaly = (at: number, reason: string, evidence: TrainingAnomaly['evidence']): TrainingAnomaly => ({
      kind: 'spike',
      step: at,
      seenAt: step,
      reason,
      evidence: { step: at, loss, ...(gnorm === undefined ? {} : { gnorm }), ...evidence },
    });
    if (gnorm !== undefined && gnorm > gradientLimit)
      return anomaly(
        step,
        `gradient norm ${gnorm.toExponential(2)} is over ${gradientLimit.toExponential(0)}`,
        {
          limit: gradientLimit,
        },
      );
    const normMedian = Math.exp(norms.median());
    const normHigh =
      gnorm !== undefined &&
      norms.size() >= warmup &&
      gnorm > normMedian * Math.exp(deviations * norms.deviation());
    if (normHigh && gnorm > gradientRatio * normMedian)
      return anomaly(
        step,
        `gradient norm ${gnorm.toPrecision(4)} is ${(gnorm / normMedian).toFixed(0)} times its median`,
        {
          gnormMedian: normMedian,
        },
      );
    if (losses.size() < warmup) return undefined;
    const lossMedian = losses.median();
    const lossHigh =
      loss > lossMedian + deviations * losses.deviation() &&
      loss - lossMedian > (lossRatio - 1) * Math.abs(lossMedian) &&
      (lossMedian <= 0 ||
        logLosses.size() < warmup ||
        loss > lossMedian * Math.exp(LOG_LOSS * logLosses.deviation()));
    if (!lossHigh) {
      above = undefined;
      return undefined;
    }
    if (above === undefined) above = { step, since: 0 };
    above.since += 1;
    if (normHigh)
      return anomaly(above.step, `loss ${loss.toPrecision(4)} and gradient norm both stand out`, {
        lossMedian,
        gnormMedian: normMedian,
      });
    if (above.since >= lossPersistence)
      return anomaly(above.step, `loss ${loss.toPrecision(4)} has stood out for ${above.since} steps`, {
        lossMedian,
      });
    return undefined;
  }

  function diverged(step: number, loss: number): TrainingAnomaly | undefined {
    recent.push({ step, loss });
    if (recent.length > SHORT) recent.shift();
    if (recent.length < SHORT) return undefined;
    const sorted = recent.map((entry) => entry.loss).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * (SHORT - 1))] ?? Number.NaN;
    const median = at(0.5);
    // Half the interquartile range, scaled: what one such median may wander by chance.
    const noise = (at(0.75) - at(0.25)) / 1.349;
    if (initial === undefined) initial = median;
    if (best === undefined || median < best.median) {
      best = { step, median, noise };
      return undefined;
    }
    const progress = initial - best.median;
    const bound = best.median + Math.max(divergence * progress, 4 * Math.max(noise, best.noise), 1e-12);
    // Before there is progress to lose, only growth far beyond the beginning counts.
    const hopeless = progress <= 0.05 * Math.abs(initial) ? median > initial + Math.abs(initial) : true;
    if (!(median > bound && hopeless)) return undefined;
    return {
      kind: 'divergence',
      step: Math.max(0, best.step - SHORT + 1),
      seenAt: step,
      reason: `median loss of ${SHORT} steps ${median.toPrecision(4)}, after ${best.median.toPrecision(4)} at step ${best.step}`,
      evidence: { median, best: best.median, bestStep: best.step, initial },
    };
  }

  return {
    observe(figures) {
      if (found) return undefined;
      const { step, loss, gnorm } = figures;
      let anomaly: TrainingAnomaly | undefined;
      if (!Number.isFinite(loss) || (gnorm !== undefined && !Number.isFinite(gnorm))) {
        const which = Number.isFinite(loss) ? 'gradient norm' : 'loss';
        anomaly = {
          kind: 'not_finite',
          step,
          seenAt: step,
          reason: `${which} is not a finite number`,
          evidence: { step, loss: String(loss), gnorm: String(gnorm) },
        };
      } else anomaly = spike(figures) ?? diverged(step, loss);
      if (anomaly !== undefined) {
        found = true;
        return anomaly;
      }
      // What stands out is kept out of the medians for as long as it may still turn out to be a spike.
      if (above === undefined) {
        losses.push(step, loss);
        if (loss > 0) logLosses.push(step, Math.log(loss));
        if (gnorm !== undefined) norms.push(step, Math.log(Math.max(gnorm, TINY)));
      }
      return undefined;
    },
    rewind(step) {
      found = false;
      above = undefined;
      losses.rewind(step);
      logLosses.rewind(step);
      norms.rewind(step);
      recent = recent.filter((entry) => entry.step < step);
      if (best !== undefined && best.step >= step) best = undefined;
    },
  };
}

/** Batches that are passed over: `from` and `to` both belong to it. */
export interface SkipRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The batches to pass over after an anomaly. It is the data together with the state that made the spike, so that a few
 * batches around it are enough, and the ones before belong to it (PaLM skipped some hundreds; Chowdhery et al. 2022, 5.1).
 * @param resume step that training goes on from: nothing before it is named
 */
export function skipWindow(step: number, resume: number, before: number, after: number): SkipRange {
  return { from: Math.max(resume, step - before), to: step + after };
}

/** Adds a range, joining those that touch; sorted. */
export function addSkip(ranges: readonly SkipRange[], added: SkipRange): readonly SkipRange[] {
  const sorted = [...ranges, added].sort((a, b) => a.from - b.from);
  const joined: SkipRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && range.from <= last.to + 1)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else joined.push(range);
  }
  return joined;
}
