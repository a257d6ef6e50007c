import { prAuc, rocAuc } from './areas.ts';
import { calibrationError } from './calibration-error.ts';
import { accuracy, classMetric } from './classification.ts';
import { approval, perplexity, refusalRate } from './generation.ts';
import { brier, logLoss } from './probability.ts';
import { hitRate, meanAveragePrecision, mrr, ndcg } from './ranking.ts';
import { createMetricRegistry, type MetricRegistry } from './registry.ts';
import { mae, mape, rmse } from './regression.ts';

export interface StandardMetricOptions {
  /** The class that precision, recall and F1 are about; without it they are averages over classes only. */
  readonly positive?: string;
  /** Places that ranking metrics look at. Default 10. */
  readonly k?: number;
}

/** A registry of all metrics of ours; register your own beside them. */
export function standardMetrics(options: StandardMetricOptions = {}): MetricRegistry {
  const { positive, k = 10 } = options;
  const registry = createMetricRegistry();
  registry.register(accuracy);
  for (const figure of ['precision', 'recall', 'f1'] as const) {
    if (positive !== undefined) {
      registry.register(classMetric(figure, { averaging: { average: 'binary', positive } }));
    }
    for (const average of ['macro', 'weighted', 'micro'] as const) {
      registry.register(classMetric(figure, { averaging: { average } }));
    }
  }
  registry.register(rocAuc());
  registry.register(prAuc());
  registry.register(logLoss);
  registry.register(brier);
  registry.register(calibrationError());
  registry.register(mae);
  registry.register(rmse);
  registry.register(mape());
  registry.register(ndcg(k));
  registry.register(mrr());
  registry.register(meanAveragePrecision());
  registry.register(hitRate(k));
  registry.register(approval());
  registry.register(refusalRate);
  registry.register(perplexity);
  return registry;
}
